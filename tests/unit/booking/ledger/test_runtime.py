"""A record whose commit was not answered is undone by the process that waited for it, since nothing was sent."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from airflow_chilipiper.api.pace.limiter import RateLimiter
from airflow_chilipiper.booking.book import book, book_alone, open_session
from airflow_chilipiper.booking.ledger.entry import Entry, LedgerFailed
from airflow_chilipiper.booking.ledger.memory import MemoryLedger
from airflow_chilipiper.booking.ledger.runtime import UNDOES_FOR, RecordingRuntime
from airflow_chilipiper.booking.ledger.store import Answer
from tests.entries import changed
from tests.fake_chilipiper import FakeChiliPiper, a_lead
from tests.unit.booking.batch.kept_batch import KeptBatch
from tests.unit.booking.batch.test_batch import opener_of


class Silent(MemoryLedger):
    """From the first `sent` on it does not answer updates, *times* over; those that it `takes` are on record."""

    def __init__(self, times: int, *, takes: bool) -> None:
        super().__init__()
        self.left, self._takes, self._began = times, takes, False

    def update(self, entries: Sequence[Entry], /) -> Sequence[Answer]:
        self._began = self._began or any(entry.state == "sent" for entry in entries)
        if not self._began or self.left <= 0:
            return super().update(entries)
        self.left -= 1
        if self._takes:
            super().update([entry for entry in entries if entry.state == "sent"])
        raise LedgerFailed("not answered")


class Time:
    """A clock that moves in a pause."""

    def __init__(self, chili: FakeChiliPiper) -> None:
        self.now = 0.0
        chili.clock = lambda: self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds


def state_of(ledger: MemoryLedger, number: int = 1) -> str:
    key = a_lead(number).new_entry().key
    return ledger.get([key])[key].state


def run(ledger: MemoryLedger, before_the_end: Any = bool) -> tuple[FakeChiliPiper, Time]:
    chili = FakeChiliPiper()
    time = Time(chili)

    async def flow() -> None:
        runtime = RecordingRuntime(chili, RateLimiter(None), ledger, sleep=time.sleep)
        try:
            await book(a_lead(1), runtime)
        finally:
            before_the_end()
            await runtime.undo_unsent()

    with pytest.raises(LedgerFailed, match="not answered"):
        asyncio.run(flow())
    return chili, time


@pytest.mark.parametrize("takes", [True, False])
@pytest.mark.parametrize("times", [1, 2, 9])
def test_it_is_undone_once_the_ledger_answers_again(times: int, takes: bool) -> None:
    """Whether it was on record or not."""
    ledger = Silent(times, takes=takes)
    chili, _ = run(ledger)
    assert state_of(ledger) == "planned"
    assert not chili.bookings


def test_it_stays_in_doubt_where_the_ledger_does_not_come_back_in_time() -> None:
    ledger = Silent(1000, takes=True)
    _, time = run(ledger)
    assert state_of(ledger) == "sent"
    assert UNDOES_FOR <= time.now < UNDOES_FOR + 1


def test_what_another_has_made_of_it_meanwhile_stays() -> None:
    ledger = Silent(1, takes=True)
    key = a_lead(1).new_entry().key

    def another() -> None:
        free = changed(ledger.get([key])[key], "planned")
        MemoryLedger.update(ledger, [free])
        MemoryLedger.update(ledger, [changed(free, "sent", sender="another")])

    run(ledger, another)
    assert ledger.get([key])[key].sender == "another"
    assert state_of(ledger) == "sent"


def test_a_batch_undoes_all_of_its_group() -> None:
    ledger, chili = Silent(1, takes=True), FakeChiliPiper()
    batch = KeptBatch([a_lead(number) for number in range(9)], opener_of(chili, ledger), at_once=9)
    batch.run()
    assert {outcome.status for outcome in batch.outcomes} <= {"not_attempted", "booked"}
    assert {state_of(ledger, number) for number in range(9)} <= {"planned", "booked"}
    assert "planned" in {state_of(ledger, number) for number in range(9)}


def test_one_that_is_booked_alone_too() -> None:
    ledger, chili = Silent(1, takes=True), FakeChiliPiper()

    async def flow() -> None:
        runtime = RecordingRuntime(chili, RateLimiter(None), ledger)
        session = await open_session(a_lead(1), runtime)
        await book_alone(a_lead(1), runtime, session)

    with pytest.raises(LedgerFailed):
        asyncio.run(flow())
    assert state_of(ledger) == "planned"


def test_a_call_that_has_left_is_never_undone() -> None:
    """Its answer could not be recorded: that is a doubt, whatever the answer was."""

    class AwayAfterwards(MemoryLedger):
        answers = True

        def update(self, entries: Sequence[Entry], /) -> Sequence[Answer]:
            if not self.answers:
                self.answers = True
                raise LedgerFailed("not answered")
            self.answers = not any(entry.state == "sent" for entry in entries)
            return super().update(entries)

    ledger, chili = AwayAfterwards(), FakeChiliPiper()

    async def flow() -> str:
        runtime = RecordingRuntime(chili, RateLimiter(None), ledger)
        outcome = await book(a_lead(1), runtime)
        await runtime.undo_unsent()
        return outcome.status

    assert asyncio.run(flow()) == "unknown"
    assert state_of(ledger) == "sent"
