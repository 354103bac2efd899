"""Walk-ins: a team's desk takes whoever comes. Nothing like it is published: it shows what a pattern is made of."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from airflow_chilipiper.api.call import Call, Interval, path
from airflow_chilipiper.api.errors import Invalid, Unreadable
from airflow_chilipiper.api.patterns.answers import booked, lifetime, record, session_id, start_times
from airflow_chilipiper.api.patterns.offer import Booked, Offer
from airflow_chilipiper.api.patterns.slots import Bookable, Slot, Slots


@dataclass(frozen=True, kw_only=True)
class WalkIn:
    """Book one guest at a desk."""

    desk: str
    guest: str = field(repr=False)
    name = "walk_in"
    has_routing_log = False

    def __post_init__(self) -> None:
        if not self.guest:
            raise Invalid("guest_email is missing: a desk takes a guest")

    @property
    def target(self) -> tuple[str, ...]:
        return (f"desk={self.desk}",)

    def invited(self) -> tuple[str | None, ...]:
        return (self.guest,)

    def open(self, interval: Interval, /) -> Call[Offer]:
        return Call(
            operation="walk-in-init",
            permission="walk-in.schedule",
            method="POST",
            path="/v1/org/walk-in",
            body={"desk": self.desk, "interval": interval.body()},
            read=_offer,
            repeatable=True,
        )

    def book(self, slot: Slot, offer: Offer, /) -> Call[Booked]:
        return Call(
            operation="walk-in-schedule",
            permission="walk-in.schedule",
            method="POST",
            path=slot.address,
            body={"startTime": slot.start_as_sent, "guestEmail": self.guest},
            read=booked,
        )


def _offer(body: Any) -> Offer:
    answer = record(body, "walk-in-init")
    session = session_id(answer)
    if not session:
        raise Unreadable("walk-in-init: the answer has no routeId")
    slots = Slots([Bookable(path("/v1/org/walk-in/{}", session), start_times(answer))])
    return Offer(session=session, slots=slots, lifetime=lifetime(answer))
