"""Tasks over the sandbox's inbound router, for one lead and for many, and leads for whom there is no meeting."""

from __future__ import annotations

from typing import Any

from airflow_chilipiper.operators import ConciergeBookOperator, col
from tests.booking_task import Desk, lead

ROUTER = {
    "router_slug": "inbound-demo",
    "trigger": "InAppButton",
    "form": {"PersonEmail": col("email"), "PersonCountry": col("country", default=None)},
}
FULL = lead("bob", country="Iceland")
FREE_MAIL = {"lead_id": "eve", "email": "eve@gmail.com"}


def one(desk: Desk, row: Any, **arguments: Any) -> ConciergeBookOperator:
    return desk.make(ConciergeBookOperator, lead=row, **{**ROUTER, "leads_at_once": 1, **arguments})


def many(desk: Desk, *rows: Any, **arguments: Any) -> ConciergeBookOperator:
    return desk.make(
        ConciergeBookOperator,
        leads=list(rows),
        **{**ROUTER, "lead_key": col("lead_id"), "leads_at_once": 1, **arguments},
    )
