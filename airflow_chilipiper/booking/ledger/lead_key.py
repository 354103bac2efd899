"""Which lead this is: the rules by which a key becomes text, and the text a place in the ledger.

A changed rule is a double booking: the golden tests hold every one of them.
"""

from __future__ import annotations

import hashlib
import json
import re
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from airflow_chilipiper.api.errors import Invalid
from airflow_chilipiper.api.spelling import canonical_email, trimmed
from airflow_chilipiper.api.spelling import email as spelled

LONGEST = 1000  # characters; an id is a tenth of that
_as_json = json.JSONEncoder(ensure_ascii=True, separators=(",", ":")).encode
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f]")  # Unicode's category Cc


def lead_key(value: Any) -> str:
    """A key as text: 42, 42.0 and Decimal("42.0") are one lead, and so are `Jo@Example.com ` and `jo@example.com`.

    Text is NFC and trimmed of white space and of characters that nobody sees. Only e-mails are lower-cased:
    Salesforce's ids of 15 characters differ by case.
    """
    if isinstance(value, bool) or is_missing(value):
        found = repr(value) if value is None or isinstance(value, bool) else "missing"
        raise Invalid(
            f"lead_key is {found}, expected text or a number that is the lead's own, such as its id or e-mail;"
            " a single lead's is its e-mail, if not given"
        )
    if isinstance(value, (int, float, Decimal)):
        return _number(Decimal(str(value)))
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    if not isinstance(value, str):
        raise Invalid(f"lead_key is of type {type(value).__name__}, expected text or a number")
    text = trimmed(value)
    if not text:
        raise Invalid("lead_key is empty, expected something that is the lead's own, such as its id or e-mail")
    if len(text) > LONGEST or _CONTROLS.search(text):
        raise Invalid(f"lead_key is no id: it has control characters, or more than {LONGEST} characters")
    return text.lower() if "@" in text else text


def is_missing(value: Any) -> bool:
    """None, and the not-a-number, not-a-time or NA that data frames put for it: none of them is equal to itself."""
    try:
        return value is None or bool(value != value)
    except (TypeError, ArithmeticError):  # NA is neither true nor false, and a signalling NaN cannot be compared
        return True
    except ValueError:  # of a whole array
        return False


def _number(number: Decimal) -> str:
    if not number.is_finite():
        raise Invalid(f"lead_key is {number}, expected a number that is the lead's own")
    whole, _, fraction = format(number, "f").partition(".")  # never rounded: a context's precision merges long ids
    text = f"{whole}.{fraction}".rstrip("0").rstrip(".") if fraction else whole
    return "0" if text == "-0" else text


def digest(*parts: str) -> str:
    """The hash of a JSON list: parts are never pasted together, so `("a", "bc")` is not `("ab", "c")`."""
    return hashlib.sha256(_as_json(parts).encode()).hexdigest()


def entry_key(purpose: str, key: str) -> str:
    """Where a lead's entry stands in the ledger; *key* is as `lead_key` gives it."""
    return digest(trimmed(purpose), key)


def guest_digest(email: str | None) -> str:
    """Who is invited, to be compared and never to be read; empty where only Chili Piper knows."""
    return digest(spelled(email)) if email else ""


def canonical_guest_digest(email: str | None) -> str:
    """Who may be meant by another spelling of the same mailbox; empty where that cannot be said."""
    canonical = canonical_email(email) if email else ""
    return digest(canonical) if canonical else ""
