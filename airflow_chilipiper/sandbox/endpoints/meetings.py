"""Finding and reading meetings. Row fields as seen in live answers, which the spec's description does not match."""

from __future__ import annotations

from typing import Any

from airflow_chilipiper.sandbox.http.call import Call
from airflow_chilipiper.sandbox.http.decoding import array, email, identifier, instant, number, one_of, record, uuid
from airflow_chilipiper.sandbox.state.sessions import Meeting
from airflow_chilipiper.sandbox.state.tenant import Tenant

_WEEK = 7 * 86_400
_ASKED = record(
    {"start": instant, "end": instant},
    workspaceIds=array(identifier, least=1),
    status=array(one_of("Active", "Canceled", "NoShow", "Completed"), least=1),
    assigneeIds=array(identifier, least=1),
    hostIds=array(identifier, least=1),
    guestEmail=email,
    meetingTypeIds=array(uuid, least=1),
    page=number(0),
    pageSize=number(1, 200),
)


def find(tenant: Tenant, call: Call) -> dict[str, Any]:
    """meeting-list-put: by scheduled start, start inclusive, end exclusive, at most 7 days (published spec 1.494)."""
    asked = call.read(_ASKED)
    if not 0 <= asked["end"] - asked["start"] <= _WEEK:
        raise tenant.refusal("window_too_long", "The interval between start and end must be at most 7 days")
    meetings = [each for each in tenant.meetings(asked.get("guestEmail")) if _fits(tenant, asked, each)]
    meetings.sort(key=lambda each: (each.start, each.id))
    size = asked.get("pageSize", 10)
    first = asked.get("page", 0) * size
    rows = [_row(tenant, each) for each in meetings[first : first + size]]
    return {"data": {"list": rows}, **write_more(tenant, len(meetings) > first + size)}


def get(tenant: Tenant, call: Call) -> dict[str, Any]:
    """meeting-get: same envelope, `id` instead of `meetingId`, the time inside `activities`."""
    meeting = tenant.meeting(call.ids["meetingId"])
    if meeting is None:
        raise tenant.refusal("not_found", f"No meeting {call.ids['meetingId']}")
    row = _row(tenant, meeting)
    times = row.pop("dateTime")
    activities = [{"type": "ScheduledAt", "at": row["bookedAt"]}, {"type": "HappensAt", "dateTime": times}]
    return {"data": {"id": row.pop("meetingId"), **row, "activities": activities}, **write_more(tenant, False)}


def _fits(tenant: Tenant, asked: dict[str, Any], meeting: Meeting) -> bool:
    """Only meetings that the list has caught up with; its indexing delay is documented nowhere."""
    wanted = (
        ("workspaceIds", (meeting.workspace,)),
        ("status", (meeting.status,)),
        ("assigneeIds", meeting.hosts),
        ("hostIds", meeting.hosts[:1]),
        ("meetingTypeIds", (meeting.meeting_type,)),
    )
    return (
        asked["start"] <= meeting.start < asked["end"]
        and meeting.booked_at + tenant.list_lag_seconds <= tenant.now()
        and all(not asked.get(name) or set(asked[name]) & set(values) for name, values in wanted)
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
