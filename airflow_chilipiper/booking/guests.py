"""Whom a booking may invite, and whom the connection allows."""

from __future__ import annotations

from collections.abc import Iterable

from airflow_chilipiper.api.errors import Invalid


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
