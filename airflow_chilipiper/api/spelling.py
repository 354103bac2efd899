"""Text as it is compared: the same to the eye, the same to us."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import unquote

# Default_Ignorable_Code_Point of Unicode 17.0 (DerivedCoreProperties.txt), which `unicodedata` does not have: fillers,
# joiners, direction marks, selectors and tags. And the blank pattern of Braille, which is no white space.
_UNSEEN = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_unseen_sign = re.compile(f"[{_UNSEEN}]")
_is_unseen = _unseen_sign.search
_addresses = re.compile(r"""([^\s<>()\[\],;:"'@]+)@([^\s<>()\[\],;:"'@]+)""").findall


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


def canonical_email(text: str) -> str:
    """The mailbox that *text* names, however it is written; empty where that is not exactly one for certain.

    Without display name and tag, its domain in letters instead of punycode, at gmail without dots. What one service
    takes for two mailboxes may be one here, so this says who may be meant, and never who is.
    """
    text = unicodedata.normalize("NFKC", _unseen_sign.sub("", unquote(text)))
    found = {_mailbox(*address) for address in _addresses(text)}
    return found.pop() if len(found) == 1 else ""


def _mailbox(name: str, domain: str) -> str:
    name, domain = name.partition("+")[0].casefold(), ".".join(map(_in_letters, domain.rstrip(".").split(".")))
    if domain in ("gmail.com", "googlemail.com"):
        name, domain = name.replace(".", ""), "gmail.com"
    is_masked = not name or "*" in name or ".." in name
    return "" if is_masked else f"{name}@{domain}"


def _in_letters(label: str) -> str:
    try:
        is_coded = label.lower().startswith("xn--")
        return (label[4:].encode().decode("punycode") if is_coded else label).casefold()
    except UnicodeError:
        return label.casefold()


def unseen(text: str) -> str:
    """The first character in *text* that nobody sees, by number and name; empty where there is none."""
    found = None if text.isascii() else _is_unseen(text)
    return f"U+{ord(found[0]):04X} ({unicodedata.name(found[0], 'without a name')})" if found else ""


def _is_blank(sign: str) -> bool:
    return sign.isspace() or bool(_is_unseen(sign))
