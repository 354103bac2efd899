"""A meeting, as its list row or its own record has it.

Source: the vendor's notes of 2026-05-29, checked against live answers. A row has `meetingId`, `dateTime` and
`primaryGuest.value`; a record has `id`, and its times in `activities`, whose inner shape is not written down.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, Field

from airflow_chilipiper.api.errors import Unreadable
from airflow_chilipiper.api.http.payload import Payload, read
from airflow_chilipiper.api.patterns.answers import ids, is_id, record, text
from airflow_chilipiper.api.resources.pages import PAGE_SIZE, Page, says_more
from airflow_chilipiper.api.spelling import email


def _printable(meeting_id: str) -> str:
    if not is_id(meeting_id):
        raise ValueError("no id")
    return meeting_id


class Meeting(Payload):
    """One meeting. What an answer does not have is None; `raw` is the answer itself, which the vendor may change.

    `source_url` is the page that the guest booked from.
    """

    meeting_id: Annotated[str, Field(min_length=1), AfterValidator(_printable)]
    start: AwareDatetime | None = None
    end: AwareDatetime | None = None
    status: str = ""
    booked_at: AwareDatetime | None = None
    guest: str | None = Field(default=None, repr=False)
    host_id: str | None = None
    host_email: str | None = Field(default=None, repr=False)
    host_name: str | None = Field(default=None, repr=False)
    booker_id: str | None = None
    assignees: tuple[str, ...] = ()
    workspace_id: str | None = None
    meeting_type_id: str | None = None
    url: str | None = None
    source_url: str | None = Field(default=None, repr=False)
    raw: dict[str, Any] = Field(default_factory=dict, repr=False)

    @property
    def is_canceled(self) -> bool:
        """The vendor spells it Canceled, CANCELLED and Cancelled."""
        return self.status.casefold().startswith("cancel")

    def may_be_of(self, guest: str | None) -> bool:
        """False only where the answer names another guest."""
        return not guest or not self.guest or email(self.guest) == email(guest)


def listed(body: Any) -> Page[Meeting]:
    """`{data: {list: []}, hasMore: "Yes"|"No", hasMoreItems?: bool}`.

    Only an empty `list` in its place, and no other beside it, is believed: what is taken for no meeting frees a lead to
    be booked again.
    """
    answer = record(body, "meeting-list-put")
    data = record(answer.get("data"), "meeting-list-put: data")
    found = data.get("list")
    if not isinstance(found, list):
        raise Unreadable("meeting-list-put: the answer's data has no list")
    if not found and any(isinstance(each, list) and each for each in (*data.values(), *answer.values())):
        raise Unreadable("meeting-list-put: the list is empty, and another may have meetings")
    return Page(items=[_meeting(row, "meeting-list-put") for row in found], size=PAGE_SIZE, more=says_more(answer))


def recorded(body: Any) -> Meeting:
    """The record, under `data` where the envelope is there."""
    answer = record(body, "meeting-get")
    return _meeting(answer.get("data", answer), "meeting-get")


def _meeting(body: Any, what: str) -> Meeting:
    row = record(body, what)
    start, end = _span(row)
    found = {
        "meetingId": row.get("meetingId") or row.get("id"),
        "start": start,
        "end": end,
        "status": row.get("meetingStatus") or row.get("status"),
        "guest": text(row.get("primaryGuest"), "value", "email") or text(row.get("guestEmail")),
        "hostId": row.get("hostId") or text(row.get("host"), "userId", "id"),
        "hostEmail": row.get("hostEmail") or text(row.get("host"), "email"),
        "hostName": row.get("hostName") or text(row.get("host"), "name"),
        "assignees": ids(row.get("assigneeIds") or row.get("assignees")),
        "url": text(row.get("meetingUrl")) or text(row.get("url")),
        "sourceUrl": text(row.get("sourceUrl")),
        "raw": dict(row),
    }
    return read(Meeting, {**row, **found}, what)


def _span(row: Mapping[str, Any]) -> tuple[Any, Any]:
    """Start and end: `dateTime` in a row. In a record, the last HappensAt of its activities, where readable."""
    span = row.get("dateTime")
    if isinstance(span, Mapping):
        return span.get("start"), span.get("end")
    return next(_happenings(row.get("activities")), (None, None))


def _happenings(activities: Any) -> Iterator[tuple[datetime, datetime | None]]:
    for activity in reversed(activities) if isinstance(activities, list) else ():
        if isinstance(activity, Mapping) and "HappensAt" in (*activity, activity.get("type")):
            for place in (activity, *activity.values()):
                if isinstance(place, Mapping) and (start := _moment(place.get("start"))):
                    yield start, _moment(place.get("end"))


def _moment(value: Any) -> datetime | None:
    try:
        found = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return found if found.tzinfo else None
