"""Texts that others wrote, made fit for a log: no lead's data, no control characters, not long."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

LONGEST = 300
OURS_TO_HIDE = ("form", "formData", "guestEmail", "crmExplicits")
LONGEST_READ = 2000
# Bounded, as addresses are: unbounded, a long text without blanks takes minutes.
EMAIL = re.compile(r"[^\s@<>\"'`,;:=()\[\]{}/?&|\\]{1,64}(?:@|%40)[^\s@<>\"'`,;:=()\[\]{}/?&|\\]{1,255}", re.IGNORECASE)


def scrub(text: str, *, body: Any = None, secrets: tuple[str, ...] = ()) -> str:
    """*text* without e-mail addresses and without what *body* says about the lead, at most 300 characters.

    Values shorter than six characters are hidden only as whole words, else "Ann" would tear "Cannot" apart.
    """
    text = text[:LONGEST_READ]
    hidden = {value for value in (*_values(body), *secrets) if len(value) >= 3}
    for value in sorted(hidden, key=len, reverse=True):
        edge = r"(?<!\w){}(?!\w)" if len(value) < 6 else "{}"
        text = re.sub(edge.format(re.escape(value)), "***", text, flags=re.IGNORECASE)
    return clean(EMAIL.sub("<e-mail>", text))


def clean(text: str, *, longest: int = LONGEST) -> str:
    """*text* on one line, without control characters, cut at *longest*."""
    line = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    return line if len(line) <= longest else line[: longest - 1] + "…"


def _values(body: Any) -> Iterator[str]:
    if isinstance(body, Mapping):
        for key in OURS_TO_HIDE:
            yield from _leaves(body.get(key))


def _leaves(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value.strip()
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _leaves(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _leaves(item)
