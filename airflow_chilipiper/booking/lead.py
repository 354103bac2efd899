"""One lead, with all that was asked for it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta

from airflow_chilipiper.api.calls import Interval
from airflow_chilipiper.api.errors import Invalid
from airflow_chilipiper.api.models import Offer, Slot
from airflow_chilipiper.api.pattern import Pattern
from airflow_chilipiper.api.scrub import EMAIL
from airflow_chilipiper.booking.lead_key import digest, guest_digest, trimmed
from airflow_chilipiper.booking.ledger import Row, new_mark


@dataclass(frozen=True, kw_only=True)
class Lead:
    """Whom to book, for which purpose, over which pattern, and which slot will do.

    `choose` gives a slot of an offer, None where none will do. `sender` names the task instance and try. A booking that
    is older than `rebook_after` does not count any more; None: every booking counts. If there are `allowed_domains`,
    only their guests are asked about.
    """

    purpose: str
    key: str
    pattern: Pattern
    interval: Interval
    choose: Callable[[Offer], Slot | None]
    max_sessions: int = 3
    rebook_after: timedelta | None = None
    allowed_domains: tuple[str, ...] = ()
    sender: str = ""

    def __post_init__(self) -> None:
        if not trimmed(self.purpose):
            raise Invalid("purpose is empty: name the campaign within which a lead is booked once")
        if self.max_sessions < 1:
            raise Invalid(f"max_sessions is {self.max_sessions}, expected at least 1")
        if self.allowed_domains:
            check_guests(named_guests(self.pattern), self.allowed_domains)

    def row(self) -> Row:
        """This lead as it stands on record before anything was done."""
        return Row(
            key=digest(trimmed(self.purpose), self.key),
            purpose=trimmed(self.purpose),
            mark=new_mark(),
            guest=guest_digest(self.pattern.guest),
            pattern=digest(self.pattern.name, *self.pattern.target),
        )

    def sent(self, row: Row, slot: Slot, offer: Offer, wall: float) -> Row:
        """*row* with all that is needed to find out later what became of a booking call that goes out now."""
        return row.to(
            "sent",
            attempt=row.attempt + 1,
            sender=self.sender,
            session=offer.session,
            slot=slot.start_as_sent,
            sent_at=wall,
            guest=guest_digest(self.pattern.guest or offer.guest),
            pattern=self.row().pattern,
            reason="",
        )

    def is_same_wish(self, row: Row) -> bool:
        """Whether *row* was made for this guest and target; window, slot and form may differ."""
        own = self.row()
        return row.pattern == own.pattern and (not own.guest or row.guest == own.guest)

    def is_due_again(self, row: Row, wall: float) -> bool:
        if row.state != "booked" or self.rebook_after is None or row.booked_at is None:
            return False
        return row.booked_at + self.rebook_after.total_seconds() <= wall

    def pick(self, offer: Offer) -> Slot | None:
        if not offer.allowed:
            return None
        if offer.slots and self.allowed_domains:
            known = [guest for guest in (*named_guests(self.pattern), offer.guest) if guest]
            check_guests(known or [None], self.allowed_domains)
        return self.choose(offer)

    def guests_of(self, offer: Offer) -> tuple[str, ...]:
        """Everybody whom a booking may invite: the guest asked for, and whom Chili Piper has under a CRM id."""
        known = filter(None, (self.pattern.guest, offer.guest))
        return tuple({guest_digest(guest): guest for guest in known}.values())


def named_guests(pattern: Pattern) -> list[str | None]:
    """Whom a request names: its guest, and every e-mail in its form; None where only the offer will tell a guest."""
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
