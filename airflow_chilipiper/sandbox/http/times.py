"""Instants and durations as the Edge API spells them: date-time, Scala FiniteDuration, ISO-8601 (spec 1.494)."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import lru_cache

_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)")
_SCALA = re.compile(r"(\d+) ?([a-z]+)")
_ISO = re.compile(r"P(?=.)(?:(\d+)D)?(?:T(?=.)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?")
_UNITS = {
    **dict.fromkeys(("d", "day", "days"), 86_400.0),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), 3_600.0),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), 60.0),
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), 1.0),
    **dict.fromkeys(("ms", "milli", "millis", "millisecond", "milliseconds"), 0.001),
}


def read_instant(text: str) -> float:
    """Seconds since 1970; ValueError if the text is no instant with a zone."""
    if not _INSTANT.fullmatch(text):
        raise ValueError("not an instant")
    return datetime.fromisoformat(text).timestamp()


@lru_cache(maxsize=8192)
def write_instant(seconds: float, *, millis: bool = False) -> str:
    moment = datetime.fromtimestamp(seconds, UTC)
    return moment.isoformat(timespec="milliseconds" if millis else "seconds").replace("+00:00", "Z")


def read_duration(text: str) -> float:
    """Seconds; ValueError for anything but "7 days" or "P7D"."""
    if (scala := _SCALA.fullmatch(text)) and scala[2] in _UNITS:
        return int(scala[1]) * _UNITS[scala[2]]
    if iso := _ISO.fullmatch(text):
        days, hours, minutes, seconds = (float(part or 0) for part in iso.groups())
        return days * 86_400 + hours * 3_600 + minutes * 60 + seconds
    raise ValueError("not a duration")
