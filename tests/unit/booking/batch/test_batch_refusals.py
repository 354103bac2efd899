"""What is refused to one lead alone, and what stops the whole batch."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from airflow_chilipiper.api import errors
from airflow_chilipiper.api.pace.limiter import RateLimiter
from airflow_chilipiper.booking.batch.runtime import BatchRuntime
from airflow_chilipiper.booking.ledger.entry import LedgerFailed
from airflow_chilipiper.booking.ledger.memory import MemoryLedger
from tests.fake_chilipiper import FakeChiliPiper
from tests.unit.booking.batch.kept_batch import KeptBatch
from tests.unit.booking.batch.test_batch import LEADS, Counting, opener_of, refused, statuses


@pytest.mark.parametrize("kind", [errors.NotAllowed, errors.NotFound])
def test_what_no_other_lead_could_escape_stops_the_batch(kind: type[errors.Refused]) -> None:
    chili = FakeChiliPiper(opening={2: refused(kind, 403)})
    batch = KeptBatch(LEADS, opener_of(chili), at_once=1)
    batch.run()
    assert statuses(batch) == ["booked"] * 2 + ["not_attempted"] * 10
    assert isinstance(batch.stopped_by, kind)
    assert (batch.outcomes[2].reason, chili.openings) == ("why", 3)


def test_a_booking_that_is_not_allowed_stops_the_batch_and_leaves_the_lead_free() -> None:
    chili, ledger = FakeChiliPiper(booking={0: refused(errors.NotAllowed, 403)}), MemoryLedger()
    batch = KeptBatch(LEADS, opener_of(chili, ledger), at_once=1)
    batch.run()
    assert statuses(batch) == ["not_attempted"] * 12
    assert {entry.state for entry in ledger.get([lead.new_entry().key for lead in LEADS]).values()} == {"planned"}


def test_an_unknown_link_of_one_lead_among_many_targets_is_that_leads_own() -> None:
    batch = KeptBatch(
        LEADS, opener_of(FakeChiliPiper(opening={2: refused(errors.NotFound, 404)})), at_once=3, one_target=False
    )
    batch.run()
    assert statuses(batch) == ["booked"] * 2 + ["refused"] + ["booked"] * 9
    assert batch.stopped_by is None


@pytest.mark.parametrize(
    ("code", "message", "stops"),
    [
        ("LeadNotFound", "no lead has this id", False),
        ("OwnerNotFound", "", False),
        ("NotFound", "The contact does not exist", False),
        ("ConciergeRouterNotFound", "no such router for this lead", True),
        ("SchedulingLinkNotFound", "", True),
        ("NotFound", "", True),
        (None, "an HTML page", True),
    ],
)
def test_a_lead_that_is_unknown_is_refused_alone(code: str | None, message: str, stops: bool) -> None:
    """What all leads share stops the batch; so does what nobody knows."""
    unknown = errors.NotFound("why", status=404, code=code, message=message)
    batch = KeptBatch(LEADS, opener_of(FakeChiliPiper(opening={2: unknown})), at_once=1)
    batch.run()
    rest = ["not_attempted"] * 10 if stops else ["refused"] + ["booked"] * 9
    assert statuses(batch) == ["booked"] * 2 + rest


def test_a_ledger_that_is_away_stops_the_batch_before_anything_is_booked() -> None:
    chili = FakeChiliPiper()
    batch = KeptBatch(LEADS, opener_of(chili, Counting(lambda entry: entry.state == "sent")), at_once=3)
    batch.run()
    assert statuses(batch) == ["not_attempted"] * 12
    assert isinstance(batch.stopped_by, LedgerFailed)
    assert not chili.meetings


def test_a_meeting_that_could_not_be_recorded_is_unknown_and_reported() -> None:
    chili = FakeChiliPiper()
    batch = KeptBatch(LEADS[:1], opener_of(chili, Counting(lambda entry: entry.state == "booked")))
    batch.run()
    (outcome,) = batch.outcomes
    assert (outcome.status, outcome.meeting_id) == ("unknown", "meeting-1-of-lead0@example.com")
    assert "not on record" in outcome.reason


def test_a_runtime_that_does_not_open_is_raised_to_the_caller_and_nothing_was_attempted() -> None:
    @asynccontextmanager
    async def open_runtime() -> AsyncIterator[BatchRuntime]:
        if batch.outcomes:
            raise OSError("no network")
        yield BatchRuntime(FakeChiliPiper(), RateLimiter(None), MemoryLedger())

    batch = KeptBatch(LEADS, open_runtime)
    with pytest.raises(OSError, match="no network"):
        batch.run()
    assert statuses(batch) == ["not_attempted"] * 12
