"""A lead's row, and which of its columns is meant."""

from __future__ import annotations

import copy
import pickle
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from airflow_chilipiper.arguments.bad_value import BadValue
from airflow_chilipiper.arguments.columns import col, is_null, is_per_lead, missing_columns, row_reader


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
    assert row_reader(asked)({"X": 1, "y": 2}) == {"a": 1, "b": [2, [0, "{{ x }}"]]}
    assert is_per_lead(asked)
    assert not is_per_lead({"a": ["b", ("c",)]})


def test_columns_that_no_row_has() -> None:
    """Once each, wherever they are asked for; a default is an answer, and case does not matter."""
    asked = (col("email"), {"a": col("Size"), "b": [col("phone"), (col("fax"), col("fax"))]}, "zip", None)
    assert missing_columns(("EMAIL", "size"), *asked) == ["phone", "fax"]
    assert missing_columns((), col("a", default=None), {"b": [col("c", default=3)]}) == []
    assert missing_columns({"email": 1, 7: 2}, col("email")) == []
