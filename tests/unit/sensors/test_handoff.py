"""Waiting for slots that a rep could hand a lead over to."""

from __future__ import annotations

import pytest

from airflow_chilipiper.sandbox import Sandbox
from airflow_chilipiper.sensors import (
    HandoffSlotSensor,
)
from airflow_chilipiper.version_compat import (
    AirflowFailException,
)
from tests.unit.sensors.waiting import (
    HANDOFF,
    made,
)


def test_handoff_by_name_and_crm_id(chili: Sandbox) -> None:
    asked = {"workspace": "Customer Success", "booker_email": "sam.setter@sandbox.example", "crm_id": "00Q000000000001"}
    assert made(HandoffSlotSensor, **asked, router_id="ho-success").execute({})
    assert chili.calls[-1].body["id"] == {"type": "LeadId", "value": "00Q000000000001"}
    assert chili.calls[-1].body["routerId"] == "ho-success"


def test_handoff_with_several_paths_asks_for_one(chili: Sandbox) -> None:
    sales = {**HANDOFF, "workspace_id": "ws-sales"}
    with pytest.raises(AirflowFailException, match="p-demo"):
        made(HandoffSlotSensor, **sales).execute({})
    assert made(HandoffSlotSensor, **sales, path="p-demo").execute({})
    assert made(HandoffSlotSensor, **sales, path="earliest").execute({})
