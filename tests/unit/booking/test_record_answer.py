"""What is told where a booking was answered, and the ledger does not take it."""

from __future__ import annotations

import pytest

from airflow_chilipiper.api.runtime import block
from airflow_chilipiper.booking.ledger.entry import LedgerFailed, MeetingTaken, Row
from airflow_chilipiper.booking.record_answer import record


class Refusing:
    """A world whose ledger answers a meeting with an error."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def wall(self) -> float:
        return 0.0

    async def mark(self, row: Row, /) -> Row:
        if row.meeting_id:
            raise self._error
        return row


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (MeetingTaken("m"), "meeting m is on record for another lead"),
        (LedgerFailed("away"), "not on record (away)"),
    ],
)
@pytest.mark.parametrize(("reason", "after"), [("", ""), ("502", "; 502")])
def test_the_reason_is_told_with_what_was_known_before(error: Exception, told: str, reason: str, after: str) -> None:
    sent = Row(key="k", purpose="spring", mark="m", state="sent")
    row = block(record(sent, "booked", Refusing(error), meeting="m", reason=reason))  # type: ignore[arg-type]
    assert (row.state, row.reason) == ("unknown", told + after)
