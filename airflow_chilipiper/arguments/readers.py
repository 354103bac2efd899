"""Arguments as templates leave them: text that means a time, a duration, a number or a choice."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, time, timedelta
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from airflow_chilipiper.arguments.bad_value import BadValue
from airflow_chilipiper.arguments.columns import col

T = TypeVar("T")
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
# What is not ASCII may stand anywhere: a whole script of letters cannot be listed. Of ASCII, a domain's labels have
# letters, digits, - and _; said by what they have not, since that is compiled thirty times as fast, at every parse.
_LABEL = r"[^\x00-,./:-@\[-^`{-\x7f]+"
_EMAIL = re.compile(rf"([^\s\"(),:;<>@\[\\\]]+)@({_LABEL}(?:\.{_LABEL})*)")
_AMOUNT = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(second|minute|hour|day|week)s?\s*", re.IGNORECASE)
_ISO = re.compile(
    r"P(?:(?P<weeks>\d+)W)?(?:(?P<days>\d+)D)?(?:T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+)S)?)?",
    re.IGNORECASE,
)


def guest_email(email: Any, default_args: Mapping[str, Any] | None) -> Any:
    """The argument `email` of one of our operators: the column `email`, unless the task itself says otherwise.

    Airflow has an argument of that name for alerts, which DAGs commonly set for all their tasks in `default_args`.
    Those addresses are nobody's guest.
    """
    own = own_email(email, default_args)
    return col("email", default=None) if own is None else own


def own_email(email: Any, default_args: Mapping[str, Any] | None) -> Any:
    """The argument `email` if the task itself gives it, else None."""
    return None if email == (default_args or {}).get("email") else email


def is_template(value: Any) -> bool:
    """Whether *value*, or something in it, is only known once it is rendered: Jinja, or another task's result."""
    if isinstance(value, str):
        return "{{" in value or "{%" in value
    if isinstance(value, Mapping):
        return any(map(is_template, value.values()))
    if isinstance(value, Collection) and not isinstance(value, bytes):
        return any(map(is_template, value))
    return hasattr(value, "iter_references")  # Airflow's XComArg and its kin


def as_duration(value: Any, name: str, *, at_least: timedelta = timedelta(seconds=1)) -> timedelta:
    """A timedelta, or text such as "7 days", "P7D" or "PT12H"."""
    duration = value if isinstance(value, timedelta) else _duration(value) if isinstance(value, str) else None
    if duration is None or duration < at_least:
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
    return moment if type(moment) is datetime else datetime.fromisoformat(moment.isoformat())  # pendulum's has quirks


def as_moments(value: Any, name: str) -> tuple[datetime, ...]:
    """One moment or several: what a slot sensor left in XCom will do, as a list or as the text of one."""
    value = _unquoted(value)
    if value is None or value == "":
        return ()
    if isinstance(value, Sequence) and not isinstance(value, str):
        return tuple(as_moment(item, name) for item in value)
    return (as_moment(value, name),)


def as_zone(value: Any, name: str) -> ZoneInfo:
    """An IANA time zone."""
    try:
        return ZoneInfo(str(value).strip())
    except (KeyError, ValueError, OSError):
        raise BadValue(f"{name} is {value!r}, expected an IANA time zone such as Europe/Paris") from None


def as_hours(value: Any, name: str) -> tuple[time, time]:
    """Two wall-clock times such as ("09:00", "17:00")."""
    try:
        first, last = (item if isinstance(item, time) else time.fromisoformat(item) for item in _unquoted(value))
    except (TypeError, ValueError):
        raise BadValue(f"{name} is {value!r}, expected two times of day such as ('09:00', '17:00')") from None
    if first == last or first.tzinfo or last.tzinfo:
        raise BadValue(f"{name} is {value!r}, expected two different times of day without a zone")
    return first, last


def as_weekdays(value: Any, name: str) -> tuple[str, ...]:
    """Some of Mon, Tue, Wed, Thu, Fri, Sat, Sun."""
    value = _unquoted(value)
    days = tuple(value) if isinstance(value, Collection) and not isinstance(value, str) else (value,)
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
    digits = value.strip() if isinstance(value, str) else ""
    count = int(digits) if digits.isdecimal() and len(digits) < 20 else value
    if not isinstance(count, int) or isinstance(count, bool) or count < at_least:
        raise BadValue(f"{name} is {value!r}, expected a whole number of at least {at_least}")
    return count


def or_none(read: Callable[[Any, str], T]) -> Callable[[Any, str], T | None]:
    """The same reader for an argument that may be left out; a template leaves that as empty text."""
    return lambda value, name: None if value is None or value == "" else read(value, name)


def as_choice(value: Any, name: str, choices: Sequence[str]) -> str:
    """One of *choices*."""
    if value not in choices:
        raise BadValue(f"{name} is {value!r}, expected one of {', '.join(choices)}")
    return str(value)


def as_name(value: Any, name: str) -> str:
    """An id, a name or an address: text that is not blank."""
    if not isinstance(value, str) or not any(sign.isprintable() and not sign.isspace() for sign in value):
        raise BadValue(f"{name} is {'blank' if isinstance(value, str) else type(value).__name__}, expected text")
    return value.strip()


def as_email(value: Any, name: str) -> str:
    """An e-mail address, in letters of whatever script; the error does not repeat it.

    No address with a quoted name, a display name or an IP number, and no list of addresses: what mail takes there, and
    what Chili Piper's forms and lists do, are not the same.
    """
    text = value.strip() if isinstance(value, str) else ""
    parts = _EMAIL.fullmatch(text) if len(text) <= 320 else None
    if not parts or len(parts[1]) > 64 or len(parts[2]) > 255 or not text.isprintable():
        raise BadValue(f"{name} is no e-mail address: expected one, without quotes, a name or others beside it")
    return text


def as_object(value: Any, name: str) -> dict[str, Any]:
    """A mapping with something in it; a template leaves it as text. The error does not repeat it."""
    found = _unquoted(value)
    if not isinstance(found, Mapping) or not found:
        raise BadValue(f"{name} is {'empty' if found in (None, '', {}) else type(found).__name__}, expected a mapping")
    return dict(found)


def exactly_one(**arguments: Any) -> str:
    """The name of the one argument that is given."""
    given = [name for name, value in arguments.items() if value is not None]
    if len(given) != 1:
        raise BadValue(f"give exactly one of {', '.join(arguments)}; got {', '.join(given) or 'none'}")
    return given[0]


def _duration(text: str) -> timedelta | None:
    try:
        if amount := _AMOUNT.fullmatch(text):
            return timedelta(**{f"{amount[2].lower()}s": float(amount[1])})
        if iso := _ISO.fullmatch(text.strip()):
            return timedelta(**{unit: int(number) for unit, number in iso.groupdict().items() if number})
    except (OverflowError, ValueError):  # more digits than a timedelta, or an int, holds
        return None
    return None


def _unquoted(value: Any) -> Any:
    """A list or mapping that a template left as its text, as itself again; anything else as it is."""
    if isinstance(value, str) and value.strip().startswith(("[", "(", "{")):
        for read in (json.loads, ast.literal_eval):
            with suppress(SyntaxError, ValueError, RecursionError):
                return read(value.strip())
    return value
