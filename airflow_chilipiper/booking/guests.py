"""Whom a booking may invite, and whom the connection allows."""

from __future__ import annotations

from collections.abc import Iterable

from airflow_chilipiper.api.errors import Invalid
from airflow_chilipiper.api.http.redaction import EMAIL
from airflow_chilipiper.api.patterns.pattern import Pattern


def named_guests(pattern: Pattern) -> list[str | None]:
    """Whom a request names: its guest, and every e-mail in its form; None where only the offer will name a guest."""
    in_form = [address for value in getattr(pattern, "form", {}).values() for address in EMAIL.findall(str(value))]
    waits_for_offer = bool(getattr(pattern, "crm_id", None))
    return [*([pattern.guest] if pattern.guest or not (in_form or waits_for_offer) else []), *in_form]


def check_guests(guests: Iterable[str | None], domains: tuple[str, ...]) -> None:
    """Refuse guests whom the connection does not allow."""
    if not all(guest_allowed(guest, domains) for guest in guests):
        raise Invalid(
            f"the guest's e-mail is missing or not in the allowed_guest_domains of the connection: {', '.join(domains)}"
        )


def guest_allowed(email: str | None, domains: tuple[str, ...]) -> bool:
    """Whether the safety net of `allowed_guest_domains` lets this guest be booked; without domains, everybody.

    The domain must be the same but for case: a sub-domain is another domain. A guest whose e-mail is not known, or
    has not exactly one @, is not let through.
    """
    name, _, domain = (email or "").strip().partition("@")
    return not domains or bool(name and domain.lower() in domains)
