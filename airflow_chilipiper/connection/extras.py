"""What stands in a connection's extra. Connections written as URIs give everything as text."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from airflow_chilipiper.api.errors import Invalid

Extra = Mapping[str, Any]
D = TypeVar("D")

FLAGS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def read(extra: str | None) -> Extra:
    """The extra as an object. Empty fields of Airflow's form are no fields."""
    try:
        found = json.loads(extra) if extra else {}
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise Invalid('extra is no JSON object; expected for instance {"timeout": 30}')
    return {name: value for name, value in found.items() if value not in (None, "")}


def number(name: str, extra: Extra, *, default: D, or_zero: bool = False) -> float | D:
    """A number above 0; with *or_zero* also 0 itself."""
    if (value := extra.get(name)) is None:
        return default
    try:
        number = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number) or number < 0 or not (number or or_zero):
        raise Invalid(f"{name} is {value!r}, expected a number {'of at least' if or_zero else 'above'} 0")
    return number


def flag(name: str, extra: Extra, *, default: bool) -> bool:
    value = extra.get(name, default)
    flag = FLAGS.get(str(value).strip().lower())
    if flag is None:
        raise Invalid(f"{name} is {value!r}, expected true or false")
    return flag


def text(name: str, extra: Extra, *, expected: str) -> str | None:
    """The value is not repeated in the error: it may be a password in the wrong place."""
    value = extra.get(name)
    if value is None:
        return None
    if not isinstance(value, str) or not value.strip():
        raise Invalid(f"{name} is no text; expected {expected}")
    return value.strip()


def verify(name: str, extra: Extra) -> bool | str:
    value = extra.get(name, True)
    if (flag := FLAGS.get(str(value).strip().lower())) is not None:
        return flag
    if not isinstance(value, str) or not Path(value.strip()).exists():
        raise Invalid(
            f"{name} is {value!r}, expected true, false, or the path of a CA bundle that exists on this machine"
        )
    return value.strip()


def domains(name: str, extra: Extra) -> tuple[str, ...]:
    value = extra.get(name)
    if value is None:
        return ()
    items = value.split(",") if isinstance(value, str) else value
    expected = (
        'expected domains separated by commas, for instance "example.com, example.org"; leave it out to allow all'
    )
    if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
        raise Invalid(f"{name} is neither text nor a list of texts; {expected}")
    found = tuple(domain for item in items if (domain := item.strip().lower().removeprefix("@")))
    if not found or not all(re.fullmatch(r"[\w-]+(\.[\w-]+)*", domain) for domain in found):
        raise Invalid(f"{name} holds something that is no domain, or nothing; {expected}")
    return found
