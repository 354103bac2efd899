"""A warehouse's values as the text that a form takes."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

from airflow_chilipiper.arguments.bad_value import BadValue
from airflow_chilipiper.arguments.columns import is_null

LONGEST_TEXT = 131_072  # characters, as many as the longest field of Salesforce takes


_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def as_form(form: Mapping[str, Any]) -> dict[str, Any]:
    """Form values as text; nulls are left out."""
    return {key: as_text(value, f"form[{key!r}]") for key, value in form.items() if not is_null(value)}


def as_text(value: Any, name: str) -> Any:
    """What a form expects for a warehouse's value.

    Numbers are written in plain digits without a trailing zero (42.0 and Decimal("42.00") are "42"), booleans as "true"
    and "false", dates as 2026-11-02, times of day as 09:30:00, aware datetimes in UTC with Z and naive ones without a
    zone. A list becomes a list of texts. Anything else is refused, and so are texts that nothing takes: those with
    control characters other than tabs and line breaks, with half a surrogate pair, or of more than 131,072 characters.
    """
    if isinstance(value, str):
        return _fit(value, name)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float, Decimal)) and math.isfinite(value):
        return _plain(Decimal(str(value)))
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z") if value.tzinfo else value.isoformat()
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, (list, tuple)):
        return [as_text(item, name) for item in value if not is_null(item)]
    if isinstance(value, (float, Decimal)):
        raise BadValue(f"{name} is {value}, expected a finite number")
    raise BadValue(f"{name} is of type {type(value).__name__}, expected text, a number, a boolean, a date or null")


def _fit(text: str, name: str) -> str:
    if len(text) > LONGEST_TEXT:
        raise BadValue(f"{name} has {len(text)} characters, and there is room for {LONGEST_TEXT}")
    if odd := _CONTROLS.search(text):
        raise BadValue(f"{name} has the character U+{ord(odd[0]):04X} in it, which no text has: clean it in the query")
    return text


def _plain(number: Decimal) -> str:
    """Never rounded: a context's precision cuts long ids."""
    text = format(number, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text
