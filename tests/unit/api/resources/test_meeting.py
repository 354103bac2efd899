"""The record of one meeting."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from airflow_chilipiper.api.call import Call
from airflow_chilipiper.api.errors import Unreadable
from airflow_chilipiper.api.resources.meeting import Meeting
from airflow_chilipiper.api.resources.meetings import meeting
from tests.drive import block
from tests.unit.api.handmade import Handmade


def get(body: Any) -> tuple[Meeting, Call[Any]]:
    runtime = Handmade(body)
    return block(meeting(runtime, "a/b c")), runtime.calls[0]


RECORD = {
    "id": "123e4567", "meetingStatus": "CANCELLED", "bookedAt": "2026-11-01T13:46:18Z", "attendees": [],
    "host": {"userId": "u1", "email": "host@acme.com"}, "guestEmail": "jo@example.com",
    "activities": [
        {"type": "HappensAt", "dateTime": {"start": "2026-11-03T09:30:00Z", "end": "2026-11-03T10:00:00Z"}},
        {"type": "HappensAt", "dateTime": {"start": "2026-11-04T09:30:00Z", "end": "2026-11-04T10:00:00Z"}},
        {"type": "ScheduledAt", "at": "2026-11-01T13:46:18Z"},
    ],
}  # fmt: skip


def test_a_record_has_other_names_than_a_row() -> None:
    found, call = get({"data": RECORD, "hasMore": "No", "hasMoreItems": False})
    assert (found.meeting_id, found.is_canceled, found.guest) == ("123e4567", True, "jo@example.com")
    assert (found.host_id, found.host_email, found.raw) == ("u1", "host@acme.com", RECORD)
    assert (found.start, found.end) == (datetime(2026, 11, 4, 9, 30, tzinfo=UTC), datetime(2026, 11, 4, 10, tzinfo=UTC))
    assert (call.operation, call.permission, call.method, call.path) == (
        "meeting-get", "meeting.read", "GET", "/v1/org/meetings/get/a%2Fb%20c",
    )  # fmt: skip


def test_a_record_without_envelope_is_read() -> None:
    assert get(RECORD)[0].meeting_id == "123e4567"


@pytest.mark.parametrize(
    "activities",
    [None, [], "x", [5], [{"type": "HappensAt"}], [{"HappensAt": {"start": "soon"}}],
     [{"type": "HappensAt", "start": 5}], [{"type": "HappensAt", "start": "2026-11-03T09:30:00"}]],
)  # fmt: skip
def test_times_that_cannot_be_read_in_a_record_are_unknown(activities: Any) -> None:
    found, _ = get({"data": RECORD | {"activities": activities}})
    assert (found.start, found.end) == (None, None)


@pytest.mark.parametrize(
    "activity",
    [{"HappensAt": {"start": "2026-11-03T09:30:00Z"}}, {"type": "HappensAt", "start": "2026-11-03T09:30:00Z"}],
)
def test_other_plain_spellings_of_a_records_time_are_read(activity: Any) -> None:
    found, _ = get({"data": RECORD | {"activities": [activity]}})
    assert (found.start, found.end) == (datetime(2026, 11, 3, 9, 30, tzinfo=UTC), None)


@pytest.mark.parametrize("body", [{}, {"data": None}, {"data": {"id": None}}, {"data": {"id": ""}}, [], "ok"])
def test_a_record_without_id_is_unreadable(body: Any) -> None:
    with pytest.raises(Unreadable, match="meeting-get"):
        get(body)
