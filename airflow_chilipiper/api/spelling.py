"""Text as it is compared: the same to the eye, the same to us."""

from __future__ import annotations

import unicodedata

INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff\u00ad"


def trimmed(text: str) -> str:
    """NFC, without white space and invisible characters at both ends."""
    if text.isascii():
        return text.strip()
    text = unicodedata.normalize("NFC", text)
    first, end = 0, len(text)
    while first < end and _is_blank(text[first]):  # counted, since cutting a cell of a million blanks takes minutes
        first += 1
    while first < end and _is_blank(text[end - 1]):
        end -= 1
    return text[first:end]


def email(address: str) -> str:
    """An e-mail address in its one spelling, whatever the case."""
    return trimmed(address).lower()


def _is_blank(sign: str) -> bool:
    return sign.isspace() or sign in INVISIBLE
