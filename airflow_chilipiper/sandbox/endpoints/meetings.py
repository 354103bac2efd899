"""Finding and reading meetings. Row fields as seen in live answers, which the spec's description does not match."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from msgspec import Meta

from airflow_chilipiper.sandbox.http.call import Call
from airflow_chilipiper.sandbox.http.decoding import Email, Identifier, Instant, PageNumber, Shape, Uuid
from airflow_chilipiper.sandbox.http.endpoint import endpoint
from airflow_chilipiper.sandbox.state.sessions import Meeting
from airflow_chilipiper.sandbox.state.tenant import Tenant

_WEEK = 7 * 86_400
_Identifiers = Annotated[list[Identifier], Meta(min_length=1)]
_Statuses = Annotated[list[Literal["Active", "Canceled", "NoShow", "Completed"]], Meta(min_length=1)]


class ListRequest(Shape):
    start: Instant
    end: Instant
    workspace_ids: _Identifiers | None = None
    status: _Statuses | None = None
    assignee_ids: _Identifiers | None = None
    host_ids: _Identifiers | None = None
    guest_email: Email | None = None
    meeting_type_ids: Annotated[list[Uuid], Meta(min_length=1)] | None = None
    page: PageNumber | None = None
    page_size: Annotated[int, Meta(ge=1, le=200)] | None = None


@endpoint("PUT", "/v2/org/meetings/meetings", operation="meeting-list-put", permission="meeting.read")
def find(tenant: Tenant, call: Call, body: ListRequest) -> dict[str, Any]:
    """By scheduled start, start inclusive, end exclusive, at most 7 days (published spec 1.494)."""
    if not 0 <= body.end - body.start <= _WEEK:
        raise tenant.refusal("window_too_long", "The interval between start and end must be at most 7 days")
    meetings = [each for each in tenant.meetings(body.guest_email) if _fits(tenant, body, each)]
    meetings.sort(key=lambda each: (each.start, each.id))
    size = body.page_size or 10
    first = (body.page or 0) * size
    rows = [_row(tenant, each) for each in meetings[first : first + size]]
    return {"data": {"list": rows}, **write_more(tenant, len(meetings) > first + size)}


@endpoint("GET", "/v1/org/meetings/get/{meetingId}", operation="meeting-get", permission="meeting.read")
def get(tenant: Tenant, call: Call) -> dict[str, Any]:
    """meeting-get: same envelope, `id` instead of `meetingId`, the time inside `activities`."""
    meeting = tenant.meeting(call.ids["meetingId"])
    if meeting is None:
        raise tenant.refusal("not_found", f"No meeting {call.ids['meetingId']}")
    row = _row(tenant, meeting)
    times = row.pop("dateTime")
    activities = [{"type": "ScheduledAt", "at": row["bookedAt"]}, {"type": "HappensAt", "dateTime": times}]
    return {"data": {"id": row.pop("meetingId"), **row, "activities": activities}, **write_more(tenant, False)}


def _fits(tenant: Tenant, body: ListRequest, meeting: Meeting) -> bool:
    """Only meetings that the list has caught up with; its indexing delay is documented nowhere."""
    filters: tuple[tuple[Sequence[str] | None, Sequence[str]], ...] = (
        (body.workspace_ids, (meeting.workspace,)),
        (body.status, (meeting.status,)),
        (body.assignee_ids, meeting.hosts),
        (body.host_ids, meeting.hosts[:1]),
        (body.meeting_type_ids, (meeting.meeting_type,)),
    )
    return (
        body.start <= meeting.start < body.end
        and meeting.booked_at + tenant.list_lag_seconds <= tenant.now()
        and all(not wanted or set(wanted) & set(values) for wanted, values in filters)
    )


def write_more(tenant: Tenant, more: bool) -> dict[str, Any]:
    """`hasMoreItems` exists only since 1.321, the `hasMore` word always."""
    word: dict[str, Any] = {"hasMore": "Yes" if more else "No"}
    flag: dict[str, Any] = {"hasMoreItems": more}
    return {"both": {**word, **flag}, "string": word, "bool": flag}[tenant.variants.meeting_has_more]


def _row(tenant: Tenant, meeting: Meeting) -> dict[str, Any]:
    users = [tenant.catalogue.users[user] for user in meeting.hosts]
    status = tenant.variants.canceled if meeting.status == "Canceled" else meeting.status
    booker = tenant.catalogue.users.get(meeting.booker or "")
    optional: dict[str, Any] = {"bookerId": booker.id, "bookerEmail": booker.email} if booker else {}
    if tenant.variants.explicit_nulls:
        optional = {"bookerId": None, "bookerEmail": None, "sourceUrl": None, "sourceUrlParams": None} | optional
    return {
        "meetingId": meeting.id,
        "workspaceId": meeting.workspace,
        "meetingTypeId": meeting.meeting_type,
        "hostId": users[0].id,
        "hostEmail": users[0].email,
        "hostName": users[0].name,
        "dateTime": {"start": tenant.write(meeting.start), "end": tenant.write(meeting.start + meeting.minutes * 60)},
        "meetingStatus": status,
        "extendedMeetingStatus": status,
        "noShowStatus": "No",
        "bookedAt": tenant.write(meeting.booked_at),
        "primaryGuest": {"value": meeting.guest},
        "attendees": [{"userId": user.id, "email": user.email, "name": user.name} for user in users],
        **optional,
    }
