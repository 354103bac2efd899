"""What a person does with an entry of the ledger. Each answers the entry before and after.

A person brings what no reconciliation can find out, and is held to the same guards: updates are compared, a meeting
stands in one entry, and nobody is set free while a booking call of ours could still have an effect.
"""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime

from airflow_chilipiper.api.spelling import trimmed
from airflow_chilipiper.booking.ledger.entry import Conflict, Entry, LedgerFailed, MeetingTaken
from airflow_chilipiper.booking.ledger.store import Ledger

SHORTEST_BEGINNING = 8
DAY = 86_400.0
BeforeAndAfter = tuple[Entry, Entry]

RECONCILE_FIRST = (
    "let the reconciliation run first, by a retry of its task or ReconcileBookingsOperator;"
    " it finds the meeting, or leaves the entry in review"
)
INSTEAD = {
    "planned": "nothing about it is in doubt, and the next run books the lead",
    "sent": RECONCILE_FIRST,
    "unknown": RECONCILE_FIRST,
    "booked": "only to release it sets the lead free again",
    "abandoned": "that is final within this purpose",
}


class NotResolved(Exception):
    """What a person asked for was not done, and the entry is as it was: the message says why, and what to do."""


def find(ledger: Ledger, beginning: str) -> Entry:
    """The one entry whose key is this, or begins so with at least 8 characters."""
    if not re.fullmatch(rf"[0-9a-f]{{{SHORTEST_BEGINNING},64}}", beginning):
        raise NotResolved(
            f"an entry's key is 64 hexadecimal digits, of which the first {SHORTEST_BEGINNING} or more are needed;"
            " to name the lead by its own key, give its purpose too"
        )
    after = ledger.list(after_key=beginning, limit=2)
    fitting = [*ledger.get([beginning]).values(), *(entry for entry in after if entry.key.startswith(beginning))]
    if not fitting:
        raise NotResolved("no entry has a key that begins so")
    if len(fitting) > 1:
        raise NotResolved("several entries have keys that begin so: give more of the key")
    return fitting[0]


def release(ledger: Ledger, key: str, *, wall: float) -> BeforeAndAfter:
    """Let a booked lead be booked again; besides `rebook_after` nothing else does. Its meeting stays, and counts no
    more, in results tables either.
    """
    entry = _on_record(ledger, key)
    if entry.state != "booked":
        raise NotResolved(f"the entry is {entry.state}, and only a booked one can be released")
    reason = _person(f"released it from meeting {entry.meeting_id}", wall)
    return entry, _update(ledger, entry.to_released(reason))


def booked(ledger: Ledger, key: str, meeting_id: str, *, wall: float) -> BeforeAndAfter:
    """A person has found the meeting."""
    entry, meeting_id = _on_record(ledger, key), trimmed(meeting_id)
    if not meeting_id:
        raise NotResolved("the meeting's id is empty")
    if entry.state == "booked" and entry.meeting_id == meeting_id:
        return entry, entry
    if entry.state == "booked":
        raise NotResolved(
            f"the entry is booked with meeting {entry.meeting_id}, and stays so; if {meeting_id} exists too, the lead"
            " was invited twice: cancel one of them in Chili Piper"
        )
    if entry.state == "abandoned":
        raise NotResolved(f"the entry is abandoned: {INSTEAD['abandoned']}")
    change = entry.to_booked(meeting_id, at=wall, reason=_person("said booked", wall))
    return entry, _update(ledger, change)


def not_booked(ledger: Ledger, key: str, *, wall: float) -> BeforeAndAfter:
    """A person has looked, and there is no meeting: the lead may be booked."""
    entry = _in_review(ledger, key)
    no_effect_after = (entry.sent_at or 0.0) + DAY if entry.no_effect_after is None else entry.no_effect_after
    if wall <= no_effect_after:
        raise NotResolved(
            f"it is too early: until {utc(math.ceil(no_effect_after))} a delayed booking could still appear;"
            " look again after that, and say so then"
        )
    return entry, _update(ledger, entry.to_freed(_person("said not booked", wall)))


def abandon(ledger: Ledger, key: str, *, wall: float) -> BeforeAndAfter:
    """A person gives the lead up, whether it was booked or not."""
    entry = _in_review(ledger, key)
    return entry, _update(ledger, entry.to_abandoned(_person("abandoned it", wall)))


def utc(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _on_record(ledger: Ledger, key: str) -> Entry:
    entry = ledger.get([key]).get(key)
    if entry is None:
        raise NotResolved("there is no entry for this lead and purpose")
    return entry


def _in_review(ledger: Ledger, key: str) -> Entry:
    entry = _on_record(ledger, key)
    if entry.state != "review":
        raise NotResolved(
            f"the entry is {entry.state}, and only one in review is for a person to judge: {INSTEAD[entry.state]}"
        )
    return entry


def _person(did: str, wall: float) -> str:
    return f"a person {did}, {utc(wall)[:16]}Z"


def _update(ledger: Ledger, change: Entry) -> Entry:
    try:
        (answer,) = ledger.update([change])
    except LedgerFailed as away:
        answer = away
    if isinstance(answer, Conflict):
        raise NotResolved(f"the entry was changed meanwhile, to {answer.entry.state}; look again")
    if isinstance(answer, MeetingTaken):
        raise NotResolved(f"meeting {change.meeting_id} is on record for another lead")
    if isinstance(answer, LedgerFailed):
        raise LedgerFailed(f"{answer}; whether the change is on record is not known: look again") from answer
    return answer
