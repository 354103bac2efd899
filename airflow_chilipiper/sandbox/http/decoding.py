"""Requests, read strictly: a wrong, missing or undocumented field fails and the failure names its place.

The real service answers `400 text/plain`, "Invalid value for: body", possibly with a decoder path such as
"DecodingFailure at .interval.startsAt" (published specs 1.230 to 1.494, every operation), before any side effect.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Annotated, Any, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta, Struct

from airflow_chilipiper.sandbox.http.answers import Refused, text_answer
from airflow_chilipiper.sandbox.http.times import read_duration, read_instant

Text = Annotated[str, Meta(min_length=1)]
Identifier = Annotated[str, Meta(pattern=r"^[^\s\\/]+\Z")]
Email = Annotated[str, Meta(pattern=r"^[^@\s]+@[^@\s]+\Z")]
PageNumber = Annotated[int, Meta(ge=0, le=10**9)]


class Instant(float):
    """Seconds since 1970; sent as a date-time with a zone."""


class Duration(float):
    """Seconds; sent as "7 days" or "P7D"."""


class Uuid(str):
    """Sent in any spelling of a UUID."""

    __slots__ = ()


class Zone(str):
    """The IANA name of a time zone."""

    __slots__ = ()


class Shape(Struct, forbid_unknown_fields=True, rename="camel"):
    """An object of these fields and no others; an optional one may be null.

    A member of a union is known by its `type`, which is the name of its class (the convention of every published
    schema): `class LeadId(Shape, tag=True)`.
    """


class Interval(Shape):
    starts_at: Instant
    duration: Duration


class MeetingTypeOverride(Shape):
    meeting_duration_override: Duration | None = None
    before_buffer_duration_override: Duration | None = None
    after_buffer_duration_override: Duration | None = None
    availability_increment_override: Duration | None = None


ShapeT = TypeVar("ShapeT", bound=Shape)
_PARSERS: dict[type, Callable[[str], Any]] = {
    Instant: read_instant,
    Duration: read_duration,
    Uuid: lambda text: str(UUID(text)),
    Zone: lambda text: ZoneInfo(text).key,
}
_PATH = re.compile(r" - at `\$([^`]*)`\Z")
_FIELD = re.compile(r" field `(.+)`\Z", re.DOTALL)


def decoder_of(shape: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(shape, dec_hook=_parse)


def read_body(decoder: msgspec.json.Decoder[Any], content: bytes) -> Any:
    try:
        return decoder.decode(content)
    except msgspec.ValidationError as error:
        place = _place(str(error))
        raise invalid(f"body (DecodingFailure at {place})" if place else "body") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise invalid("body") from error


def read_query(shape: type[ShapeT], query: Mapping[str, str]) -> ShapeT:
    try:
        return msgspec.convert(query, shape, strict=False, dec_hook=_parse)
    except msgspec.ValidationError as error:
        raise invalid(f"query parameter {_place(str(error)).lstrip('.')}") from error


def invalid(what: str) -> Refused:
    return Refused(text_answer(f"Invalid value for: {what}"))


def _parse(kind: type, value: Any) -> Any:
    if not isinstance(value, str):
        raise ValueError("not a text")
    try:
        return kind(_PARSERS[kind](value))
    except (OSError, KeyError) as error:
        raise ValueError("no such zone") from error


def _place(message: str) -> str:
    """Where msgspec's message says that it failed: of a missing or unknown field, its own place."""
    what, path, _ = _PATH.split(message) if _PATH.search(message) else (message, "", "")
    field = _FIELD.search(what)
    return f"{path}.{field[1]}" if field else path
