"""The shape of an answer, for whoever reports one that we cannot read: names and types, never a value."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

MOST_NAMES, DEEPEST = 12, 4
_NAME = re.compile(r"[A-Za-z_][A-Za-z_]{0,39}\d?")  # what has more digits may be an id, or a day
_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d")


def shape(value: Any, depth: int = DEEPEST) -> str:
    """*value* as `{routeId: text, schedulingData: {startTimes: [instant x40]}}`; a name that may be data is `*`."""
    if isinstance(value, Mapping):
        return _of_object(value, depth)
    if isinstance(value, (list, tuple)):
        return "[]" if not value else f"[{shape(value[0], depth - 1) if depth else '...'} x{len(value)}]"
    return _of_scalar(value)


def is_instant(value: Any) -> bool:
    """Whether it is text that begins as a date with a time."""
    return isinstance(value, str) and bool(_INSTANT.match(value))


def _of_object(value: Mapping[Any, Any], depth: int) -> str:
    if not depth:
        return "{...}" if value else "{}"
    parts = dict[str, str]()
    for name, item in list(value.items())[:MOST_NAMES]:
        parts[name if isinstance(name, str) and _NAME.fullmatch(name) else "*"] = shape(item, depth - 1)
    if len(value) > MOST_NAMES:
        parts["..."] = f"{len(value) - MOST_NAMES} more"
    return "{" + ", ".join(f"{name}: {what}" for name, what in parts.items()) + "}"


def _of_scalar(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, str):
        return "instant" if is_instant(value) else "text"
    if isinstance(value, bool):
        return "true or false"
    return "number" if isinstance(value, (int, float)) else "object"
