"""How sensors wait in the triggerer: what they hand over, and what they make of the event that comes back."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from airflow_chilipiper.sandbox import Sandbox
from airflow_chilipiper.sandbox.state.seed import DEMO
from airflow_chilipiper.sensors import (
    AvailableSlotsSensor,
    PollFailed,
)
from airflow_chilipiper.version_compat import (
    AirflowFailException,
    AirflowSensorTimeout,
    AirflowSkipException,
)
from tests.unit.sensors.waiting import (
    deferred,
    free,
    full,
    link,
    made,
    resumed,
)


def test_it_defers_with_plain_arguments_and_a_deadline(chili: Sandbox) -> None:
    """Names are looked up before, so that the triggerer asks for slots only; the token stays behind."""
    named = {"meeting_type_id": DEMO, "host_email": "fay.full@sandbox.example"}
    before = datetime.now(UTC).timestamp()
    sensor = made(AvailableSlotsSensor, deferrable=True, timeout=3600, poke_interval=60, min_slots="{{ 2 }}", **named)
    sensor.min_slots = "2"  # as rendered
    deferral = deferred(sensor)
    path, kwargs = deferral.trigger.serialize()
    assert path == "airflow_chilipiper.triggers.SlotTrigger"
    assert json.loads(json.dumps(kwargs)) == kwargs
    assert kwargs["query"]["arguments"] == {"meeting_type_id": DEMO, "host": "u-full"}
    assert (kwargs["min_slots"], kwargs["interval"], kwargs["max_failures"]) == (2, 60.0, 5)
    assert before + 3600 <= kwargs["deadline"] <= datetime.now(UTC).timestamp() + 3600
    assert deferral.timeout > timedelta(seconds=3600)
    assert chili.token not in json.dumps(kwargs)


def test_it_comes_back_with_slots(chili: Sandbox) -> None:
    sensor = full(deferrable=True, timeout=600)
    deferral = deferred(sensor)
    free(chili)
    assert resumed(full(deferrable=True, timeout=600), deferral) == link().execute({})


def test_a_first_look_that_fails_in_passing_is_not_yet(chili: Sandbox) -> None:
    chili.faults.server_error()
    sensor = link(deferrable=True, timeout=600)
    assert resumed(sensor, deferred(sensor))


def test_it_comes_back_without(chili: Sandbox) -> None:
    sensor = full(deferrable=True)
    with pytest.raises(AirflowSensorTimeout, match="minimum notice"):
        resumed(sensor, deferred(sensor))
    sensor = full(deferrable=True, soft_fail=True)
    with pytest.raises(AirflowSkipException, match="minimum notice"):
        resumed(sensor, deferred(sensor))


@pytest.mark.parametrize("soft_fail", [False, True])
def test_a_failing_trigger_fails_the_task(chili: Sandbox, soft_fail: bool) -> None:
    """Whatever soft_fail says: first too many failures, then a deadline without an answer, then a definite no."""
    busy = full(deferrable=True, timeout=600, max_failures=0, soft_fail=soft_fail)
    deferral = deferred(busy)
    chili.faults.server_error()
    with pytest.raises(PollFailed, match="500"):
        resumed(busy, deferral)
    late = full(deferrable=True, soft_fail=soft_fail)
    deferral = deferred(late)
    chili.faults.server_error()
    with pytest.raises(PollFailed, match=r"last look.*500"):
        resumed(late, deferral)
    del chili.tenant.catalogue.links["link-rr-full"]
    with pytest.raises(AirflowFailException, match="scheduling-link-init"):
        resumed(late, deferral)


@pytest.mark.parametrize(
    "event", [None, {}, "found", {"status": "success"}, {"status": "found"}, {"status": "found", "slots": []}]
)
@pytest.mark.parametrize("soft_fail", [False, True])
def test_an_event_that_nobody_knows_is_an_error(event: Any, soft_fail: bool) -> None:
    with pytest.raises(PollFailed, match="nobody knows"):
        link(soft_fail=soft_fail).resume_execution("execute_complete", {"event": event}, {})


def test_a_no_that_will_not_change_ends_the_wait() -> None:
    event = {"status": "never", "reason": "the window is over"}
    with pytest.raises(AirflowFailException, match="over"):
        link().execute_complete({}, event)
    with pytest.raises(AirflowSkipException, match="over"):
        link(soft_fail=True).execute_complete({}, event)


def test_a_time_out_without_its_reason_is_no_answer() -> None:
    with pytest.raises(PollFailed):
        link(soft_fail=True).execute_complete({}, {"status": "timeout"})


@pytest.mark.parametrize("error", ["Trigger timeout", "Trigger failure"])
@pytest.mark.parametrize("soft_fail", [False, True])
def test_a_dead_triggerer_is_no_answer(error: str, soft_fail: bool) -> None:
    """Airflow's own sensors turn both into a skip."""
    with pytest.raises(PollFailed, match="triggerer"):
        link(soft_fail=soft_fail).resume_execution("__fail__", {"error": error}, {})
