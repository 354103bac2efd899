"""Text as it is compared: the same to the eye, the same to us."""

from __future__ import annotations

import re
import unicodedata

# Default_Ignorable_Code_Point of Unicode 17.0 (DerivedCoreProperties.txt), which `unicodedata` does not have: fillers,
# joiners, direction marks, selectors and tags. And the blank pattern of Braille, which is no white space.
_UNSEEN = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_is_unseen = re.compile(f"[{_UNSEEN}]").search


def trimmed(text: str) -> str:
    """NFC, without white space and characters that nobody sees at both ends."""
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


def unseen(text: str) -> str:
    """The first character in *text* that nobody sees, by number and name; empty where there is none."""
    found = None if text.isascii() else _is_unseen(text)
    return f"U+{ord(found[0]):04X} ({unicodedata.name(found[0], 'without a name')})" if found else ""


def _is_blank(sign: str) -> bool:
    return sign.isspace() or bool(_is_unseen(sign))
