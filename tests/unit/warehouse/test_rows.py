"""A cursor's rows as mappings."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from types import SimpleNamespace

import pytest

from airflow_chilipiper.arguments.bad_value import BadValue
from airflow_chilipiper.warehouse.rows import rows_as_dicts


def test_rows_as_mappings() -> None:
    with closing(sqlite3.connect(":memory:")) as db:
        cursor = db.execute("SELECT 1 AS A, 2 AS b UNION SELECT 3, 4")
        assert rows_as_dicts(cursor) == [{"A": 1, "b": 2}, {"A": 3, "b": 4}]
        assert rows_as_dicts(db.execute("SELECT 1 AS a UNION SELECT 2"), limit=1) == [{"a": 1}]
        with pytest.raises(BadValue, match="two columns of the query have one name: a, A"):
            rows_as_dicts(db.execute("SELECT 1 AS a, 2 AS A"))
        with pytest.raises(BadValue, match="answered no rows"):
            rows_as_dicts(db.execute("CREATE TABLE t (x)"))


def test_a_cursor_that_has_mappings_already() -> None:
    """As Postgres has with a dict cursor."""
    cursor = SimpleNamespace(description=[("a", 23)], fetchall=lambda: [{"a": 1}])
    assert rows_as_dicts(cursor) == [{"a": 1}]
