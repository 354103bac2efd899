"""Waiting for slots of a router: each look opens a session, which must be wanted."""

from __future__ import annotations

import logging

import pytest

from airflow_chilipiper.arguments.bad_value import BadValue
from airflow_chilipiper.sandbox import Sandbox
from airflow_chilipiper.sensors import (
    ConciergeSlotSensor,
)
from airflow_chilipiper.version_compat import (
    AirflowFailException,
    AirflowSkipException,
)
from tests.unit.sensors.waiting import (
    CONCIERGE,
    GUEST,
    deferred,
    made,
    resumed,
)


def test_concierge_says_what_looking_sets_off() -> None:
    """Who does not ask for sessions learns what they do, and what to use instead."""
    asked = {name: value for name, value in CONCIERGE.items() if name != "opens_sessions"}
    with pytest.raises(BadValue, match=r"TimedOut.*AvailableSlotsSensor"):
        made(ConciergeSlotSensor, **asked)


@pytest.mark.parametrize("deferrable", [False, True])
def test_a_disqualified_lead_ends_the_wait(chili: Sandbox, deferrable: bool) -> None:
    """That is an answer, so soft_fail may skip; and no second session is opened for it."""
    form = {"PersonEmail": "jo@gmail.com"}
    asked = {**CONCIERGE, "form": form, "timeout": 600, "deferrable": deferrable}
    with pytest.raises(AirflowFailException, match="does not offer"):
        made(ConciergeSlotSensor, **asked).execute({})
    with pytest.raises(AirflowSkipException, match="does not offer"):
        made(ConciergeSlotSensor, **asked, soft_fail=True).execute({})
    assert len(chili.calls) == 2


def test_the_lead_is_in_no_log(
    chili: Sandbox, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """Neither in poke mode nor deferred, though the service repeats the e-mail in its errors."""
    caplog.set_level(logging.DEBUG)
    chili.faults.error(status=503, code="Odd", message=f"not now for {GUEST}", count=2)
    assert made(ConciergeSlotSensor, **CONCIERGE, timeout=600).execute({})
    sensor = made(ConciergeSlotSensor, **CONCIERGE, timeout=600, deferrable=True)
    chili.faults.error(status=503, code="Odd", message=f"not now for {GUEST}", count=2)
    assert resumed(sensor, deferred(sensor))
    logged = caplog.text + "".join(capfd.readouterr())
    assert "not now for" in logged
    assert GUEST not in logged
