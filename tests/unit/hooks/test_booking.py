"""A task that books a slot of its own choice over the hook."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from typing import Any

import pytest

from airflow_chilipiper.hooks import ChiliPiperHook
from airflow_chilipiper.sandbox import Sandbox
from airflow_chilipiper.version_compat import AirflowFailException
from tests.unit.hooks.conftest import BY_CRM_ID, BY_FORM, BY_LINK


@pytest.fixture
def ledger(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("AIRFLOW_CONN_LEDGER", json.dumps({"conn_type": "sqlite", "host": str(tmp_path / "ledger.db")}))
    return "ledger"


def test_a_task_books_a_slot_of_its_own_choice(chili: Sandbox, hook: ChiliPiperHook, ledger: str) -> None:
    offer = hook.open(BY_LINK)
    third = offer.slots[2]
    outcome = hook.book(BY_LINK, offer, third, purpose="by hand", lead_key="lead 1", ledger_conn_id=ledger)
    assert (outcome.status, outcome.start_time) == ("booked", third.start_as_sent)
    assert outcome.meeting_id in [meeting["meetingId"] for meeting in chili.meetings]


def test_a_second_booking_for_the_purpose_is_none(chili: Sandbox, hook: ChiliPiperHook, ledger: str) -> None:
    """Whatever session and slot are brought: the ledger knows."""
    offer = hook.open(BY_FORM)
    first = hook.book(BY_FORM, offer, offer.slots[0], purpose="once", lead_key=42, ledger_conn_id=ledger)
    offer, made = hook.open(BY_FORM), len(chili.meetings)
    again = hook.book(BY_FORM, offer, offer.slots[5], purpose="once", lead_key="42 ", ledger_conn_id=ledger)
    assert (again.status, again.meeting_id, len(chili.meetings)) == ("already_booked", first.meeting_id, made)


def test_a_guest_with_a_meeting_under_another_key_is_invited_again_only_if_asked(
    chili: Sandbox, hook: ChiliPiperHook, ledger: str
) -> None:
    outcomes = []
    for key, repeated in ((1, False), (2, False), (3, True)):
        offer = hook.open(BY_FORM)
        given = {"purpose": "once", "lead_key": key, "ledger_conn_id": ledger, "repeated_guests": repeated}
        outcomes.append(hook.book(BY_FORM, offer, offer.slots[key], **given))
    assert [outcome.status for outcome in outcomes] == ["booked", "already_booked", "booked"]
    assert outcomes[1].meeting_id == outcomes[0].meeting_id
    assert len({outcome.meeting_id for outcome in outcomes}) == 2


def test_a_lost_answer_is_never_sent_again(chili: Sandbox, hook: ChiliPiperHook, ledger: str) -> None:
    """While the meeting list cannot be asked the lead is unknown, and then it is found."""
    made = len(chili.meetings)
    chili.faults.error("meeting-list-put", status=403, code="Forbidden", count=2)
    chili.faults.lose_answer("handoff-schedule")
    for status in ("unknown", "unknown", "already_booked"):
        offer = hook.open(BY_CRM_ID)
        outcome = hook.book(BY_CRM_ID, offer, offer.slots[0], purpose="lost", lead_key="00Q1", ledger_conn_id=ledger)
        assert outcome.status == status
    assert len(chili.meetings) == made + 1


def test_without_a_ledger_connection_a_task_is_still_not_booking_twice_by_itself(
    chili: Sandbox, hook: ChiliPiperHook, caplog: pytest.LogCaptureFixture
) -> None:
    """One warning says what is not protected."""
    offers = [hook.open(BY_FORM), hook.open(BY_FORM)]
    statuses = [hook.book(BY_FORM, offer, offer.slots[0], purpose="p", lead_key="k").status for offer in offers]
    assert statuses == ["booked", "already_booked"]
    assert caplog.text.count("There is no ledger connection") == 1


def test_a_ledger_that_was_lost_between_two_bookings_ends_the_task_for_good(
    chili: Sandbox, hook: ChiliPiperHook, ledger: str, tmp_path: Any
) -> None:
    """No retry brings it back, and each would invite whom it had on record."""
    given = {"purpose": "lost", "ledger_conn_id": ledger}
    offer = hook.open(BY_FORM)
    hook.book(BY_FORM, offer, offer.slots[0], lead_key=1, **given)
    with closing(sqlite3.connect(tmp_path / "ledger.db")) as db, db:
        db.execute("drop table chilipiper_ledger")
    offer, made = hook.open(BY_LINK), len(chili.meetings)
    with pytest.raises(AirflowFailException, match="chilipiper_ledger is gone"):
        hook.book(BY_LINK, offer, offer.slots[0], lead_key=2, **given)
    assert len(chili.meetings) == made
