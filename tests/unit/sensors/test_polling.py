"""How sensors wait in the modes that hold a process: what each look, and the end of the time, means to Airflow."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from airflow_chilipiper.sandbox import Sandbox
from airflow_chilipiper.sensors import (
    PollFailed,
    SchedulingLinkSlotSensor,
)
from airflow_chilipiper.version_compat import (
    AirflowException,
    AirflowFailException,
    AirflowSensorTimeout,
    AirflowSkipException,
)
from tests.unit.sensors.waiting import (
    CONNECTION,
    GUEST,
    LINK,
    airflows,
    free,
    full,
    link,
    made,
)


def test_min_slots_counts_start_times(chili: Sandbox) -> None:
    there = len(link().execute({}))
    assert len(link(min_slots=str(there)).execute({})) >= there
    with pytest.raises(AirflowSensorTimeout, match=f"{there + 1000} start times"):
        link(min_slots=there + 1000).execute({})


def test_poking_goes_on_until_there_are_slots(chili: Sandbox) -> None:
    """Passing failures on the way are borne."""
    chili.faults.server_error(count=2)
    chili.faults.lose_request()
    assert link(timeout=600).execute({})
    assert [call.status for call in chili.calls] == [500, 500, None, 200]


@pytest.mark.parametrize("soft_fail", [False, True])
def test_too_many_failures_in_a_row_fail_the_task(chili: Sandbox, soft_fail: bool) -> None:
    """So that Airflow's own retry may follow; soft_fail makes no skip of it."""
    chili.faults.server_error(count=9)
    with pytest.raises(PollFailed, match="500") as caught:
        link(timeout=600, max_failures=2, soft_fail=soft_fail).execute({})
    assert not isinstance(caught.value, AirflowException)
    assert len(chili.calls) == 3


def test_in_time_without_slots(chili: Sandbox) -> None:
    """The message says what to look at."""
    with pytest.raises(AirflowSensorTimeout, match=r"minimum notice.*disconnected calendar"):
        full().execute({})
    with pytest.raises(AirflowSkipException, match="minimum notice"):
        full(soft_fail=True).execute({})


@pytest.mark.parametrize("soft_fail", [False, True])
@pytest.mark.parametrize("mode", ["poke", "reschedule"])
def test_time_up_without_an_answer_is_no_time_out(chili: Sandbox, soft_fail: bool, mode: str) -> None:
    """Nobody knows whether there are slots: it fails, even under soft_fail, and says why."""
    chili.faults.server_error()
    with pytest.raises(PollFailed, match=r"last look.*500"):
        link(soft_fail=soft_fail, mode=mode).execute({"ti": Rescheduled(hours=1)})


def test_an_interrupted_look_is_no_answer(chili: Sandbox) -> None:
    """Airflow skips a task whose execution_timeout ends a poke under soft_fail; here that fails."""

    class Interrupted(SchedulingLinkSlotSensor):
        def look(self) -> list[str]:
            raise airflows("AirflowTaskTimeout")

    with pytest.raises(PollFailed, match="without an answer"):
        made(Interrupted, **LINK, soft_fail=True).execute({})


class Rescheduled:
    """What reschedule mode asks of the task instance."""

    def __init__(self, **ago: float) -> None:
        self.first = datetime.now(UTC) - timedelta(**ago)

    def get_first_reschedule_date(self, context: Any) -> datetime:
        return self.first


def test_rescheduling_between_looks(chili: Sandbox, caplog: pytest.LogCaptureFixture) -> None:
    """A look that cannot be made is a warning and not yet; the next process finds slots."""
    context = {"ti": Rescheduled(minutes=1)}
    again = airflows("AirflowRescheduleException")
    with pytest.raises(again):
        full(mode="reschedule", timeout=600, poke_interval=60).execute(context)
    chili.faults.server_error()
    with pytest.raises(again):
        full(mode="reschedule", timeout=600, poke_interval=60).execute(context)
    free(chili)
    assert full(mode="reschedule", timeout=600, poke_interval=60).execute(context)


DEFINITE = [
    ({"link_id": "link-nobody-knows"}, {}),
    ({"link_id": None, "booking_url": "https://sandbox.example/nowhere"}, {}),
    ({}, {"allowed_guest_domains": "elsewhere.example"}),
    ({"chilipiper_conn_id": "other"}, {}),
]


@pytest.mark.parametrize(("arguments", "extra"), DEFINITE)
@pytest.mark.parametrize("soft_fail", [False, True])
@pytest.mark.parametrize("deferrable", [False, True])
def test_what_no_retry_cures_fails_for_good(
    chili: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
    arguments: dict[str, Any],
    extra: dict[str, Any],
    soft_fail: bool,
    deferrable: bool,
) -> None:
    monkeypatch.setenv(CONNECTION, chili.connection_with(chili.token, requests_per_second=1000, **extra))
    monkeypatch.setenv("AIRFLOW_CONN_OTHER", json.dumps({"conn_type": "chilipiper", "host": chili.url}))
    with pytest.raises(AirflowFailException) as caught:
        link(timeout=600, soft_fail=soft_fail, deferrable=deferrable, **arguments).execute({})
    assert GUEST not in str(caught.value)
    assert len(chili.calls) <= 5  # a page is looked for in the four lists of links, and then its owner among the users


def test_never_fail_skips_whatever_happens(chili: Sandbox) -> None:
    """Airflow's own word for it: the user asked for a skip instead of any error."""
    for deferrable in (False, True):
        with pytest.raises(AirflowSkipException):
            link(link_id="nobody-knows", never_fail=True, deferrable=deferrable).execute({})
