"""Rows that are kept small."""

from __future__ import annotations

import sqlite3
import threading
import tracemalloc
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from airflow_chilipiper.arguments.bad_value import BadValue
from airflow_chilipiper.warehouse.rows import PackedRows

START = datetime(2026, 11, 2, tzinfo=UTC)


def test_they_are_small() -> None:
    """At rest and while they are read: 100,000 rows take less than 20 MB, as 10,000 take less than 2 MB."""
    packed = PackedRows(("id", "email", "name", "company", "size", "created"))
    tracemalloc.start()
    for first in range(0, 10_000, 1000):
        packed.add([wide(number) for number in range(first, first + 1000)])
    at_rest, _ = tracemalloc.get_traced_memory()
    tracemalloc.reset_peak()
    assert sum(1 for _ in packed) == len(packed) == 10_000
    _, reading = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert at_rest < 2_000_000
    assert reading - at_rest < 2_000_000


def wide(number: int) -> tuple[Any, ...]:
    mail, company = f"person.{number}@company-{number % 97}.example", f"Company {number % 97} Inc."
    return (number, mail, f"Person Number {number}", company, number * 1.5, START + timedelta(seconds=number))


def test_sqlites_own_rows() -> None:
    with closing(sqlite3.connect(":memory:")) as db:
        db.row_factory = sqlite3.Row
        rows = PackedRows.fetched(db.execute("SELECT 1 AS a, x'00' AS b"), limit=1)
    assert list(rows) == [{"a": 1, "b": b"\x00"}]


def test_memory_views_become_bytes() -> None:
    rows = PackedRows(("a",))
    rows.add([{"a": memoryview(b"x")}])
    assert list(rows) == [{"a": b"x"}]


def test_what_cannot_be_kept() -> None:
    """Its column and type are named, and not the value."""
    with pytest.raises(BadValue, match=r"^column 'b', of type lock, cannot be kept: cast it in the query$"):
        PackedRows(("a", "b")).add([(1, 2), (1, threading.Lock())])


def test_rows_as_wide_as_their_names() -> None:
    with pytest.raises(BadValue, match="has not 2 values"):
        PackedRows(("a", "b")).add([(1, 2), (1,)])
