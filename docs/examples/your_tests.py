"""How your own tests use the sandbox. Also says what a lost answer comes to."""

from collections.abc import Iterator

import pytest

from airflow_chilipiper.hooks import ChiliPiperHook, SchedulingLink
from airflow_chilipiper.sandbox import Sandbox, sandbox


@pytest.fixture
def chili(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    with sandbox() as served:
        monkeypatch.setenv("AIRFLOW_CONN_CHILIPIPER_DEFAULT", served.connection)
        yield served


def test_a_meeting_whose_answer_was_lost_is_found(chili: Sandbox) -> None:
    chili.faults.lose_answer("scheduling-link-schedule")
    hook = ChiliPiperHook()
    pattern = SchedulingLink(link={"type": "RoundRobin", "linkId": "link-rr-demo"}, guest="jo@example.com")
    offer = hook.open(pattern)

    outcome = hook.book(pattern, offer, offer.slots[0], purpose="test", lead_key="jo")
    hook.close()

    assert outcome.status == "booked"
    assert [meeting["meetingId"] for meeting in chili.meetings] == [outcome.meeting_id]
