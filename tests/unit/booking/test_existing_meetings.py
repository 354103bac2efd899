"""Guests who have a meeting already: one listing, by hash."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow_chilipiper.booking.existing_meetings import existing_meetings
from airflow_chilipiper.booking.ledger.lead_key import guest_digest
from tests.drive import block
from tests.unit.api.handmade import Handmade


def a_meeting(meeting_id: str, guest: str | None, start: str | None = "2026-11-03T09:30:00+01:00") -> dict[str, Any]:
    entry = {"meetingId": meeting_id, "dateTime": {"start": start}, "primaryGuest": {"value": guest}}
    return {name: value for name, value in entry.items() if name == "meetingId" or None not in value.values()}  # type: ignore[attr-defined]


def met(*entries: dict[str, Any]) -> tuple[dict[str, tuple[str | None, str | None]], Handmade]:
    runtime = Handmade({"data": {"list": list(entries)}, "hasMore": "No"})
    found = block(existing_meetings(runtime, timedelta(days=6)))
    assert {outcome.status for outcome in found.values()} <= {"already_booked"}
    return {guest: (outcome.meeting_id, outcome.start_time) for guest, outcome in found.items()}, runtime


def test_active_meetings_of_everybody_are_listed_once_from_now_on() -> None:
    found, runtime = met(a_meeting("m1", "Jo@Example.com"))
    assert found == {guest_digest("jo@example.com"): ("m1", "2026-11-03T08:30:00Z")}
    (call,) = runtime.calls
    span = {"start": "2026-11-02T00:00:00Z", "end": "2026-11-08T00:00:00Z"}
    assert call.body == {**span, "status": ["Active"], "page": 0, "pageSize": 50}


def test_of_a_guests_meetings_the_earliest_counts() -> None:
    found, _ = met(a_meeting("later", "jo@example.com", "2026-11-05T09:30:00Z"), a_meeting("earlier", "jo@example.com"))
    assert [meeting for meeting, _ in found.values()] == ["earlier"]


def test_a_meeting_that_tells_no_guest_counts_for_nobody_and_one_without_a_start_counts() -> None:
    found, _ = met(a_meeting("m1", None), a_meeting("m2", "jo@example.com", None))
    assert found == {guest_digest("jo@example.com"): ("m2", None)}
