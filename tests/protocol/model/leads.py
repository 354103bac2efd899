"""Whom the runs of the model book, and what is stated about time."""

from __future__ import annotations

from math import inf
from typing import Any, NamedTuple

from airflow_chilipiper.api.call import Interval
from airflow_chilipiper.api.patterns.concierge import Concierge
from airflow_chilipiper.api.patterns.offer import Offer
from airflow_chilipiper.api.patterns.slots import Slot
from tests.leads import FirstSlot, made_of
from tests.protocol.copies import Copies
from tests.protocol.model.service import SLOTS

# By name: the purpose, and the guest.
LEADS = {
    "jo": ("spring", "jo@example.com"),
    "jo again": ("autumn", "jo@example.com"),
    "ann": ("spring", "ann@example.com"),
}


class Truth(NamedTuple):
    """How long things take at most, in seconds; and what is stated about that, where a lifetime may be left out."""

    lifetime: float | None = 600.0
    processing: float = 60.0
    list_lag: float = 30.0
    skew: float = 300.0


UNBOUNDED = Truth(inf, inf, inf, inf)


def bounds(protocol: Copies, policy: str, stated: Truth) -> Any:
    return protocol.Bounds(
        in_doubt=policy,
        session_lifetime=stated.lifetime,
        list_lag=stated.list_lag,
        processing=stated.processing,
        skew=stated.skew,
    )


class Numbered(FirstSlot):
    """Takes the slot of that number among those that are free."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self._number = number

    def choose(self, offer: Offer, opened: float, /) -> Slot | None:
        return offer.slots[self._number % len(offer.slots)] if offer.slots else None


def a_lead(protocol: Copies, name: str, *, slot: int = 0, **facts: Any) -> Any:
    """A lead that wants the slot of that number among those that are free."""
    purpose, email = LEADS[name]

    return made_of(
        protocol.Lead,
        protocol.Policy,
        purpose=purpose,
        key=email,
        pattern=Concierge(router_slug="in", trigger="InAppButton", form={"PersonEmail": email}, guest=email),
        interval=Interval(SLOTS[0]),
        choice=Numbered(slot),
        routing_log=protocol.RoutingLog(),
        **facts,
    )
