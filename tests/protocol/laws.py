"""The invariants I1 to I10 of the booking protocol, each a function of what is on record; it answers what is broken.

Whoever proves or tests something supplies the record. Laws of what counts as evidence are in `by_hand.laws`, and the
one of who may change an entry is in `model.ledger`: only there is it known what a flow was shown, and who acted.
"""

from __future__ import annotations

from asyncio import CancelledError
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from airflow_chilipiper.api import errors
from airflow_chilipiper.booking.batch.runtime import Stopping
from airflow_chilipiper.booking.ledger.entry import Entry, LedgerFailed, State
from airflow_chilipiper.booking.outcome import STATUSES, Outcome
from tests.protocol.choices import Broken

IN_DOUBT: tuple[State, ...] = ("sent", "unknown", "review")
WITH_MEETING = ("booked", "already_booked")
OWNS_THE_DOUBT = (*WITH_MEETING, "unknown", "review")
ENDS_A_RUN = (errors.NotAllowed, errors.NotFound, LedgerFailed, Stopping)


class BookingCall(NamedTuple):
    """One that is about to leave, and the entry that its sender has on record as `sent` for it."""

    sender: str
    session: str
    slot: str
    sent: Entry | None
    repeatable: bool = False


@dataclass
class Record:
    """One lead: its meetings that were truly made, and its entry as it was each time, of which the last is now.

    `allowed` is how many meetings it may have: more than one only where people have answered for that. `outcome` or
    `error` is how its last run ended, and `has_doubt` whether a call of that run may have come to a meeting.
    """

    meetings: Collection[str] = ()
    allowed: float = 1
    entries: Sequence[Entry] = ()
    calls: list[BookingCall] = field(default_factory=list)
    outcome: Outcome | None = None
    error: BaseException | None = None
    has_doubt: bool = False


def law(kept: bool, text: str) -> None:
    if not kept:
        raise Broken(text)


def keeps(broken: str) -> None:
    law(not broken, broken)


def one_meeting(record: Record) -> str:
    made = len(record.meetings)
    return f"I1: {made} meetings for one lead" if made > record.allowed else ""


def one_call_an_attempt(record: Record) -> str:
    *earlier, last = record.calls
    if last.repeatable:
        return "I2: a booking that says it may be repeated"
    return "I2: two booking calls in one attempt" if last.sent in [each.sent for each in earlier] else ""


def sent_on_record_before(record: Record) -> str:
    call = record.calls[-1]
    if call.sent is None:
        return "I3: a booking call without a durable `sent` of its own"
    if (call.sent.sender, call.sent.session) != (call.sender, call.session):
        return "I3: the entry names another sender or session"
    is_said = call.sent.slot == call.slot and call.sent.sent_at is not None
    return "" if is_said else "I3: the entry does not say what was sent when"


def sent_only_when_free(before: Entry, *, is_due_again: bool = False) -> str:
    return "" if before.state == "planned" or is_due_again else f"I4: sent on an entry that is {before.state}"


def one_entry_a_meeting(entries: Iterable[Entry]) -> str:
    counts = Counter(entry.meeting_id for entry in entries if entry.state == "booked")
    most = max(counts.values(), default=0)
    return f"I5: one meeting id stands in {most} entries" if most > 1 else ""


def booked_with_what_was_made(entries: Iterable[Entry], made: Collection[str]) -> str:
    strange = {entry.meeting_id for entry in entries if entry.state == "booked"} - {*made}
    return f"I5: booked with {strange}, which never was" if strange else ""


def nobody_free_with_a_meeting(record: Record) -> str:
    is_free = not record.entries or record.entries[-1].state == "planned"
    return "I5: a meeting, and the lead is free" if is_free and record.meetings and record.allowed == 1 else ""


def one_true_outcome(record: Record) -> str:
    if record.outcome is None:
        return _ended_by(record.error, has_doubt=record.has_doubt)
    status, meeting = record.outcome.status, record.outcome.meeting_id
    if status not in STATUSES:
        return f"I6: no such outcome: {status}"
    if record.has_doubt and status not in OWNS_THE_DOUBT:
        return f"I6: a call in doubt ends as {status}"
    known = [(entry.state, entry.meeting_id) for entry in record.entries]
    is_known = status not in WITH_MEETING or ("booked", meeting) in known
    return "" if is_known else "I6: the outcome is not what is on record"


def _ended_by(error: BaseException | None, *, has_doubt: bool) -> str:
    """What ends more than one lead may be raised, by a run that has nothing in doubt; a cancelled run says nothing."""
    if isinstance(error, CancelledError):
        return ""
    if not isinstance(error, ENDS_A_RUN):
        return f"I6: {error!r} instead of an outcome"
    return "I6: a call in doubt, and no outcome that says so" if has_doubt else ""


def spent_once(record: Record) -> str:
    *earlier, last = record.calls
    return "I7: a session is spent twice" if last.session in [each.session for each in earlier] else ""


def left_alone(entry: Entry, *, is_due_again: bool = False) -> str:
    """Why nobody may be asked about a lead that stands so when a run begins, nor its entry be changed."""
    if entry.state == "booked" and not is_due_again:
        return "I8: a lead that is booked"
    return "I9: a lead that was given up" if entry.state == "abandoned" else ""


def preview_only(before: object, after: object, entry: Entry | None, status: str) -> str:
    if before != after:
        return "I10: a preview that does something"
    is_free = entry is None or entry.state == "planned"
    return "" if (status == "would_book") is is_free else f"I10: the preview is {status}"


OF_A_CALL = (sent_on_record_before, one_call_an_attempt, spent_once)
