"""The routing log of one router, asked for days from a certain one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from airflow_chilipiper.api.resources.routing_log import LogEntry, concierge_log
from tests.drive import block
from tests.unit.api.handmade import Handmade

START = datetime(2026, 11, 2, tzinfo=UTC)
DAY = timedelta(days=1)


def log(runtime: Handmade, *, days: float = 1, **changes: Any) -> list[LogEntry]:
    asked: dict[str, Any] = {"workspace_id": "w1", "router_id": "r1", "start": START, "end": START + days * DAY}
    return block(concierge_log(runtime, **asked | changes))
