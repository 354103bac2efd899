"""What the meeting list says about a booking call whose answer settled nothing."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from airflow_chilipiper.api.errors import Refused, ServerBroken, SessionGone
from airflow_chilipiper.api.meeting import Meeting
from airflow_chilipiper.api.meetings import meetings
from airflow_chilipiper.api.models import Slot
from airflow_chilipiper.api.world import World
from airflow_chilipiper.booking.ledger import Row

SKEW = 300.0


def is_worth_a_look(doubt: Exception) -> bool:
    """A 4xx in Chili Piper's own envelope that speaks neither of a used session nor of a meeting already made.

    The codes of a taken slot are not published. Without that envelope the no may come from something in between.
    """
    if not isinstance(doubt, Refused) or isinstance(doubt, (SessionGone, ServerBroken)):
        return False
    return doubt.code is not None and 400 <= doubt.status < 500


def is_certain(meeting: Meeting, slot: Slot) -> bool:
    """Whether a meeting that may be ours says itself that it is: for this guest, at this time."""
    return bool(meeting.guest) and meeting.start == slot.start


async def look_for_meetings(guests: Iterable[str], slot: Slot, sent: Row, world: World) -> list[Meeting]:
    """The meetings of *guests* at *slot* that were booked since *sent* was marked, whatever became of them.

    A cancelled meeting was booked too. Clocks may differ by five minutes. A meeting that does not say when it
    starts or was booked may be ours.
    """
    since, end = (sent.sent_at or 0.0) - SKEW, slot.start + timedelta(minutes=1)
    found: dict[str, Meeting] = {}
    for guest in guests:
        listed = await meetings(world, start=slot.start, end=end, guest=guest)
        found |= {meeting.meeting_id: meeting for meeting in listed}
    return [
        meeting
        for meeting in found.values()
        if meeting.start in (None, slot.start) and (meeting.booked_at is None or meeting.booked_at.timestamp() >= since)
    ]
