"""What a warehouse's values become in a form."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from airflow_chilipiper.arguments.bad_value import BadValue
from airflow_chilipiper.arguments.texts import as_form, as_text


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
    """The place is named, and the value is not repeated; tabs and line breaks are text, and so is all of Unicode."""
    with pytest.raises(BadValue, match=rf"^size has the character U\+{ord(sign):04X} in it"):
        as_text(f"Ada{sign}", "size")
    assert as_text("a\tb\r\nc 😀\u0301", "size") == "a\tb\r\nc 😀\u0301"


def test_what_is_too_long() -> None:
    assert as_text("ä" * 131_072, "size") == "ä" * 131_072
    for value in ("ä" * 131_073, ["a", "ä" * 131_073]):
        with pytest.raises(BadValue, match=r"^size has 131073 characters, and there is room for 131072$"):
            as_text(value, "size")


def test_a_form() -> None:
    assert as_form({"a": 1, "b": None, "c": float("nan"), "d": ""}) == {"a": "1", "d": ""}
    with pytest.raises(BadValue, match=r"^form\['a'\] is of type bytes"):
        as_form({"a": b"x"})
