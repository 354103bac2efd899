"""Concierge: a router takes a form, qualifies the lead and offers slots.

Source: help article on programmatic scheduling; operation list 1.494.0. No schema is published for these two calls.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from airflow_chilipiper.api.call import Call, Interval, path
from airflow_chilipiper.api.errors import Invalid, Unreadable
from airflow_chilipiper.api.patterns.answers import booked, ids, text
from airflow_chilipiper.api.patterns.offer import Booked, Offer
from airflow_chilipiper.api.patterns.opening import (
    NO_LIST,
    failures,
    lifetime,
    only_list_of_instants,
    session_id,
    start_times,
    unwrapped,
)
from airflow_chilipiper.api.patterns.pattern import emails_in
from airflow_chilipiper.api.patterns.slots import Bookable, Slot, Slots

RENAMED = (
    "A router that was renamed has a new slug, and its old one is unknown: take the slug from the router's settings in"
    " Chili Piper, or from ChiliPiperHook().routers()"
)
TRIGGERS = ("ThirdPartyForm", "InAppButton", "RouterLink")


@dataclass(frozen=True, kw_only=True)
class Concierge:
    """Route one lead's form by the router's slug.

    The keys of `form` go by `trigger`: InAppButton and RouterLink take Chili Piper's data fields (`PersonEmail`),
    ThirdPartyForm the field names of the mapped form. The trigger is always sent: without it a router with several
    triggers may read the form by another one.
    """

    router_slug: str
    trigger: str
    form: Mapping[str, Any] = field(repr=False)
    guest: str | None = field(default=None, repr=False)
    name = "concierge"
    has_routing_log = True

    def __post_init__(self) -> None:
        if self.trigger not in TRIGGERS:
            raise Invalid(f"trigger is {self.trigger!r}, expected one of {', '.join(TRIGGERS)}")
        if not self.form:
            raise Invalid("form is empty: a router needs at least the guest's e-mail, under the key of its trigger")

    @property
    def target(self) -> tuple[str, ...]:
        return (self.router_slug,)

    def invited(self) -> tuple[str | None, ...]:
        """A router takes the guest from its form."""
        in_form = emails_in(self.form)
        return (self.guest, *in_form) if self.guest or not in_form else in_form

    def open(self, interval: Interval, /) -> Call[Offer]:
        return Call(
            operation="concierge-route-by-slug",
            permission="concierge.route and concierge.schedule",
            method="POST",
            path=path("/v1/org/concierge/routers/{}/rest", self.router_slug),
            body={"form": dict(self.form), "options": {"trigger": self.trigger}, "interval": interval.in_whole_days()},
            read=_offer,
            repeatable=True,
            if_unknown=RENAMED,
        )

    def book(self, slot: Slot, offer: Offer, /) -> Call[Booked]:
        return Call(
            operation="concierge-schedule",
            permission="concierge.schedule",
            method="POST",
            path=slot.address,
            body={"startTime": slot.start_as_sent},
            lead_data={"form": self.form, "guestEmail": self.guest},
            read=booked,
        )


def _offer(body: Any) -> Offer:
    answer = unwrapped(body, "concierge-route-by-slug")
    session, allowed = session_id(answer), answer.get("schedulingAllowed") is not False
    scheduling = answer.get("schedulingData")
    places = (scheduling, answer) if isinstance(scheduling, Mapping) else (answer,)
    times = _times(answer, scheduling) if allowed else []
    if not session and (times or "schedulingAllowed" not in answer):
        raise Unreadable("concierge-route-by-slug: the answer has no routeId")
    address = path("/v1/org/concierge/routing/{}/schedule-simple", session) if session else ""
    assignment = answer.get("assignment")
    return Offer(
        session=session,
        slots=Slots([Bookable(address, times or ())]),
        allowed=allowed,
        lifetime=lifetime(*places),
        assignees=ids(answer.get("assignments") or ([assignment] if assignment else None)),
        page=text(answer.get("routingLink")),
        notes=(*([NO_LIST] if times is None else []), *failures(*places)),
    )


def _times(answer: Mapping[str, Any], scheduling: Any) -> list[Any] | None:
    """In `schedulingData`, or beside it."""
    if isinstance(scheduling, Mapping) and not answer.get("startTimes"):
        times = start_times(scheduling)
        return only_list_of_instants(answer) if times is None else times
    return start_times(answer, known=frozenset())
