"""Spending a session: the one rule that all booking calls share.

A session is single-use and short-lived and the start must be handed back as it was offered (help article on
programmatic scheduling). Which status and code each failure has is published nowhere; see Variants.codes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from airflow_chilipiper.sandbox.http.answers import Refused, json_answer
from airflow_chilipiper.sandbox.http.call import Call
from airflow_chilipiper.sandbox.state.calendar import Slot
from airflow_chilipiper.sandbox.state.sessions import Meeting, Place, Session
from airflow_chilipiper.sandbox.state.tenant import Tenant


@dataclass(frozen=True, slots=True)
class Booking:
    """How a pattern books: `answer` is the form that its sources show, `reason` the name of a Failure's field."""

    pattern: str
    answer: Literal["plain", "union", "nested"] = "plain"
    reason: str = "reason"


def spend(
    tenant: Tenant,
    call: Call,
    booking: Booking,
    *,
    start: str,
    place: Place = ("", ""),
    guest: str | None = None,
    check: Callable[[Session], None] = lambda session: None,
    details: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The answer to the call that books; whatever else happens, the session cannot be used again."""
    session = _reach(tenant, call.ids["sessionId"], booking.pattern)
    offered = session.spend()
    if place not in offered:
        raise tenant.refusal("not_found", "The session has no such router and path")
    if start not in offered[place]:
        raise tenant.refusal("start_not_offered", "The start time is not one that this session offered")
    check(session)
    slot, meeting_type = offered[place][start], session.meeting_types[place]
    hosts = _take(tenant, call, booking, slot)
    meeting = Meeting(
        id=tenant.new_id("meeting"),
        session=session.id,
        pattern=booking.pattern,
        guest=guest or session.guest or "",
        workspace=session.workspace,
        meeting_type=meeting_type,
        start=slot.start,
        minutes=tenant.catalogue.meeting_types[meeting_type].minutes,
        hosts=hosts,
        booked_at=tenant.now(),
        booker=session.booker,
        details={name: value for name, value in (details or {}).items() if value is not None},
    )
    tenant.add_meeting(meeting, delay=call.quirks.commit_delay)
    return _success(_form(tenant, booking), meeting)


def _reach(tenant: Tenant, session_id: str, pattern: str) -> Session:
    session = tenant.sessions.get(session_id)
    if session is None or session.pattern != pattern:
        raise tenant.refusal("session_unknown", "No such routing session")
    if session.spent:
        raise tenant.refusal("session_spent", "This routing session has been used")
    if tenant.now() >= session.expires_at:
        session.spend()
        raise tenant.refusal("session_expired", "This routing session has expired")
    return session


def _take(tenant: Tenant, call: Call, booking: Booking, slot: Slot) -> tuple[str, ...]:
    if call.quirks.fail_with:
        raise _failure(tenant, booking, call.quirks.fail_with)
    if call.quirks.steal_slot:
        tenant.calendar.fill(slot)
    hosts = tenant.calendar.take(slot)
    if hosts:
        return hosts
    if tenant.variants.failures_as == "errorCode":
        raise tenant.refusal("slot_taken", "The slot is not available any more")
    raise _failure(tenant, booking, "SlotNotAvailable")


def _form(tenant: Tenant, booking: Booking) -> str:
    return tenant.variants.booking_answer or booking.answer


def _failure(tenant: Tenant, booking: Booking, reason: str) -> Refused:
    """A 200 that carries a failure (vendor draft notes): `Failure{reason}` for links, `{type, details}` for Handoff."""
    failure = {"type": "Failure", booking.reason: reason}
    nested = _form(tenant, booking) == "nested"
    return Refused(json_answer({"scheduleMeetingResult": failure} if nested else failure))


def _success(form: str, meeting: Meeting) -> dict[str, Any]:
    """`meetingId` at top level (help article), in a Success variant or in `scheduleMeetingResult` (vendor drafts)."""
    if form == "plain":
        return {"meetingId": meeting.id}
    success = {"type": "Success", "meetingId": meeting.id}
    if form == "union":
        return success
    return {
        "meetingTypeId": meeting.meeting_type,
        "host": meeting.hosts[0],
        "selectedAssignees": list(meeting.hosts),
        "scheduleMeetingResult": success,
    }
