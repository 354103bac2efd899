"""What a person does with a row of the ledger. Each answers the row before and after.

A person brings what no reconciliation can find out, and is held to the same guards: marks are compared, a meeting
stands in one row, and nobody is set free while a booking call of ours could still have an effect.
"""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime

from airflow_chilipiper.api.spelling import trimmed
from airflow_chilipiper.booking.ledger.entry import LedgerFailed, MeetingTaken, Overtaken, Row
from airflow_chilipiper.booking.ledger.store import Ledger

SHORTEST_BEGINNING = 8
DAY = 86_400.0
BeforeAndAfter = tuple[Row, Row]

RECONCILE_FIRST = (
    "let the reconciliation run first, by a retry of its task or ReconcileBookingsOperator;"
    " it finds the meeting, or leaves the row in review"
)
INSTEAD = {
    "planned": "nothing about it is in doubt, and the next run books the lead",
    "sent": RECONCILE_FIRST,
    "unknown": RECONCILE_FIRST,
    "booked": "only to release it sets the lead free again",
    "abandoned": "that is final within this purpose",
}


class NotResolved(Exception):
    """What a person asked for was not done, and the row is as it was: the message says why, and what to do."""


def find(ledger: Ledger, beginning: str) -> Row:
    """The one row whose key is this, or begins so with at least 8 characters."""
    if not re.fullmatch(rf"[0-9a-f]{{{SHORTEST_BEGINNING},64}}", beginning):
        raise NotResolved(
            f"a row's key is 64 hexadecimal digits, of which the first {SHORTEST_BEGINNING} or more are needed;"
            " to name the lead by its own key, give its purpose too"
        )
    after = ledger.list(after_key=beginning, limit=2)
    fitting = [*ledger.look([beginning]).values(), *(row for row in after if row.key.startswith(beginning))]
    if not fitting:
        raise NotResolved("no row has a key that begins so")
    if len(fitting) > 1:
        raise NotResolved("several rows have keys that begin so: give more of the key")
    return fitting[0]


def release(ledger: Ledger, key: str, *, wall: float) -> BeforeAndAfter:
    """Let a booked lead be booked again; besides `rebook_after` nothing else does."""
    row = _on_record(ledger, key)
    if row.state != "booked":
        raise NotResolved(f"the row is {row.state}, and only a booked one can be released")
    reason = _person(f"released it from meeting {row.meeting_id}", wall)
    change = row.to("planned", meeting_id=None, booked_at=None, released=row.meeting_id, reason=reason)
    return row, _mark(ledger, change)


def booked(ledger: Ledger, key: str, meeting_id: str, *, wall: float) -> BeforeAndAfter:
    """A person has found the meeting."""
    row, meeting_id = _on_record(ledger, key), trimmed(meeting_id)
    if not meeting_id:
        raise NotResolved("the meeting's id is empty")
    if row.state == "booked" and row.meeting_id == meeting_id:
        return row, row
    if row.state == "booked":
        raise NotResolved(
            f"the row is booked with meeting {row.meeting_id}, and stays so; if {meeting_id} exists too, the lead was"
            " invited twice: cancel one of them in Chili Piper"
        )
    if row.state == "abandoned":
        raise NotResolved(f"the row is abandoned: {INSTEAD['abandoned']}")
    change = row.to("booked", meeting_id=meeting_id, booked_at=wall, reason=_person("said booked", wall))
    return row, _mark(ledger, change)


def not_booked(ledger: Ledger, key: str, *, wall: float) -> BeforeAndAfter:
    """A person has looked, and there is no meeting: the lead may be booked."""
    row = _in_review(ledger, key)
    count_from = (row.sent_at or 0.0) + DAY if row.count_from is None else row.count_from
    if wall <= count_from:
        raise NotResolved(
            f"it is too early: until {utc(math.ceil(count_from))} a delayed booking could still appear;"
            " look again after that, and say so then"
        )
    return row, _mark(ledger, row.to("planned", reason=_person("said not booked", wall)))


def abandon(ledger: Ledger, key: str, *, wall: float) -> BeforeAndAfter:
    """A person gives the lead up, whether it was booked or not."""
    row = _in_review(ledger, key)
    return row, _mark(ledger, row.to("abandoned", reason=_person("abandoned it", wall)))


def utc(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _on_record(ledger: Ledger, key: str) -> Row:
    row = ledger.look([key]).get(key)
    if row is None:
        raise NotResolved("there is no row for this lead and purpose")
    return row


def _in_review(ledger: Ledger, key: str) -> Row:
    row = _on_record(ledger, key)
    if row.state != "review":
        raise NotResolved(
            f"the row is {row.state}, and only one in review is for a person to judge: {INSTEAD[row.state]}"
        )
    return row


def _person(did: str, wall: float) -> str:
    return f"a person {did}, {utc(wall)[:16]}Z"


def _mark(ledger: Ledger, change: Row) -> Row:
    try:
        (answer,) = ledger.mark([change])
    except LedgerFailed as away:
        answer = away
    if isinstance(answer, Overtaken):
        raise NotResolved(f"the row was changed meanwhile, to {answer.row.state}; look again")
    if isinstance(answer, MeetingTaken):
        raise NotResolved(f"meeting {change.meeting_id} is on record for another lead")
    if isinstance(answer, LedgerFailed):
        raise LedgerFailed(f"{answer}; whether the change is on record is not known: look again") from answer
    return answer
