"""The three booking operators as a DAG declares them, with the least that each needs."""

from __future__ import annotations

from typing import Any

from airflow_chilipiper.operators import (
    ConciergeBookOperator,
    HandoffBookOperator,
    SchedulingLinkBookOperator,
    col,
)
from tests.booking_task import Desk

CONCIERGE = {"router_slug": "inbound-demo", "trigger": "InAppButton", "form": {"PersonEmail": col("email")}}
LINK = {"link_id": "link-rr-demo"}
HANDOFF = {"workspace_id": "ws-sales", "booker_id": "u-sdr-1", "path": "earliest"}
MANY: dict[str, Any] = {"leads": [], "lead_key": col("lead_id")}
OWN: dict[type, dict[str, Any]] = {
    ConciergeBookOperator: CONCIERGE,
    SchedulingLinkBookOperator: LINK,
    HandoffBookOperator: HANDOFF,
}
BOOKS = [*OWN]


def concierge(desk: Desk, *leads: Any, **arguments: Any) -> ConciergeBookOperator:
    given = {**CONCIERGE, "leads": list(leads), "lead_key": col("lead_id"), "leads_at_once": 1, **arguments}
    return desk.make(ConciergeBookOperator, **given)
