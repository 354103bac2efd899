"""The meetings among which evidence of a booking is looked for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from airflow_chilipiper.api.resources.meeting import Meeting
from airflow_chilipiper.api.resources.meetings import meetings
from airflow_chilipiper.api.runtime import Runtime
from airflow_chilipiper.booking.doubt.evidence import slot_start
from airflow_chilipiper.booking.ledger.entry import Entry

HORIZON = timedelta(days=60)  # how far after its slot a meeting may have been moved to and still be found
MINUTE = timedelta(minutes=1)


async def at_slot(entry: Entry, guests: Sequence[str], runtime: Runtime) -> list[Meeting]:
    """The meetings at the recorded slot, of any status: of *guests*, or of everybody if none are named."""
    start = slot_start(entry)
    return await _listed(start, start + MINUTE, guests, runtime) if start else []


async def since_sending(
    entries: Iterable[Entry], guests: Sequence[str], runtime: Runtime, *, skew: float
) -> list[Meeting]:
    """The meetings from the first call on until the booking horizon, for what was moved to another time."""
    entries = list(entries)
    sent = [moment(entry.sent_at or 0.0) for entry in entries]
    slots = [start for start in map(slot_start, entries) if start]
    return await _listed(min(sent) - timedelta(seconds=skew), max([*sent, *slots]) + HORIZON, guests, runtime)


async def _listed(start: datetime, end: datetime, guests: Sequence[str], runtime: Runtime) -> list[Meeting]:
    found: dict[str, Meeting] = {}
    for guest in guests or (None,):
        listed = await meetings(runtime, start=start, end=end, guest=guest)
        found |= {meeting.meeting_id: meeting for meeting in listed}
    return list(found.values())


def moment(seconds: float) -> datetime:
    """A time on record, as one to ask for."""
    return datetime.fromtimestamp(seconds, UTC)
