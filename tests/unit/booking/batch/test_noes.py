"""Noes that have to be looked at cost nobody else time, and share their looks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from airflow_chilipiper.api import errors
from airflow_chilipiper.api.call import Call
from airflow_chilipiper.api.pace.limiter import RateLimiter
from airflow_chilipiper.booking.batch.runtime import BatchRuntime
from airflow_chilipiper.booking.batch.shared_flows import GATHERED_FOR
from airflow_chilipiper.booking.doubt.bounds import Bounds
from airflow_chilipiper.booking.lead import Lead
from airflow_chilipiper.booking.ledger.memory import MemoryLedger
from tests.fake_chilipiper import FakeChiliPiper, a_lead
from tests.unit.booking.batch.kept_batch import KeptBatch, Open

LAG = 30.0
UNKNOWN_NO = errors.Refused("409 Whatever", status=409, code="Whatever")
SLOT_TAKEN = errors.SlotGone("409 SlotTaken", status=409, code="SlotTaken")

Sleep = Callable[[float], Awaitable[None]]


class Counting(FakeChiliPiper):
    """Counts how often its meeting list, which is empty, was asked for."""

    def __init__(self, **facts: Any) -> None:
        super().__init__(listed=[], **facts)
        self.looks = 0

    async def ask(self, call: Call[Any], /) -> Any:
        self.looks += call.operation == "meeting-list-put"
        return await super().ask(call)


def opener_of(chili: FakeChiliPiper, sleep: Sleep, ledger: MemoryLedger) -> Open:
    @asynccontextmanager
    async def open_runtime() -> AsyncIterator[BatchRuntime]:
        yield BatchRuntime(chili, RateLimiter(None), ledger, sleep=sleep)

    return open_runtime


def leads(number: int) -> list[Lead]:
    return [a_lead(each, max_sessions=1, bounds=Bounds(list_lag=LAG)) for each in range(number)]


async def a_thousandth(seconds: float) -> None:
    await asyncio.sleep(seconds / 1000)


def test_whoever_is_looked_for_holds_no_place() -> None:
    """Three leads wait for the list, with room for two, until the other nine are booked."""
    all_booked, slept = asyncio.Event(), list[float]()

    class Chili(Counting):
        async def ask(self, call: Call[Any], /) -> Any:
            answer = await super().ask(call)
            if len(self.meetings) == 9:
                all_booked.set()
            return answer

    async def until_all_are_booked(seconds: float) -> None:
        slept.append(seconds)
        if seconds == LAG:
            await all_booked.wait()

    chili = Chili(booking=dict.fromkeys(range(3), UNKNOWN_NO))
    batch = KeptBatch(leads(12), opener_of(chili, until_all_are_booked, MemoryLedger()), at_once=2)
    batch.run()
    assert [outcome.status for outcome in batch.outcomes] == ["refused"] * 3 + ["booked"] * 9
    assert slept.count(LAG) == 3
    assert chili.looks == 1


def test_a_thousand_noes_share_their_looks() -> None:
    chili = Counting(booking=dict.fromkeys(range(1000), UNKNOWN_NO))
    batch = KeptBatch(leads(1000), opener_of(chili, a_thousandth, MemoryLedger()))
    batch.run()
    assert {outcome.status for outcome in batch.outcomes} == {"refused"}
    assert 1 <= chili.looks <= 1200


def test_a_slot_that_was_taken_is_looked_at_at_once() -> None:
    slept = list[float]()

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    chili = Counting(booking={0: SLOT_TAKEN})
    batch = KeptBatch(leads(1), opener_of(chili, sleep, MemoryLedger()))
    batch.run()
    assert slept == [0.0, GATHERED_FOR]
    assert chili.looks == 1


def test_what_was_stopped_before_it_was_looked_for_is_in_doubt() -> None:
    ledger, chili = MemoryLedger(), Counting(booking={0: UNKNOWN_NO})

    async def stop(seconds: float) -> None:
        batch.stop()
        await asyncio.sleep(60)

    batch = KeptBatch(leads(1), opener_of(chili, stop, ledger))
    batch.run()
    assert [outcome.status for outcome in batch.outcomes] == ["unknown"]
    assert [entry.state for entry in ledger.list()] == ["unknown"]
    assert chili.looks == 0


def test_until_it_was_looked_for_it_stays_sent() -> None:
    """A crash meanwhile is doubt."""
    ledger, seen = MemoryLedger(), list[str]()

    async def look_at_the_ledger(seconds: float) -> None:
        seen.extend(entry.state for entry in ledger.list())

    batch = KeptBatch(leads(1), opener_of(Counting(booking={0: UNKNOWN_NO}), look_at_the_ledger, ledger))
    batch.run()
    assert seen == ["sent", "sent"]
    assert [entry.state for entry in ledger.list()] == ["planned"]
