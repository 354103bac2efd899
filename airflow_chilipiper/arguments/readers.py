"""Numbers, choices, names and structures as templates leave them: mostly as text."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, TypeVar

from airflow_chilipiper.arguments.bad_value import BadValue
from airflow_chilipiper.arguments.templates import unquoted

T = TypeVar("T")
Reader = Callable[[Any, str], Any]
# What is not ASCII may stand anywhere: a whole script of letters cannot be listed. Of ASCII, a domain's labels have
# letters, digits, - and _; said by what they have not, since that is compiled thirty times as fast, at every parse.
_LABEL = r"[^\x00-,./:-@\[-^`{-\x7f]+"
_EMAIL = re.compile(rf"([^\s\"(),:;<>@\[\\\]]+)@({_LABEL}(?:\.{_LABEL})*)")


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
    return seen(value, f"{name} has")


def seen(value: str, complaint: str) -> str:
    """*value* trimmed, unless something is left in it that nobody sees: then it is not what it looks like."""
    if value.isascii():
        return value.strip()
    from airflow_chilipiper.api.spelling import trimmed, unseen

    text = trimmed(value)
    if found := unseen(text):
        raise BadValue(f"{complaint} {found} in it, which nobody sees: clean it in the query")
    return text


def as_email(value: Any, name: str) -> str:
    """An e-mail address, in letters of whatever script; the error does not repeat it.

    No address with a quoted name, a display name or an IP number, and no list of addresses: what mail takes there, and
    what Chili Piper's forms and lists do, are not the same.
    """
    text = seen(value, f"{name} is no e-mail address: it has") if isinstance(value, str) else ""
    parts = _EMAIL.fullmatch(text) if len(text) <= 320 else None
    if not parts or len(parts[1]) > 64 or len(parts[2]) > 255 or not text.isprintable():
        raise BadValue(f"{name} is no e-mail address: expected one, without quotes, a name or others beside it")
    return text


def as_object(value: Any, name: str) -> dict[str, Any]:
    """A mapping with something in it; a template leaves it as text. The error does not repeat it."""
    found = unquoted(value)
    if not isinstance(found, Mapping) or not found:
        raise BadValue(f"{name} is {'empty' if found in (None, '', {}) else type(found).__name__}, expected a mapping")
    return dict(found)


def as_texts(value: Any, name: str) -> tuple[str, ...]:
    """A list of texts, such as names of columns or statuses."""
    if isinstance(value, str):
        raise BadValue(f"{name} is {value!r}, expected a list of texts, such as {[value]}")
    if isinstance(value, Mapping) or not isinstance(value, Collection):
        raise BadValue(f"{name} is {value!r}, expected a list of texts")
    if not all(isinstance(item, str) for item in value):
        raise BadValue(f"{name} is {value!r}, expected a list of texts")
    return tuple(value)


def exactly_one(**arguments: Any) -> str:
    """The name of the one argument that is given."""
    given = [name for name, value in arguments.items() if value is not None]
    if len(given) != 1:
        raise BadValue(f"give exactly one of {', '.join(arguments)}; got {', '.join(given) or 'none'}")
    return given[0]
