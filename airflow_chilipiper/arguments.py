"""Arguments as templates leave them: text that means a time, a duration, a number or a choice."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from airflow_chilipiper.rows import BadValue

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_AMOUNT = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(second|minute|hour|day|week)s?\s*", re.IGNORECASE)
_ISO = re.compile(
    r"P(?:(?P<weeks>\d+)W)?(?:(?P<days>\d+)D)?(?:T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+)S)?)?",
    re.IGNORECASE,
)


def is_template(value: Any) -> bool:
    """Whether *value* is only known once it is rendered."""
    return isinstance(value, str) and ("{{" in value or "{%" in value)


def as_duration(value: Any, name: str) -> timedelta:
    """A timedelta, or text such as "7 days", "P7D" or "PT12H"; longer than nothing."""
    duration = value if isinstance(value, timedelta) else _duration(value) if isinstance(value, str) else None
    if duration is None or duration <= timedelta(0):
        raise BadValue(f"{name} is {value!r}, expected a timedelta, or text such as '7 days', 'P7D' or 'PT12H'")
    return duration


def as_moment(value: Any, name: str) -> datetime:
    """An aware datetime, or its ISO text."""
    try:
        moment = datetime.fromisoformat(value.strip()) if isinstance(value, str) else value
    except ValueError:
        moment = None
    if not isinstance(moment, datetime):
        raise BadValue(f"{name} is {value!r}, expected a date and time such as 2026-11-02T09:00:00Z")
    if moment.tzinfo is None:
        raise BadValue(f"{name} is {value!r}, which has no time zone: write it with one, such as 2026-11-02T09:00:00Z")
    return moment


def as_moments(value: Any, name: str) -> tuple[datetime, ...]:
    """One moment or several: what a slot sensor left in XCom will do."""
    if value is None or value == "":
        return ()
    if isinstance(value, Sequence) and not isinstance(value, str):
        return tuple(as_moment(item, name) for item in value)
    return (as_moment(value, name),)


def as_zone(value: Any, name: str) -> ZoneInfo:
    """An IANA time zone."""
    try:
        return ZoneInfo(str(value))
    except (KeyError, ValueError, OSError):
        raise BadValue(f"{name} is {value!r}, expected an IANA time zone such as Europe/Paris") from None


def as_hours(value: Any, name: str) -> tuple[time, time]:
    """Two wall-clock times such as ("09:00", "17:00")."""
    try:
        first, last = (item if isinstance(item, time) else time.fromisoformat(item) for item in value)
    except (TypeError, ValueError):
        raise BadValue(f"{name} is {value!r}, expected two times of day such as ('09:00', '17:00')") from None
    if first == last or first.tzinfo or last.tzinfo:
        raise BadValue(f"{name} is {value!r}, expected two different times of day without a zone")
    return first, last


def as_weekdays(value: Any, name: str) -> tuple[str, ...]:
    """Some of Mon, Tue, Wed, Thu, Fri, Sat, Sun."""
    days = tuple(value) if isinstance(value, Iterable) and not isinstance(value, str) else (value,)
    if not days or any(day not in WEEKDAYS for day in days):
        raise BadValue(f"{name} is {value!r}, expected some of {', '.join(WEEKDAYS)}")
    return days


def as_flag(value: Any, name: str) -> bool:
    """True or False; a template leaves them as text."""
    texts = {"true": True, "false": False}
    flag = texts.get(value.strip().lower()) if isinstance(value, str) else value
    if not isinstance(flag, bool):
        raise BadValue(f"{name} is {value!r}, expected True or False")
    return flag


def as_count(value: Any, name: str, *, at_least: int = 1) -> int:
    """A whole number; a template leaves it as text."""
    count = int(value) if isinstance(value, str) and value.strip().isdecimal() else value
    if not isinstance(count, int) or isinstance(count, bool) or count < at_least:
        raise BadValue(f"{name} is {value!r}, expected a whole number of at least {at_least}")
    return count


def as_choice(value: Any, name: str, choices: Sequence[str]) -> str:
    """One of *choices*."""
    if value not in choices:
        raise BadValue(f"{name} is {value!r}, expected one of {', '.join(choices)}")
    return str(value)


def _duration(text: str) -> timedelta | None:
    if amount := _AMOUNT.fullmatch(text):
        return timedelta(**{f"{amount[2].lower()}s": float(amount[1])})
    if iso := _ISO.fullmatch(text.strip()):
        return timedelta(**{unit: int(number) for unit, number in iso.groupdict().items() if number})
    return None
