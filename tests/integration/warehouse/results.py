"""A results table as one try of a task has it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from airflow_chilipiper.warehouse.results_table import ResultsTable, Sender
from tests.integration.warehouse.conftest import Warehouse

SENDER = Sender("nightly", "manual", "book", -1, 1)

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)


def table_in(
    home: Warehouse,
    name: str | None = None,
    *,
    try_number: int = 1,
    keep: Sequence[str] = (),
    hook: Any = None,
    now: datetime = NOON,
    **sender: Any,
) -> ResultsTable:
    given = {"purpose": "q3", "keep": keep, "sender": SENDER._replace(try_number=try_number, **sender)}
    table = ResultsTable(hook or home.hook(), name or home.table, now=lambda: now, **given)
    if (name or home.table) not in home.made:
        table.prepare()
        home.made.add(name or home.table)
    table.known(set())
    return table
