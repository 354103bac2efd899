"""Times and durations that people write."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pendulum

from airflow_chilipiper.arguments.bad_value import BadValue
from airflow_chilipiper.arguments.readers import seen
from airflow_chilipiper.arguments.templates import unquoted

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_AMOUNT = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(second|minute|hour|day|week)s?\s*", re.IGNORECASE)


def as_duration(value: Any, name: str, *, at_least: timedelta = timedelta(seconds=1)) -> timedelta:
    """A timedelta, or text such as "7 days", "P7D" or "PT12H"."""
    duration = value if isinstance(value, timedelta) else _duration(value) if isinstance(value, str) else None
    if duration is None or duration < at_least:
        raise BadValue(f"{name} is {value!r}, expected a timedelta, or text such as '7 days', 'P7D' or 'PT12H'")
    return duration


def as_moment(value: Any, name: str) -> datetime:
    """An aware datetime, or its ISO text. (pendulum would read a text without a zone as UTC, and nobody would know.)"""
    try:
        moment = datetime.fromisoformat(seen(value, f"{name} has")) if isinstance(value, str) else value
    except ValueError:
        moment = None
    if not isinstance(moment, datetime):
        raise BadValue(f"{name} is {value!r}, expected a date and time such as 2026-11-02T09:00:00Z")
    if moment.tzinfo is None:
        raise BadValue(f"{name} is {value!r}, which has no time zone: write it with one, such as 2026-11-02T09:00:00Z")
    return moment if type(moment) is datetime else datetime.fromisoformat(moment.isoformat())  # pendulum's has quirks


def as_moments(value: Any, name: str) -> tuple[datetime, ...]:
    """One moment or several: what a slot sensor left in XCom will do, as a list or as the text of one."""
    value = unquoted(value)
    if value is None or value == "":
        return ()
    if isinstance(value, Sequence) and not isinstance(value, str):
        return tuple(as_moment(item, name) for item in value)
    return (as_moment(value, name),)


def as_zone(value: Any, name: str) -> ZoneInfo:
    """An IANA time zone."""
    try:
        return ZoneInfo(seen(str(value), f"{name} has"))
    except (KeyError, ValueError, OSError):
        raise BadValue(f"{name} is {value!r}, expected an IANA time zone such as Europe/Paris") from None


def as_hours(value: Any, name: str) -> tuple[time, time]:
    """Two wall-clock times such as ("09:00", "17:00")."""
    try:
        first, last = (item if isinstance(item, time) else time.fromisoformat(item) for item in unquoted(value))
    except (TypeError, ValueError):
        raise BadValue(f"{name} is {value!r}, expected two times of day such as ('09:00', '17:00')") from None
    if first == last or first.tzinfo or last.tzinfo:
        raise BadValue(f"{name} is {value!r}, expected two different times of day without a zone")
    return first, last


def as_weekdays(value: Any, name: str) -> tuple[str, ...]:
    """Some of Mon, Tue, Wed, Thu, Fri, Sat, Sun."""
    value = unquoted(value)
    days = tuple(value) if isinstance(value, Collection) and not isinstance(value, str) else (value,)
    if not days or any(day not in WEEKDAYS for day in days):
        raise BadValue(f"{name} is {value!r}, expected some of {', '.join(WEEKDAYS)}")
    return days


def in_words(duration: timedelta) -> str:
    """For a log: "2 hours 5 minutes"."""
    seconds = round(duration.total_seconds())
    return pendulum.duration(seconds=seconds).in_words() if seconds else "0 seconds"  # pendulum: 0 microseconds


def _duration(text: str) -> timedelta | None:
    """Years and months are no duration that everybody counts alike, and one until a date is none of its own."""
    try:
        if amount := _AMOUNT.fullmatch(text):
            return timedelta(**{f"{amount[2].lower()}s": float(amount[1])})
        found = pendulum.parse(text.strip().upper()) if text.strip()[:1] in ("P", "p") else None
    except (OverflowError, ValueError):  # more digits than a timedelta holds, or no duration
        return None
    if type(found) is not pendulum.Duration or found.years or found.months:
        return None
    return found.as_timedelta()
