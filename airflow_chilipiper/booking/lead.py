"""One lead, with all that was asked for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property

from airflow_chilipiper.api.call import Interval
from airflow_chilipiper.api.errors import Invalid
from airflow_chilipiper.api.patterns.offer import Offer
from airflow_chilipiper.api.patterns.pattern import Pattern
from airflow_chilipiper.api.patterns.slots import Slot
from airflow_chilipiper.api.spelling import email as spelled
from airflow_chilipiper.api.spelling import trimmed
from airflow_chilipiper.booking.batch.breakers import EmptyOffersBreaker
from airflow_chilipiper.booking.doubt.bounds import Bounds
from airflow_chilipiper.booking.doubt.evidence import guests_on_record
from airflow_chilipiper.booking.doubt.meeting_search import RoutingLog
from airflow_chilipiper.booking.guests import check_guests, named_guests
from airflow_chilipiper.booking.ledger.entry import Entry, new_version
from airflow_chilipiper.booking.ledger.lead_key import digest, entry_key, guest_digest
from airflow_chilipiper.booking.outcome import Outcome
from airflow_chilipiper.booking.slots.reservations import Resolution


@dataclass(frozen=True, kw_only=True)
class Lead:
    """Whom to book, for which purpose, over which pattern, and which slot will do.

    `choose` gives a slot of an offer that was requested at that time, None where none will do, and raises AllReserved where
    other leads are about to take them all; `settle` is told what became of that slot. `sender` names the task instance
    and try. A booking that is older than `rebook_after` does not count any more; None: every booking counts. If there
    are `allowed_domains`, only their guests are asked about. `met` holds, by the hash of a guest, what becomes of a
    lead whose guest has a meeting already.
    """

    purpose: str
    key: str
    pattern: Pattern
    interval: Interval
    choose: Callable[[Offer, float], Slot | None]
    settle: Callable[[Resolution], object] = bool
    max_sessions: int = 3
    rebook_after: timedelta | None = None
    allowed_domains: tuple[str, ...] = ()
    sender: str = ""
    bounds: Bounds = field(default_factory=Bounds)
    met: Mapping[str, Outcome] = field(default_factory=dict)
    routing_log: RoutingLog = field(default_factory=RoutingLog, compare=False)
    breaker: EmptyOffersBreaker = field(default_factory=EmptyOffersBreaker, compare=False)

    def __post_init__(self) -> None:
        if not trimmed(self.purpose):
            raise Invalid("purpose is empty: name the campaign within which a lead is booked once")
        if self.max_sessions < 1:
            raise Invalid(f"max_sessions is {self.max_sessions}, expected at least 1")
        if self.allowed_domains:
            check_guests(named_guests(self.pattern), self.allowed_domains)

    @cached_property
    def entry_key(self) -> str:
        return entry_key(self.purpose, self.key)

    @cached_property
    def _guest(self) -> str:
        return guest_digest(self.pattern.guest)

    @cached_property
    def _pattern(self) -> str:
        return digest(self.pattern.name, *self.pattern.target)

    def new_entry(self) -> Entry:
        """This lead as it stands on record before anything was done."""
        return Entry(
            key=self.entry_key,
            purpose=trimmed(self.purpose),
            version=new_version(),
            guest=self._guest,
            pattern=self._pattern,
        )

    def sent(self, entry: Entry, slot: Slot, offer: Offer, wall: float) -> Entry:
        """*entry* with all that is needed to find out later what became of a booking call that goes out now."""
        return entry.to(
            "sent",
            attempt=entry.attempt + 1,
            sender=self.sender,
            session=offer.session,
            slot=slot.start_as_sent,
            sent_at=wall,
            no_effect_after=self.bounds.no_effect_after(wall, offer.lifetime),
            policy=self.bounds.policy(offer.lifetime) if self.guests_of(offer) else "hold",
            guest=self._guest or guest_digest(offer.guest),
            invited=guest_digest(offer.guest),
            pattern=self._pattern,
            reason="",
        )

    def is_same_request(self, entry: Entry) -> bool:
        """Whether *entry* was made for this guest and target; window, slot and form may differ."""
        return entry.pattern == self._pattern and (not self._guest or entry.guest == self._guest)

    def is_due_again(self, entry: Entry, wall: float) -> bool:
        if entry.state != "booked" or self.rebook_after is None or entry.booked_at is None:
            return False
        return entry.booked_at + self.rebook_after.total_seconds() <= wall

    def pick(self, offer: Offer, opened: float) -> Slot | None:
        if not offer.allowed:
            return None
        if offer.slots and self.allowed_domains:
            known = [guest for guest in (*named_guests(self.pattern), offer.guest) if guest]
            check_guests(known or [None], self.allowed_domains)
        return self.choose(offer, opened)

    def guests_of(self, offer: Offer) -> tuple[str, ...]:
        """Everybody whom a booking may invite: the guest asked for, and whom Chili Piper has under a CRM id."""
        known = filter(None, (self.pattern.guest, offer.guest))
        return tuple({spelled(guest): guest for guest in known}.values())

    def guests_to_ask_for(self, entry: Entry) -> tuple[str, ...]:
        """Whom to ask the meeting list for; nobody in particular, where *entry* knows of a guest and we have no e-mail.

        Then every meeting is looked at, and guests are compared by hash.
        """
        guest = self.pattern.guest
        return (guest,) if guest and guests_on_record(entry) <= {guest_digest(guest)} else ()

    def existing_meeting(self, guest: str | None) -> Outcome | None:
        return self.met.get(guest_digest(guest)) if guest else None
