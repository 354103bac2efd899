"""A lead's row: which column is meant, and what a warehouse's values become."""

from __future__ import annotations

import copy
import pickle
import sqlite3
from contextlib import closing
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from airflow_chilipiper.arguments.bad_value import BadValue
from airflow_chilipiper.arguments.columns import col, is_null, is_per_lead, missing_columns, resolve
from airflow_chilipiper.arguments.texts import as_form, as_text
from airflow_chilipiper.warehouse.rows import rows_as_dicts


class NotATime(datetime):
    """As a data frame puts it for a missing time."""

    __hash__ = datetime.__hash__

    def __eq__(self, other: object) -> bool:
        return False

    def __ne__(self, other: object) -> bool:
        return True


@pytest.mark.parametrize("row", [{"email": 7}, {"EMAIL": 7}, {"Email": 7}, {1: 0, "Email": 7}], ids=str)
def test_case_does_not_matter(row: Any) -> None:
    """Snowflake answers upper case, whatever was written; other keys are passed over."""
    assert col("email").of(row) == 7
    assert col("EMAIL").of(row) == 7


def test_the_exact_name_goes_first() -> None:
    row = {"Email": 1, "email": 2}
    assert (col("email").of(row), col("Email").of(row)) == (2, 1)
    with pytest.raises(BadValue, match="'EMAIL' is ambiguous: the row has Email, email"):
        col("EMAIL").of(row)


NULLS = [None, float("nan"), Decimal("NaN"), Decimal("sNaN"), NotATime(2026, 11, 2)]


@pytest.mark.parametrize("null", NULLS, ids=repr)
def test_defaults(null: Any) -> None:
    """For a column that is missing, and for one that is null; None is a default, too."""
    assert is_null(null)
    assert col("a", default=3).of({"a": null}) == col("a", default=3).of({}) == 3
    assert col("a").of({"a": null}) is None
    assert col("a", default=None).of({}) is None
    with pytest.raises(BadValue, match="no column 'a': the row has b"):
        col("a").of({"b": 1})
    assert not any(map(is_null, (0, "", False, 0.0, Decimal(0), date(2026, 11, 2))))


@pytest.mark.parametrize("column", [col("a"), col("a", default=None), col("a", default=3)], ids=repr)
def test_copies_are_the_same_column(column: Any) -> None:
    """Airflow copies and pickles tasks; no default must not become one."""
    for twin in (copy.copy(column), copy.deepcopy(column), pickle.loads(pickle.dumps(column))):  # noqa: S301
        assert twin == column
        assert repr(twin) == repr(column)
        assert {twin} == {column}
    with pytest.raises(BadValue):
        copy.deepcopy(col("a")).of({})


@pytest.mark.parametrize("name", ["", None, 3])
def test_a_column_has_a_name(name: Any) -> None:
    with pytest.raises(BadValue, match="takes the name of a column"):
        col(name)


def test_columns_inside_structures() -> None:
    asked = {"a": col("x"), "b": [col("y"), (col("z", default=0), "{{ x }}")]}
    assert resolve(asked, {"X": 1, "y": 2}) == {"a": 1, "b": [2, [0, "{{ x }}"]]}
    assert is_per_lead(asked)
    assert not is_per_lead({"a": ["b", ("c",)]})


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("  as it is ", "  as it is "),
        (42, "42"),
        (42.0, "42"),
        (0.1, "0.1"),
        (1e-7, "0.0000001"),
        (-0.0, "0"),
        (100, "100"),
        (1e22, "10000000000000000000000"),
        (Decimal("42.00"), "42"),
        (Decimal(100), "100"),
        (Decimal("1E+3"), "1000"),
        (12345678901234567890123456789012345, "12345678901234567890123456789012345"),
        (Decimal("1234567890123456789012345678901.50"), "1234567890123456789012345678901.5"),
        (True, "true"),
        (False, "false"),
        (date(2026, 11, 2), "2026-11-02"),
        (time(9, 30), "09:30:00"),
        (datetime(2026, 11, 2, 9, 30), "2026-11-02T09:30:00"),  # noqa: DTZ001
        (datetime(2026, 11, 2, 9, 30, tzinfo=UTC), "2026-11-02T09:30:00Z"),
        (datetime(2026, 11, 2, 9, 30, tzinfo=timezone(timedelta(hours=2))), "2026-11-02T07:30:00Z"),
        (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (["a", 1.0, None, float("nan")], ["a", "1"]),
        ((True,), ["true"]),
    ],
    ids=repr,
)
def test_what_a_form_expects(value: Any, text: Any) -> None:
    assert as_text(value, "size") == text


@pytest.mark.parametrize("value", [b"x", bytearray(b"x"), memoryview(b"x"), {"a": 1}, {1}, object(), timedelta(1)])
def test_what_no_form_takes(value: Any) -> None:
    """Named by its argument and type; the value is not repeated."""
    with pytest.raises(BadValue, match=rf"^size is of type {type(value).__name__}, expected text"):
        as_text(value, "size")


@pytest.mark.parametrize("value", [float("inf"), Decimal("-Infinity")], ids=str)
def test_what_is_no_number(value: Any) -> None:
    with pytest.raises(BadValue, match=r"(?i)^size is .*inf.*, expected a finite number"):
        as_text(value, "size")


@pytest.mark.parametrize("sign", ["\x00", "\x07", "\x1f", "\x7f", "\ud800"])
def test_what_is_no_text(sign: str) -> None:
    """The place is told, and the value is not repeated; tabs and line breaks are text, and so is all of Unicode."""
    with pytest.raises(BadValue, match=rf"^size has the character U\+{ord(sign):04X} in it"):
        as_text(f"Ada{sign}", "size")
    assert as_text("a\tb\r\nc 😀\u0301", "size") == "a\tb\r\nc 😀\u0301"


def test_what_is_too_long() -> None:
    assert as_text("ä" * 131_072, "size") == "ä" * 131_072
    for value in ("ä" * 131_073, ["a", "ä" * 131_073]):
        with pytest.raises(BadValue, match=r"^size has 131073 characters, and there is room for 131072$"):
            as_text(value, "size")


def test_columns_that_no_row_has() -> None:
    """Once each, wherever they are asked for; a default is an answer, and case does not matter."""
    asked = (col("email"), {"a": col("Size"), "b": [col("phone"), (col("fax"), col("fax"))]}, "zip", None)
    assert missing_columns(("EMAIL", "size"), *asked) == ["phone", "fax"]
    assert missing_columns((), col("a", default=None), {"b": [col("c", default=3)]}) == []
    assert missing_columns({"email": 1, 7: 2}, col("email")) == []


def test_a_form() -> None:
    assert as_form({"a": 1, "b": None, "c": float("nan"), "d": ""}) == {"a": "1", "d": ""}
    with pytest.raises(BadValue, match=r"^form\['a'\] is of type bytes"):
        as_form({"a": b"x"})


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
