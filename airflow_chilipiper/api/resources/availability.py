"""Free slots without a session: nothing is opened, so it may be asked as often as one likes.

Source: schema MeetingStartTimesPagedRequest, published with 1.494.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from airflow_chilipiper.api.call import Call, Interval, instant
from airflow_chilipiper.api.errors import Invalid
from airflow_chilipiper.api.patterns.slots import Slot, start_time
from airflow_chilipiper.api.resources.pages import Page, every, results
from airflow_chilipiper.api.runtime import Runtime

PAGE_SIZE = 500  # the most that the service gives; its own default is 100
HOSTS = {"User": "userId", "AssigneeFromDistribution": "distributionId"}
ATTENDEES = {
    "ManuallyAssigned": ("userId",),
    "DistributionAssignee": ("distributionId",),
    "AssignedViaTeam": ("userId", "teamId"),
    "AdditionalAttendee": ("userId",),
}


async def available_slots(
    runtime: Runtime,
    *,
    host: str | Mapping[str, Any],
    attendees: Sequence[str | Mapping[str, Any]],
    meeting_type_id: str,
    interval: Interval,
    meeting_type_timestamp: datetime | None = None,
) -> list[Slot]:
    """The free slots of a host and attendees, in the order of the answer.

    None can be booked by itself, and so has no address: open a session and choose the slot with its start. Its
    `attendees` are who is free then; a flexible round robin chooses one of them at booking.

    *host* is a user's id, `{"type": "User", "userId": ...}` or `{"type": "AssigneeFromDistribution", "distributionId":
    ...}`. An attendee is a user's id (required to come), or one of the four published objects; `required` is true
    where it is not given. The meeting type's timestamp is demanded, but no answer of the service has it: now is the
    default. An empty list also stands for every reason why somebody cannot be booked: this call names none.
    """
    if not meeting_type_id:
        raise Invalid("meeting_type_id is empty: free slots depend on the meeting type")
    timestamp = meeting_type_timestamp or datetime.fromtimestamp(runtime.wall(), UTC)
    body = {
        "expectedHost": _host(host),
        "attendees": _attendees(attendees),
        "meetingTypeRef": {"id": meeting_type_id, "timestamp": instant(timestamp, "meeting_type_timestamp")},
        "interval": interval.body(),
    }
    return await every(lambda page: availability_slots(body, page), runtime, key=lambda slot: slot)


def availability_slots(body: Mapping[str, Any], page: int) -> Call[Page[Slot]]:
    """One page; a read in spite of PUT."""
    operation = "availability-slots-v2"
    return Call(
        operation=operation,
        permission="availability.read",
        method="PUT",
        path="/v1/org/availability/slots-v2",
        body={**body, "pagination": {"page": page, "pageSize": PAGE_SIZE}},
        read=lambda answer: results(answer, lambda row: Slot("", *start_time(row)), size=PAGE_SIZE, what=operation),
        repeatable=True,
    )


def _host(host: str | Mapping[str, Any]) -> dict[str, Any]:
    given = dict(host) if isinstance(host, Mapping) else {"type": "User", "userId": host}
    kind = given.get("type")
    if kind not in HOSTS or not given.get(HOSTS[kind]):
        raise Invalid(
            "host needs a user's id, or an object with type User and userId, or type "
            "AssigneeFromDistribution and distributionId"
        )
    return given


def _attendees(attendees: Sequence[str | Mapping[str, Any]]) -> list[dict[str, Any]]:
    if isinstance(attendees, (str, Mapping)) or not attendees:
        raise Invalid("attendees needs a list of at least one user's id or attendee object")
    return [_attendee(attendee) for attendee in attendees]


def _attendee(attendee: str | Mapping[str, Any]) -> dict[str, Any]:
    given = dict(attendee) if isinstance(attendee, Mapping) else {"type": "ManuallyAssigned", "userId": attendee}
    needed = ATTENDEES.get(given.get("type", ""))
    if needed is None:
        raise Invalid(f"an attendee's type is {given.get('type')!r}, expected one of {', '.join(ATTENDEES)}")
    if missing := [name for name in needed if not given.get(name)]:
        raise Invalid(f"an attendee of type {given['type']} has no {', '.join(missing)}")
    return {"required": True} | given
