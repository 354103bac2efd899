"""What a list of meetings, or one entry of a log, says about a booking call that is on record."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from math import floor

from airflow_chilipiper.api.resources.meeting import Meeting
from airflow_chilipiper.booking.ledger.entry import Entry
from airflow_chilipiper.booking.ledger.lead_key import canonical_guest_digest, guest_digest


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """One of four: a meeting that is certainly ours; a doubt that only a person can settle; proof that none was made
    and none will be; or, with nothing set, no evidence.
    """

    meeting_id: str | None = None
    ambiguous: str = ""
    proven_absent: bool = False

    @property
    def is_none(self) -> bool:
        return self == NONE


NONE = Evidence()


def evidence_in(meetings: Iterable[Meeting], entry: Entry, *, skew: float) -> Evidence:
    """Which of *meetings* came of the call that *entry* records, whatever became of it: a cancelled one was booked too.

    One that is of our guest and at our slot is ours. What does not show its guest or start may be ours, and so may one
    of our guest at another time, since meetings are moved. None of these was booked before the call, by clocks that may
    differ by *skew*. But at our slot whatever is not certainly somebody else's may be ours: a list may spell our guest
    otherwise, and tell another time of booking. Those that the entry was released from never are.
    """
    since, start = floor((entry.sent_at or 0.0) - skew), slot_start(entry)  # the list has whole seconds
    others = [each for each in meetings if not entry.is_released_from(each.meeting_id)]
    recent = [each for each in others if each.booked_at is None or each.booked_at.timestamp() >= since]
    here = [each for each in recent if each.start in (None, start) and _is_of(each, entry) is not False]
    if len(here) == 1 and _is_of(here[0], entry) and here[0].start is not None:
        return Evidence(meeting_id=here[0].meeting_id)
    here = [each for each in others if start and each.start == start] + [each for each in recent if each.start is None]
    here = [each for each in here if _may_be_of(each, entry)]
    if fitting := here or [each for each in recent if _is_of(each, entry)]:
        listed = ", ".join(each.meeting_id for each in fitting[:5])
        return Evidence(
            ambiguous=f"{len(fitting)} meetings may be it: {listed}" if fitting[1:] else f"{listed} may be it"
        )
    return NONE


def slot_start(entry: Entry) -> datetime | None:
    """The recorded slot as a time. It was read as one before it was recorded."""
    return datetime.fromisoformat(entry.slot) if entry.slot else None


def guests_on_record(entry: Entry) -> frozenset[str]:
    """Hashes of everybody whom the call may have invited."""
    return frozenset({entry.guest, entry.invited} - {""})


def _may_be_of(meeting: Meeting, entry: Entry) -> bool:
    """Whether the meeting's guest is ours in whatever spelling, or cannot be told from ours."""
    if _is_of(meeting, entry) is not False or not entry.guest_canonical:
        return True
    return canonical_guest_digest(meeting.guest) in (entry.guest_canonical, "")


def _is_of(meeting: Meeting, entry: Entry) -> bool | None:
    """Whether the meeting is of a guest on record; None if either side names no guest."""
    guests = guests_on_record(entry)
    return guest_digest(meeting.guest) in guests if meeting.guest and guests else None
