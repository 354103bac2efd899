"""Text as it is compared: the same to the eye, the same to us."""

from __future__ import annotations

import unicodedata

INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff\u00ad"


def trimmed(text: str) -> str:
    """NFC, without white space and invisible characters at both ends."""
    text = unicodedata.normalize("NFC", text)
    while text and (text[0].isspace() or text[0] in INVISIBLE):
        text = text[1:]
    while text and (text[-1].isspace() or text[-1] in INVISIBLE):
        text = text[:-1]
    return text


def email(address: str) -> str:
    """An e-mail address in its one spelling, whatever the case."""
    return trimmed(address).lower()
