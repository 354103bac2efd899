"""A lead that takes the first slot of its offer, unless a test wants another."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from airflow_chilipiper.api.call import Interval

if TYPE_CHECKING:
    from airflow_chilipiper.api.patterns.offer import Offer
    from airflow_chilipiper.api.patterns.slots import Slot
    from airflow_chilipiper.booking.lead import Lead
    from airflow_chilipiper.booking.slots.reservations import Resolution

GUEST = "jo@example.com"
WEEK = Interval(datetime(2026, 11, 2, tzinfo=UTC))


@dataclass
class FirstSlot:
    """Takes the first slot, and keeps what it hears first of each."""

    resolutions: list[Resolution] = field(default_factory=list)
    _waits: bool = False

    def choose(self, offer: Offer, opened: float, /) -> Slot | None:
        self._waits = True
        return next(iter(offer.slots), None)

    def resolve(self, resolution: Resolution, /) -> None:
        if self._waits:
            self.resolutions.append(resolution)
        self._waits = False


def a_lead(**facts: Any) -> Lead:
    """By default for Concierge's router `in`. What is no fact of the lead belongs to its policy."""
    from airflow_chilipiper.api.patterns.concierge import Concierge
    from airflow_chilipiper.booking.lead import Lead
    from airflow_chilipiper.booking.policy import Policy

    guest = facts.pop("guest", GUEST)
    if "pattern" not in facts:
        form = {"PersonEmail": guest}
        facts["pattern"] = Concierge(router_slug="in", trigger="InAppButton", form=form, guest=guest)
    return made_of(Lead, Policy, **{"purpose": "spring", "key": "42", "interval": WEEK} | facts)


def made_of(lead: Any, policy: Any, **facts: Any) -> Any:
    """A lead of these classes, which may be broken copies."""
    of_run = {each.name for each in fields(policy)} & facts.keys()
    return lead(policy=policy(**{name: facts.pop(name) for name in of_run}), **{"choice": FirstSlot()} | facts)
