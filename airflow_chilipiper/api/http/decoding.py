"""JSON as it comes: quick where it can be, and as tolerant as Python's own reader.

Most of the answer to opening a session is start times, of which one is used, and most of these is who is free then. So
start times that are objects stay closed: their attendees are read when somebody looks at them.
"""

from __future__ import annotations

import json
import re
from contextlib import suppress
from typing import Any

import msgspec
from msgspec import Raw

_NAME = "startTimes"
_HAS_START_TIMES, _IS_OBJECT = re.compile(f'"{_NAME}"'.encode()).search, re.compile(rb"\s*{").match
_Scalar = str | int | float | bool | None


class ClosedTime(msgspec.Struct, frozen=True, gc=False):
    """A start time that is an object: `{startTime, attendees}`, or `start` for its name."""

    start_time: str | None = msgspec.field(name="startTime", default=None)
    start: str | None = None
    attendees: Raw = Raw(b"null")


_SchedulingData = dict[str, list[str | ClosedTime] | dict[str, Any] | _Scalar]
_OF_CONCIERGE = msgspec.json.Decoder(dict[str, list[Any] | _SchedulingData | _Scalar])
_OBJECT, _ARRAY = msgspec.json.Decoder(dict[str, Raw]), msgspec.json.Decoder(list[Raw])
_START_TIMES = msgspec.json.Decoder(list[str | ClosedTime])
_ANYTHING = msgspec.json.Decoder()


def decode(content: bytes) -> Any:
    """What *content* says, where start times that are objects are ClosedTime; ValueError where it is no JSON."""
    try:
        content.isascii() or content.decode()  # nobody else checks the text of what stays closed
        return _of_concierge(content) or _with_closed_times(content)
    except (ValueError, RecursionError):
        return _tolerantly(content)


def opened(content: bytes) -> Any:
    """What was left closed; None where it cannot be read: nobody can use an error in the middle of a booking."""
    try:
        return _ANYTHING.decode(content)
    except (ValueError, RecursionError):
        with suppress(ValueError):
            return _tolerantly(content)
    return None


def _tolerantly(content: bytes) -> Any:
    """NaN, numbers too great for a float, half surrogate pairs and UTF-16 are no reason to refuse an answer."""
    try:
        return json.loads(content)
    except RecursionError:
        raise ValueError("nested too deep") from None


def _of_concierge(content: bytes) -> Any:
    """The longest answers in one pass, a third of the time; None where *content* is not of their shape."""
    if b'"schedulingData"' not in content:
        return None
    try:
        answer = _OF_CONCIERGE.decode(content)
    except msgspec.ValidationError:
        return None
    parts = (part for part in answer.values() if isinstance(part, dict))
    others = (value for part in parts for name, value in part.items() if name != _NAME and isinstance(value, list))
    return None if any(isinstance(item, ClosedTime) for other in others for item in other) else answer


def _with_closed_times(content: bytes | Raw) -> Any:
    if not _HAS_START_TIMES(content):
        return _ANYTHING.decode(content)
    if not _IS_OBJECT(content):
        return [_with_closed_times(item) for item in _ARRAY.decode(content)]
    inner = _OBJECT.decode(content).items()
    return {name: _START_TIMES.decode(value) if name == _NAME else _with_closed_times(value) for name, value in inner}
