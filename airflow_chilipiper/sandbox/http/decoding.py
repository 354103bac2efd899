"""Request bodies, read strictly: a wrong, missing or undocumented field fails and the failure names its place.

The real service answers `400 text/plain`, "Invalid value for: body", possibly with a decoder path such as
"DecodingFailure at .interval.startsAt" (published specs 1.230 to 1.494, every operation), before any side effect.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from airflow_chilipiper.sandbox.http.times import read_duration, read_instant

Decoder = Callable[[Any, str], Any]


class Undecodable(Exception):
    def __init__(self, at: str = "") -> None:
        super().__init__(f"DecodingFailure at {at}" if at else "")


def anything(value: Any, at: str) -> Any:
    return value


def matching(pattern: str) -> Decoder:
    compiled = re.compile(pattern)

    def decode(value: Any, at: str) -> str:
        if not isinstance(value, str) or not compiled.fullmatch(value):
            raise Undecodable(at)
        return value

    return decode


text = matching(r"(?s).+")
identifier = matching(r"[^\s\\/]+")
email = matching(r"[^@\s]+@[^@\s]+")


def _parsed(parse: Callable[[str], Any]) -> Decoder:
    def decode(value: Any, at: str) -> Any:
        if not isinstance(value, str):
            raise Undecodable(at)
        try:
            return parse(value)
        except (ValueError, OSError, KeyError) as error:
            raise Undecodable(at) from error

    return decode


instant = _parsed(read_instant)
duration = _parsed(read_duration)
uuid = _parsed(lambda value: str(UUID(value)))
zone = _parsed(lambda value: ZoneInfo(value).key)


def boolean(value: Any, at: str) -> bool:
    if not isinstance(value, bool):
        raise Undecodable(at)
    return value


def number(least: int, most: int | None = None) -> Decoder:
    def decode(value: Any, at: str) -> int:
        if (
            isinstance(value, bool)
            or not isinstance(value, int)
            or value < least
            or (most is not None and value > most)
        ):
            raise Undecodable(at)
        return value

    return decode


def one_of(*words: str) -> Decoder:
    def decode(value: Any, at: str) -> str:
        if value not in words:
            raise Undecodable(at)
        return str(value)

    return decode


def array(of: Decoder, *, least: int = 0) -> Decoder:
    def decode(value: Any, at: str) -> list[Any]:
        if not isinstance(value, list) or len(value) < least:
            raise Undecodable(at)
        return [of(item, f"{at}[{index}]") for index, item in enumerate(value)]

    return decode


def mapping(value: Any, at: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Undecodable(at)
    return value


def record(required: Mapping[str, Decoder], **optional: Decoder) -> Decoder:
    """An object with these fields and no others; an optional field may be null."""

    def decode(value: Any, at: str) -> dict[str, Any]:
        found = mapping(value, at)
        for name in [*found, *required]:
            if name not in found or (name not in required and name not in optional):
                raise Undecodable(f"{at}.{name}")
        given = {name: each for name, each in found.items() if name in required or each is not None}
        return {name: (required.get(name) or optional[name])(each, f"{at}.{name}") for name, each in given.items()}

    return decode


def tagged(**shapes: Decoder) -> Decoder:
    """A union told apart by its `type`, the convention of every published schema."""

    def decode(value: Any, at: str) -> Any:
        kind = mapping(value, at).get("type")
        if kind not in shapes:
            raise Undecodable(f"{at}.type")
        return shapes[kind](value, at)

    return decode


def either(*decoders: Decoder) -> Decoder:
    def decode(value: Any, at: str) -> Any:
        for decoder in decoders[:-1]:
            try:
                return decoder(value, at)
            except Undecodable:
                continue
        return decoders[-1](value, at)

    return decode


interval = record({"startsAt": instant, "duration": duration})
meeting_type_override = record(
    {},
    meetingDurationOverride=duration,
    beforeBufferDurationOverride=duration,
    afterBufferDurationOverride=duration,
    availabilityIncrementOverride=duration,
)
