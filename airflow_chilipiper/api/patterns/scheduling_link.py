"""Scheduling links: somebody's, or a team's, booking page.

Source: help article on programmatic scheduling; the vendor's notes of 2026-05 for formFields. No schema is published,
and of the types of a link's reference `RoundRobin` alone. The vendor says that a type is the name of the variant, and
names the kinds RoundRobin, Ownership, Group, Admin and Personal.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
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

LITERALS = {"AdminOneOnOne": ("Admin", "AdminOneOnOne"), "Personal": ("Personal",)}  # what may be meant, by our word
KIND_OF: dict[Any, str] = {literal: kind for kind, literals in LITERALS.items() for literal in literals}
OWN_WORD = "link={...} as Chili Piper's support tells you"
UNCONFIRMED = (
    "how a personal link is named in a request is published nowhere: type Personal and its slug are a guess; if it is"
    f" wrong, give {OWN_WORD}"
)


@dataclass(frozen=True, kw_only=True)
class SchedulingLink:
    """Book one guest over a link.

    `named` is the link as we call it: `{"type": ..., "linkId": ...}`, with a type of the lists of links, or for a
    personal link `{"type": "Personal", "owner": ..., "slug": ...}` with the owner's id; `Link.named` is one. What Chili
    Piper calls it may have to be tried. Or `link` is the whole reference, which is sent untouched. `form` answers the
    link's own questions, by their references.
    """

    guest: str = field(repr=False)
    named: Mapping[str, str | None] = field(default_factory=dict)
    link: Mapping[str, Any] | None = None
    form: Mapping[str, Any] = field(default_factory=dict, repr=False)
    guest_timezone: str | None = None
    meeting_type_id: str | None = None
    name = "scheduling_link"
    has_routing_log = False

    def __post_init__(self) -> None:
        link = self.named or self.link
        if not isinstance(link, Mapping) or not link.get("type"):
            raise Invalid("link has no type: give link_type and link_id, booking_url, or link={'type': ..., ...}")
        if link["type"] == "RoundRobin" and not link.get("linkId"):
            raise Invalid("link has no linkId: a RoundRobin link is {'type': 'RoundRobin', 'linkId': ...}")
        if self._is_personal and not (link.get("owner") and link.get("slug")):
            raise Invalid(
                f"a personal link has no link_id: give link_owner and link_slug, its booking_url, or {OWN_WORD}"
            )
        if not trimmed(self.guest or ""):
            owned = link["type"] == "Ownership"
            why = ", and an Ownership link cannot find the owner without it" if owned else ""
            raise Invalid(f"guest_email is missing: a scheduling link books for a guest{why}")

    @property
    def _is_personal(self) -> bool:
        return self.named.get("type") == "Personal"

    @property
    def _link(self) -> Mapping[str, Any]:
        """With our word for its kind."""
        link = self.named or self.link or {}
        return {**link, "type": KIND_OF.get(link["type"], link["type"])}

    @property
    def target(self) -> tuple[str, ...]:
        """Whatever was sent: another process must know its own booking."""
        return tuple(f"{key}={value}" for key, value in sorted(self._link.items()))

    def invited(self) -> tuple[str | None, ...]:
        return (self.guest, *emails_in(self.form))

    def open(self, interval: Interval, /) -> Call[Offer]:
        references = self._references()
        body = {"link": references[0], "interval": interval.in_whole_days(), "guestEmail": self.guest}
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
            bodies={link["type"]: body | {"link": link} for link in references} if self._is_tried else {},
            read=_offer_of_personal if self._is_personal else _offer,
            repeatable=True,
            if_unknown=UNCONFIRMED if self._is_personal else "",
        )

    @property
    def _is_tried(self) -> bool:
        return bool(self.named) and self._link["type"] in LITERALS

    def _references(self) -> list[dict[str, Any]]:
        """What may be meant; what the user wrote is not altered."""
        if not self.named:
            return [dict(self.link or {})]
        which = {key: value for key, value in self._link.items() if key not in ("type", "owner")}
        kind = self._link["type"]
        return [{"type": literal, **which} for literal in LITERALS.get(kind, (kind,))]

    def book(self, slot: Slot, offer: Offer, /) -> Call[Booked]:
        if self._is_personal and slot.attendees and self.named["owner"] not in slot.attendees:
            raise Invalid(f"this slot is another user's than the owner's of the personal link: {UNCONFIRMED}")
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


def _offer_of_personal(body: Any) -> Offer:
    return replace(_offer(body), caveat=UNCONFIRMED)


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
