"""Scheduling links: somebody's, or a team's, booking page.

Source: help article on programmatic scheduling; the vendor's notes of 2026-05 for formFields. No schema is published.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from airflow_chilipiper.api.call import Call, Interval, path
from airflow_chilipiper.api.errors import Invalid, Unreadable
from airflow_chilipiper.api.patterns.answers import booked, text
from airflow_chilipiper.api.patterns.offer import Booked, FormField, Offer
from airflow_chilipiper.api.patterns.opening import (
    KNOWN_BESIDE_SLOTS,
    NO_LIST,
    failures,
    lifetime,
    session_id,
    start_times,
    unwrapped,
)
from airflow_chilipiper.api.patterns.pattern import emails_in
from airflow_chilipiper.api.patterns.slots import Bookable, Slot, Slots
from airflow_chilipiper.api.spelling import trimmed


@dataclass(frozen=True, kw_only=True)
class SchedulingLink:
    """Book one guest over a link.

    `link` is the reference as Chili Piper wants it. Only `{"type": "RoundRobin", "linkId": ...}` is documented, so any
    other is passed through untouched. `form` answers the link's own questions, by their references.
    """

    link: Mapping[str, Any]
    guest: str = field(repr=False)
    form: Mapping[str, Any] = field(default_factory=dict, repr=False)
    guest_timezone: str | None = None
    meeting_type_id: str | None = None
    name = "scheduling_link"
    has_routing_log = False

    def __post_init__(self) -> None:
        if not _kind(self.link):
            raise Invalid("link has no type: give link_type and link_id, booking_url, or link={'type': ..., ...}")
        if self.link["type"] == "RoundRobin" and not self.link.get("linkId"):
            raise Invalid("link has no linkId: a RoundRobin link is {'type': 'RoundRobin', 'linkId': ...}")
        if not trimmed(self.guest or ""):
            owned = self.link["type"] == "Ownership"
            why = ", and an Ownership link cannot find the owner without it" if owned else ""
            raise Invalid(f"guest_email is missing: a scheduling link books for a guest{why}")

    @property
    def target(self) -> tuple[str, ...]:
        return tuple(f"{key}={value}" for key, value in sorted(self.link.items()))

    def invited(self) -> tuple[str | None, ...]:
        return (self.guest, *emails_in(self.form))

    def open(self, interval: Interval, /) -> Call[Offer]:
        body = {"link": dict(self.link), "interval": interval.in_whole_days(), "guestEmail": self.guest}
        if self.meeting_type_id:
            body["meetingTypeId"] = self.meeting_type_id
        if self.guest_timezone:
            body["guestTimezone"] = self.guest_timezone
        return Call(
            operation="scheduling-link-init",
            permission="scheduling-links.read and scheduling-links.schedule",
            method="POST",
            path="/v1/org/schedulingLinks/init-simple",
            body=body,
            read=_offer,
            repeatable=True,
        )

    def book(self, slot: Slot, offer: Offer, /) -> Call[Booked]:
        body: dict[str, Any] = {"startTime": slot.start_as_sent, "guestEmail": self.guest}
        if self.guest_timezone:
            body["guestTimezone"] = self.guest_timezone
        if answers := _answers(offer.fields, self.form, self.guest):
            body["formData"] = answers
        return Call(
            operation="scheduling-link-schedule",
            permission="scheduling-links.schedule",
            method="POST",
            path=slot.address,
            body=body,
            read=booked,
        )


def _kind(link: object) -> object:
    return link.get("type") if isinstance(link, Mapping) else None


def _answers(fields: tuple[FormField, ...], form: Mapping[str, Any], guest: str) -> dict[str, Any]:
    """What the link asks for, in its own references; hidden values go back as they came."""
    answers = {"PersonEmail": guest} | {key: value for key, value in form.items() if value not in (None, "")}
    answers |= {field.reference: field.hidden for field in fields if field.hidden is not None}
    missing = [field.reference for field in fields if field.required and field.reference not in answers]
    if missing:
        example = f"form={{{missing[0]!r}: col(...)}}"
        raise Invalid(f"the link requires {', '.join(missing)}: add it to form, for instance {example}")
    return {field.reference: answers[field.reference] for field in fields if field.reference in answers}


KNOWN_BESIDE_SLOTS_OF_LINK = KNOWN_BESIDE_SLOTS | {"formFields", "link", "guestEmail", "guestTimezone"}


def _offer(body: Any) -> Offer:
    answer = unwrapped(body, "scheduling-link-init")
    session, times = session_id(answer), start_times(answer, known=KNOWN_BESIDE_SLOTS_OF_LINK)
    if not session:
        raise Unreadable("scheduling-link-init: the answer has no routeId")
    asked = answer.get("formFields")
    fields = [_field(item) for item in asked if item is not None] if isinstance(asked, list) else []
    odd = fields.count(None)
    address = path("/v1/org/schedulingLinks/routing/{}/schedule-simple", session)
    return Offer(
        session=session,
        slots=Slots([Bookable(address, times or ())]),
        lifetime=lifetime(answer),
        fields=tuple(filter(None, fields)),
        notes=(
            *([NO_LIST] if times is None else []),
            *failures(answer),
            *([f"{odd} of {len(fields)} form fields could not be read"] if odd else []),
        ),
    )


def _field(item: Any) -> FormField | None:
    """A question; its requirement comes as `"Required"`, `{"type": "Hidden", "value": ...}` or `{"Hidden": ...}`."""
    if not isinstance(item, Mapping):
        return None
    reference = text(item.get("reference"), "value")
    if not reference:
        return None
    kind, value = _requirement(item.get("requirement"))
    return FormField(reference=reference, required=kind == "Required", hidden=value if kind == "Hidden" else None)


def _requirement(requirement: Any) -> tuple[Any, Any]:
    """The kind, and a hidden field's value."""
    if not isinstance(requirement, Mapping):
        return requirement, None
    if "type" in requirement:
        return requirement["type"], requirement.get("value")
    kind, inner = next(iter(requirement.items()), (None, None))
    return kind, inner.get("value") if isinstance(inner, Mapping) else inner
