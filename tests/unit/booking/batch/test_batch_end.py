"""The end of a batch of many leads: what is added to an outcome, and who holds up whom."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from threading import Barrier, Event, Thread
from typing import Any

import pytest

from airflow_chilipiper.api.pace.limiter import RateLimiter
from airflow_chilipiper.booking.batch.admission import IN_LINE_FOR, LEAST_IN_LINE
from airflow_chilipiper.booking.batch.batch import Batch
from airflow_chilipiper.booking.batch.runtime import BatchRuntime
from airflow_chilipiper.booking.lead import Lead
from airflow_chilipiper.booking.ledger.entry import Entry
from airflow_chilipiper.booking.ledger.memory import MemoryLedger
from airflow_chilipiper.booking.outcome import Outcome
from tests.entries import changed
from tests.fake_chilipiper import START, FakeChiliPiper, a_lead
from tests.unit.booking.batch.kept_batch import KeptBatch
from tests.unit.booking.batch.test_batch import LEADS, Clock, all_loops_end, opener_of, statuses


async def with_host(outcome: Outcome, runtime: BatchRuntime) -> Outcome:
    return replace(outcome, host="u-1")


def test_what_is_added_to_an_outcome_is_reported_with_it() -> None:
    batch = KeptBatch(LEADS, opener_of(FakeChiliPiper()), finish=with_host)
    batch.run()
    assert {(outcome.status, outcome.host) for outcome in batch.outcomes} == {("booked", "u-1")}


def booked_earlier(*leads: Lead) -> MemoryLedger:
    ledger = MemoryLedger()
    for entry in ledger.get_or_create([lead.new_entry() for lead in leads]):
        ledger.update([changed(entry, "booked", meeting_id=f"earlier-{entry.key}", booked_at=0.0)])
    return ledger


def test_something_is_added_to_the_outcome_of_whoever_was_booked_before() -> None:
    batch = KeptBatch(LEADS[:2], opener_of(FakeChiliPiper(), booked_earlier(LEADS[1])), finish=with_host)
    batch.run()
    assert [(outcome.status, outcome.host) for outcome in batch.outcomes] == [
        ("booked", "u-1"),
        ("already_booked", "u-1"),
    ]


def test_whoever_was_booked_before_waits_for_nobody() -> None:
    """One lead is under way, which is as many as may be, and its answer comes after the outcomes of the others."""
    chili, reported = FakeChiliPiper(held=(0,)), list[int]()

    def report(number: int, outcome: Outcome) -> None:
        reported.append(number)
        if len(reported) == 3:
            chili.go.set()

    Batch(enumerate(LEADS[:4]), opener_of(chili, booked_earlier(*LEADS[1:4])), on_outcome=report, at_once=1).run()
    assert reported == [1, 2, 3, 0]


def test_whoever_is_due_again_is_booked_again() -> None:
    leads = [a_lead(number, rebook_after=timedelta(days=9)) for number in range(2)]
    batch = KeptBatch(leads, opener_of(FakeChiliPiper(), booked_earlier(*leads)))
    batch.run()
    assert statuses(batch) == ["booked", "booked"]


def test_where_nothing_can_be_added_the_outcome_is_reported_as_it_is_and_the_others_go_on() -> None:
    async def stumbles(outcome: Outcome, runtime: BatchRuntime) -> Outcome:
        if "lead3@" in str(outcome.meeting_id):
            raise ZeroDivisionError
        return await with_host(outcome, runtime)

    batch = KeptBatch(LEADS, opener_of(FakeChiliPiper()), finish=stumbles, at_once=3)
    batch.run()
    assert statuses(batch) == ["booked"] * 12
    assert [number for number, outcome in enumerate(batch.outcomes) if not outcome.host] == [3]


def test_who_is_stopped_while_something_is_added_is_reported_as_booked() -> None:
    """Whether the adding waits for its turn, or for an answer that does not come."""
    adding = Barrier(3)

    async def waits(outcome: Outcome, runtime: BatchRuntime) -> Outcome:
        await asyncio.to_thread(adding.wait, 10)
        if "lead0@" in str(outcome.meeting_id):
            await runtime.pause(600)
        await asyncio.to_thread(go.wait, 10)
        return outcome

    go = Event()
    batch = KeptBatch(LEADS[:2], opener_of(FakeChiliPiper()), finish=waits, drain=0.01)
    running = Thread(target=batch.run)
    running.start()
    adding.wait(10)
    batch.stop()
    running.join(10)
    assert statuses(batch) == ["booked", "booked"]
    go.set()
    all_loops_end()
    assert statuses(batch) == ["booked", "booked"]


@pytest.mark.parametrize("rate", [3.0, 40.0, 500.0])
def test_no_session_waits_behind_others_that_were_opened_too_early(rate: float) -> None:
    """However slow the pace, at most two leads wait for their first turn."""
    leads, in_line = [a_lead(number) for number in range(60)], list[int]()

    class Watched(BatchRuntime):
        async def ask(self, call: Any, /) -> Any:
            in_line.append(self.limiter.waiting)
            return await super().ask(call)

    @asynccontextmanager
    async def open_runtime() -> AsyncIterator[BatchRuntime]:
        yield Watched(FakeChiliPiper(), Clock().limiter(rate), MemoryLedger())

    batch = KeptBatch(leads, open_runtime)
    batch.run()
    assert statuses(batch) == ["booked"] * 60
    assert 1 <= max(in_line) <= max(LEAST_IN_LINE, rate * IN_LINE_FOR)


def test_no_more_leads_are_under_way_than_are_allowed() -> None:
    under_way = list[int]()

    class Watched(BatchRuntime):
        begun = 0

        async def get_or_create(self, entry: Entry, /) -> Entry:
            self.begun += 1
            under_way.append(self.begun - sum(map(len, batch.reported.values())))
            return await super().get_or_create(entry)

    @asynccontextmanager
    async def open_runtime() -> AsyncIterator[BatchRuntime]:
        yield Watched(FakeChiliPiper(), RateLimiter(None), MemoryLedger())

    batch = KeptBatch([a_lead(number) for number in range(40)], open_runtime, at_once=5)
    batch.run()
    assert statuses(batch) == ["booked"] * 40
    assert max(under_way) == 5


def test_leads_that_are_looked_for_again_and_again_hold_up_nobody() -> None:
    """They pause for as long as the list may lag; the others are begun beside them."""
    ledger, reported, reasons = MemoryLedger(), list[int](), set[str]()
    for entry in ledger.get_or_create([lead.new_entry() for lead in LEADS[:8]]):
        ledger.update([sent := changed(entry, "sent", slot=START, sent_at=time.time())])
        ledger.update([changed(sent, "unknown")])

    async def for_ever(seconds: float) -> None:
        await asyncio.Event().wait()

    @asynccontextmanager
    async def open_runtime() -> AsyncIterator[BatchRuntime]:
        yield BatchRuntime(FakeChiliPiper(listed=()), Clock().limiter(40.0), ledger, sleep=for_ever)

    def report(number: int, outcome: Outcome) -> None:
        reported.append(number)
        reasons.add(outcome.reason)
        if len(reported) == 4:
            batch.stop()

    batch = Batch(enumerate(LEADS), open_runtime, on_outcome=report)
    batch.run()
    assert reported[:4] == [8, 9, 10, 11]
    assert sorted(reported) == list(range(12))
    missing = "the answer to a booking call is missing; the meeting list could not be asked: the task is being stopped"
    assert reasons == {"", missing}
