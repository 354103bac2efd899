"""The runtimes with a ledger: for a single booking, and for a batch, which can be stopped."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from dataclasses import replace
from typing import Any

import pytest

from airflow_chilipiper.api.pace.limiter import RateLimiter
from airflow_chilipiper.api.pace.rate import Rate
from airflow_chilipiper.booking.batch.admission import LEAST_IN_LINE
from airflow_chilipiper.booking.batch.runtime import BatchRuntime, Stopping
from airflow_chilipiper.booking.book import book
from airflow_chilipiper.booking.ledger.entry import Conflict, Entry, MeetingTaken, new_version
from airflow_chilipiper.booking.ledger.memory import MemoryLedger
from airflow_chilipiper.booking.ledger.runtime import RecordingRuntime
from airflow_chilipiper.booking.outcome import Outcome
from tests.entries import changed
from tests.fake_chilipiper import FakeChiliPiper, a_lead


def an_entry(key: str = "a") -> Entry:
    return Entry(key=key, purpose="spring", version=new_version())


def test_what_a_commit_answers_is_raised_to_the_flow_that_asked_for_it() -> None:
    async def flow() -> list[object]:
        runtime = RecordingRuntime(FakeChiliPiper(), RateLimiter(None), MemoryLedger())
        first, second = [await runtime.get_or_create(an_entry(key)) for key in "ab"]
        await runtime.update(changed(first, "booked", meeting_id="m"))
        wrong = (changed(first, "sent"), changed(second, "booked", meeting_id="m"))
        return [type(await outcome_of(runtime.update(change))) for change in wrong]

    assert asyncio.run(flow()) == [Conflict, MeetingTaken]


def test_one_lead_is_booked_by_itself_and_once() -> None:
    chili, ledger = FakeChiliPiper(), MemoryLedger()

    async def flow() -> Outcome:
        return await book(a_lead(1), RecordingRuntime(chili, RateLimiter(None), ledger))

    assert [asyncio.run(flow()).status for _ in range(2)] == ["booked", "already_booked"]
    assert chili.meetings == {"lead1@example.com": 1}


def waiting_runtime() -> BatchRuntime:
    """A runtime in which no wait for a place in the pace and no pause ends by itself."""

    async def for_ever(seconds: float) -> None:
        await asyncio.Event().wait()

    limiter = RateLimiter(Rate(0.001), later=lambda seconds, call: None)
    return BatchRuntime(FakeChiliPiper(), limiter, MemoryLedger(), sleep=for_ever)


async def outcome_of(flow: Coroutine[Any, Any, Any]) -> object:
    try:
        return await flow
    except Exception as error:  # noqa: BLE001  # the tests look at it
        return error


def test_who_waits_when_the_runtime_stops_gets_stopping_and_is_no_cancelled_task() -> None:
    async def flow() -> list[Any]:
        runtime = waiting_runtime()
        await runtime.acquire()
        waits = [runtime.acquire(), runtime.acquire(priority=True), runtime.pause(1)]
        tasks = [asyncio.create_task(outcome_of(wait)) for wait in waits]
        await asyncio.sleep(0)
        runtime.stop()
        runtime.stop()
        return [(type(await task), task.cancelling()) for task in tasks]

    assert asyncio.run(flow()) == [(Stopping, 0)] * 3


def test_in_a_stopped_runtime_nobody_gets_a_place_that_is_free_and_nothing_else_is_cancelled() -> None:
    async def flow() -> list[Any]:
        runtime = BatchRuntime(FakeChiliPiper(), RateLimiter(None), MemoryLedger())
        runtime.stop()
        answers = [type(await outcome_of(wait)) for wait in (runtime.acquire(), runtime.pause(0))]
        return [*answers, (await runtime.get_or_create(an_entry())).state]

    assert asyncio.run(flow()) == [Stopping, Stopping, "planned"]


def test_a_cancellation_from_elsewhere_stays_one() -> None:
    async def flow() -> None:
        runtime = waiting_runtime()
        await runtime.acquire()
        task = asyncio.create_task(outcome_of(runtime.acquire()))
        await asyncio.sleep(0)
        task.cancel()
        await task

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(flow())


class Counting(MemoryLedger):
    """Notes how many entries each transaction creates."""

    def __init__(self) -> None:
        super().__init__()
        self.begun = list[int]()

    def get_or_create(self, entries: Sequence[Entry], /) -> Sequence[Entry]:
        self.begun.append(len(entries))
        return super().get_or_create(entries)


def test_leads_that_are_to_come_are_created_in_one_transaction_and_each_entry_is_used_once() -> None:
    """Whoever asks a second time gets what is on record by then."""
    ledger, leads = Counting(), [a_lead(number) for number in range(3)]
    entries = [lead.new_entry() for lead in leads]

    async def flow() -> list[Entry]:
        runtime = BatchRuntime(FakeChiliPiper(), RateLimiter(None), ledger)
        await runtime.prepare(leads)
        begun = [await runtime.get_or_create(replace(entry, version="another")) for entry in entries]
        await runtime.update(changed(begun[0], "booked", meeting_id="m"))
        return [*begun, await runtime.get_or_create(entries[0])]

    *begun, again = asyncio.run(flow())
    assert begun == entries
    assert again.state == "booked"
    assert ledger.begun == [3, 1]


def test_a_lead_that_was_not_foreseen_is_created_by_itself() -> None:
    ledger = MemoryLedger()

    async def flow() -> Entry:
        return await BatchRuntime(FakeChiliPiper(), RateLimiter(None), ledger).get_or_create(an_entry())

    entry = asyncio.run(flow())
    assert ledger.get(["a"]) == {"a": entry}


def test_an_entry_that_another_run_has_changed_since_it_was_foreseen_cannot_be_updated() -> None:
    ledger, entry = MemoryLedger(), a_lead(1).new_entry()

    async def flow() -> object:
        runtime = BatchRuntime(FakeChiliPiper(), RateLimiter(None), ledger)
        await runtime.prepare([a_lead(1)])
        ledger.update([changed(found, "booked", meeting_id="theirs") for found in ledger.get_or_create([entry])])
        return await outcome_of(runtime.update(changed(await runtime.get_or_create(entry), "sent")))

    assert isinstance(asyncio.run(flow()), Conflict)
    assert ledger.get([entry.key])[entry.key].meeting_id == "theirs"


def test_whoever_had_its_place_is_in_line_no_more() -> None:
    """So those who pause, or look for a lost meeting, hold up nobody's beginning."""

    async def flow() -> None:
        runtime = waiting_runtime()

        async def lead() -> None:
            await outcome_of(runtime.acquire())
            await outcome_of(runtime.pause(1))

        async with asyncio.TaskGroup() as tasks:
            for _ in range(LEAST_IN_LINE + 1):  # of whom the first has its turn at once, and then pauses
                await runtime.admission.wait(at_most=9)
                runtime.admission.start(lead(), tasks)
            runtime.stop()

    asyncio.run(asyncio.wait_for(flow(), 10))
