"""Guests who have a meeting already, whoever booked it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from airflow_chilipiper.api.call import instant
from airflow_chilipiper.api.resources.meetings import meetings
from airflow_chilipiper.api.runtime import Runtime
from airflow_chilipiper.booking.ledger.lead_key import guest_digest
from airflow_chilipiper.booking.outcome import Outcome, Status


async def existing_meetings(runtime: Runtime, window: timedelta) -> dict[str, Outcome]:
    """By the hash of each guest with an active meeting from now on within *window*: what becomes of a lead of theirs.

    One listing of all meetings, not one call a lead. The earliest meeting counts.
    """
    now = datetime.fromtimestamp(runtime.wall(), UTC)
    listed = await meetings(runtime, start=now, end=now + window, statuses=("Active",))
    return {
        guest_digest(meeting.guest): Outcome(
            status=Status.ALREADY_BOOKED,
            reason="the guest has an active meeting within existing_meeting_window",
            meeting_id=meeting.meeting_id,
            start_time=instant(meeting.start, "start") if meeting.start else None,
        )
        for meeting in sorted(listed, key=lambda each: each.start or now, reverse=True)
        if meeting.guest
    }
