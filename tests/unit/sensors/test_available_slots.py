"""Waiting for a host: nothing is opened."""

from __future__ import annotations

from airflow_chilipiper.sandbox import Sandbox
from airflow_chilipiper.sandbox.state.seed import DEMO
from airflow_chilipiper.sensors import (
    AvailableSlotsSensor,
)
from tests.unit.sensors.waiting import (
    HOST,
    made,
)


def test_available_slots_open_nothing(chili: Sandbox) -> None:
    """Neither sessions nor pages: only the availability is read."""
    by_id = made(AvailableSlotsSensor, **HOST).execute({})
    named = {"meeting_type_id": DEMO, "host_email": "Ada.Abel@sandbox.example"}
    assert made(AvailableSlotsSensor, **named).execute({}) == by_id
    pool = {"meeting_type_id": DEMO, "distribution_id": "dist-inbound"}
    assert set(made(AvailableSlotsSensor, **pool).execute({})) > set(by_id)
    both = made(
        AvailableSlotsSensor, attendees=["u-host-01", {"type": "ManuallyAssigned", "userId": "u-host-03"}], **HOST
    )
    assert set(both.execute({})) < set(by_id)
    assert {call.operation for call in chili.calls} == {"availability-slots-v2", "user-find"}
    assert chili.tenant.sessions == {}
