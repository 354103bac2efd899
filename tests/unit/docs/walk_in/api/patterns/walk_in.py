"""A pattern that there is none of: a guest walks in at a desk, and is given a time with whom the desk has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from airflow_chilipiper.api.call import Call, Interval, path
from airflow_chilipiper.api.patterns.answers import booked
from airflow_chilipiper.api.patterns.offer import Booked, Offer
from airflow_chilipiper.api.patterns.opening import session_id, start_times, unwrapped
from airflow_chilipiper.api.patterns.pattern import emails_in
from airflow_chilipiper.api.patterns.slots import Bookable, Slot, Slots


@dataclass(frozen=True, kw_only=True)
class WalkIn:
    """Book one guest at the desk of that name."""

    desk: str
    guest: str = field(repr=False)
    form: Mapping[str, Any] = field(default_factory=dict, repr=False)
    name = "walk_in"
    has_routing_log = False

    @property
    def target(self) -> tuple[str, ...]:
        return (self.desk,)

    def invited(self) -> tuple[str | None, ...]:
        return (self.guest, *emails_in(self.form))

    def open(self, interval: Interval, /) -> Call[Offer]:
        return Call(
            operation="walk-in-init",
            permission="walk-in.schedule",
            method="POST",
            path=path("/v1/org/walkIn/{}/init", self.desk),
            body={"guestEmail": self.guest, "interval": interval.in_whole_days()},
            read=_offer,
            repeatable=True,
        )

    def book(self, slot: Slot, offer: Offer, /) -> Call[Booked]:
        return Call(
            operation="walk-in-schedule",
            permission="walk-in.schedule",
            method="POST",
            path=slot.address,
            body={"startTime": slot.start_as_sent},
            read=booked,
        )


def _offer(body: Any) -> Offer:
    answer = unwrapped(body, "walk-in-init")
    session = session_id(answer)
    address = path("/v1/org/walkIn/{}/schedule", session)
    return Offer(session=session, slots=Slots([Bookable(address, start_times(answer) or ())]))
