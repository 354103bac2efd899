"""What is reported where a booking was answered, and the ledger does not take it."""

from __future__ import annotations

import pytest

from airflow_chilipiper.booking.ledger.entry import Entry, LedgerFailed, MeetingTaken
from airflow_chilipiper.booking.record_answer import record
from tests.drive import block


class Refusing:
    """A runtime whose ledger answers a meeting with an error."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def wall(self) -> float:
        return 0.0

    async def update(self, entry: Entry, /) -> Entry:
        if entry.meeting_id:
            raise self._error
        return entry


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (MeetingTaken("m"), "meeting m is on record for another lead"),
        (LedgerFailed("away"), "not on record (away)"),
    ],
)
@pytest.mark.parametrize(("reason", "after"), [("", ""), ("502", "; 502")])
def test_the_reason_is_kept_with_what_was_known_before(error: Exception, message: str, reason: str, after: str) -> None:
    sent = Entry(key="k", purpose="spring", version="m", state="sent")
    found = sent.to_booked("m", at=0.0, reason=reason)
    entry = block(record(found, sent, Refusing(error)))  # type: ignore[arg-type]
    assert (entry.state, entry.reason) == ("unknown", message + after)
