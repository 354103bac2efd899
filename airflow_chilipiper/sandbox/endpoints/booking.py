"""Spending a session: the one rule that all three booking calls share.

A session is single-use and short-lived and the start must be handed back as it was offered (help article on
programmatic scheduling). Which status and code each failure has is published nowhere; see Variants.codes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from airflow_chilipiper.sandbox.http.answers import Refused, json_answer
from airflow_chilipiper.sandbox.state.calendar import Slot
from airflow_chilipiper.sandbox.http.call import Call
from airflow_chilipiper.sandbox.state.sessions import Meeting, Pattern, Place, Session
from airflow_chilipiper.sandbox.state.tenant import Tenant

Check = Callable[[Session], None]


def spend(
    tenant: Tenant,
    call: Call,
    *,
    pattern: Pattern,
    start: str,
    place: Place = ("", ""),
    guest: str | None = None,
    check: Check = lambda session: None,
    details: dict[str, Any] | None = None,
) -> Meeting:
    """The meeting that this call books; whatever else happens, the session cannot be used again."""
    session = _reach(tenant, call.ids["sessionId"], pattern)
    offered, session.offered, session.spent = session.offered, {}, True
    if place not in offered:
        raise tenant.refusal("not_found", "The session has no such router and path")
    if start not in offered[place]:
        raise tenant.refusal("start_not_offered", "The start time is not one that this session offered")
    check(session)
    hosts = _take(tenant, call, pattern, offered[place][start])
    meeting = Meeting(
        tenant.new_id("meeting"),
        session.id,
        pattern,
        guest or session.guest or "",
        session.workspace,
        session.meeting_types[place],
        offered[place][start].start,
        tenant.catalogue.meeting_types[session.meeting_types[place]].minutes,
        hosts,
        tenant.now(),
        session.booker,
        details=details or {},
    )
    tenant.add_meeting(meeting, delay=call.quirks.commit_delay)
    return meeting


def _reach(tenant: Tenant, session_id: str, pattern: Pattern) -> Session:
    session = tenant.sessions.get(session_id)
    if session is None or session.pattern != pattern:
        raise tenant.refusal("session_unknown", "No such routing session")
    if session.spent:
        raise tenant.refusal("session_spent", "This routing session has been used")
    if tenant.now() >= session.expires_at:
        session.spent, session.offered = True, {}
        raise tenant.refusal("session_expired", "This routing session has expired")
    return session


def _take(tenant: Tenant, call: Call, pattern: Pattern, slot: Slot) -> tuple[str, ...]:
    if call.quirks.fail_with:
        raise Refused(json_answer(write_failure(tenant, pattern, call.quirks.fail_with)))
    if call.quirks.steal_slot:
        tenant.calendar.fill(slot)
    hosts = tenant.calendar.take(slot)
    if hosts:
        return hosts
    if tenant.variants.failures_as == "errorCode":
        raise tenant.refusal("slot_taken", "The slot is not available any more")
    raise Refused(json_answer(write_failure(tenant, pattern, "SlotNotAvailable")))


def _shape(tenant: Tenant, pattern: Pattern) -> str:
    return tenant.variants.booking_answer or ("nested" if pattern == "handoff" else "plain")


def write_failure(tenant: Tenant, pattern: Pattern, reason: str) -> dict[str, Any]:
    """A 200 that carries a failure (vendor draft notes): `Failure{reason}` for links, `{type, details}` for Handoff."""
    failure = {"type": "Failure", "details" if pattern == "handoff" else "reason": reason}
    return {"scheduleMeetingResult": failure} if _shape(tenant, pattern) == "nested" else failure


def write_success(tenant: Tenant, meeting: Meeting) -> dict[str, Any]:
    """`meetingId` at top level (help article), in a Success variant or in `scheduleMeetingResult` (vendor drafts)."""
    shape = _shape(tenant, meeting.pattern)
    if shape == "plain":
        return {"meetingId": meeting.id}
    success = {"type": "Success", "meetingId": meeting.id}
    if shape == "union":
        return success
    return {
        "meetingTypeId": meeting.meeting_type,
        "host": meeting.hosts[0],
        "selectedAssignees": list(meeting.hosts),
        "scheduleMeetingResult": success,
    }
