"""One lead, and what an entry keeps of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache

from airflow_chilipiper.api.errors import Invalid
from airflow_chilipiper.api.patterns.offer import Offer
from airflow_chilipiper.api.patterns.pattern import Pattern
from airflow_chilipiper.api.patterns.slots import Slot
from airflow_chilipiper.api.spelling import email as spelled
from airflow_chilipiper.api.spelling import trimmed
from airflow_chilipiper.booking.doubt.evidence import guests_on_record
from airflow_chilipiper.booking.ledger.entry import Entry, new_version
from airflow_chilipiper.booking.ledger.lead_key import canonical_guest_digest, digest, entry_key, guest_digest
from airflow_chilipiper.booking.outcome import Outcome
from airflow_chilipiper.booking.policy import Policy
from airflow_chilipiper.booking.slots.choice import SlotChoice


@dataclass(frozen=True, kw_only=True)
class Lead:
    """Whom to book, over which pattern, into which slot, under which policy; and in which row of the leads it is."""

    key: str
    pattern: Pattern
    choice: SlotChoice
    policy: Policy
    row: int | None = None

    def __post_init__(self) -> None:
        if self.policy.allowed_domains:
            check_guests(self.pattern.invited(), self.policy.allowed_domains)

    @property
    def entry_key(self) -> str:
        return self._new_entry.key

    @cached_property
    def _guest(self) -> str:
        return guest_digest(self.pattern.guest)

    @property
    def _pattern(self) -> str:
        return _target_digest(self.pattern.name, *self.pattern.target)

    def new_entry(self) -> Entry:
        """This lead as it stands on record before anything was done; the same each time."""
        return self._new_entry

    @cached_property
    def _new_entry(self) -> Entry:
        return Entry(
            key=entry_key(self.policy.purpose, self.key),
            purpose=trimmed(self.policy.purpose),
            version=new_version(),
            guest=self._guest,
            pattern=self._pattern,
        )

    def sent(self, entry: Entry, slot: Slot, offer: Offer, wall: float) -> Entry:
        """*entry* with all that is needed to find out later what became of a booking call that goes out now."""
        return entry.to_sent(
            sender=self.policy.sender,
            session=offer.session,
            slot=slot.start_as_sent,
            sent_at=wall,
            no_effect_after=self.policy.bounds.no_effect_after(wall, offer.lifetime),
            list_lag=self.policy.bounds.list_lag,
            policy=self.policy.bounds.policy(offer.lifetime) if self.guests_of(offer) else "hold",
            guest=self._guest or guest_digest(offer.guest),
            invited=guest_digest(offer.guest),
            guest_canonical=canonical_guest_digest(offer.guest or self.pattern.guest),
            pattern=self._pattern,
        )

    def is_same_request(self, entry: Entry) -> bool:
        """Whether *entry* was made for this guest and target; window, slot and form may differ."""
        return not self.differs_from(entry)

    def differs_from(self, entry: Entry) -> str:
        """What is another than that of *entry*: the guest, the target, such as the router, or both; else empty."""
        guest = "guest" if self._guest and entry.guest != self._guest else ""
        target = "target" if entry.pattern != self._pattern else ""
        return " and ".join(filter(None, (guest, target)))

    def is_due_again(self, entry: Entry, wall: float) -> bool:
        """Whether a booking is too old to count; never one of this task instance, whose tries may take that long."""
        if entry.state != "booked" or self.policy.rebook_after is None or entry.booked_at is None:
            return False
        if is_same_task(entry.sender, self.policy.sender):
            return False
        return entry.booked_at + self.policy.rebook_after.total_seconds() <= wall

    def pick(self, offer: Offer, opened: float) -> Slot | None:
        if not offer.allowed:
            return None
        if offer.slots and self.policy.allowed_domains:
            known = [guest for guest in (*self.pattern.invited(), offer.guest) if guest]
            check_guests(known or [None], self.policy.allowed_domains)
        return self.choice.choose(offer, opened)

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
        return self.policy.existing_meetings.get(guest_digest(guest)) if guest else None


def is_same_task(sender: str, other: str) -> bool:
    """Whether two senders are tries of one task instance; code outside a task is none."""
    task, numbered, _ = sender.rpartition("#")
    return bool(numbered) and task == other.rpartition("#")[0]


_target_digest = lru_cache(maxsize=64)(digest)  # most leads of a run share their target


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
    name, _, domain = trimmed(email or "").partition("@")
    return not domains or bool(name and domain.lower() in domains)
