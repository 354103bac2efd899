"""The two real Worlds: one blocks; one waits, and can be stopped."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any

import pytest

from airflow_chilipiper.api.pace.limiter import AwaitingTurns, BlockingTurns
from airflow_chilipiper.api.pace.rate import Rate
from airflow_chilipiper.api.runtime import block
from airflow_chilipiper.booking.batch.admission import LEAST_IN_LINE
from airflow_chilipiper.booking.batch.runtime import BatchWorld, SingleWorld, Stopping
from airflow_chilipiper.booking.book import book
from airflow_chilipiper.booking.ledger.entry import MeetingTaken, Overtaken, Row, new_mark
from airflow_chilipiper.booking.ledger.memory import MemoryLedger
from tests.unit.booking.batch.office import AtOnce, Office, a_lead


def a_row(key: str = "a") -> Row:
    return Row(key=key, purpose="spring", mark=new_mark())


def test_one_lead_is_booked_without_a_loop() -> None:
    office, ledger = Office(yields=False), MemoryLedger()
    world = SingleWorld(AtOnce(office), BlockingTurns(None), ledger)
    outcomes = [block(book(a_lead(1), world)) for _ in range(2)]
    assert [outcome.status for outcome in outcomes] == ["booked", "already_booked"]
    assert office.meetings == {"lead1@example.com": 1}


def test_a_blocking_mark_raises_what_the_ledger_answers() -> None:
    ledger = MemoryLedger()
    world = SingleWorld(AtOnce(Office()), BlockingTurns(None), ledger)
    first, second = (block(world.begin(a_row(key))) for key in "ab")
    block(world.mark(first.to("booked", meeting_id="m")))
    with pytest.raises(Overtaken):
        block(world.mark(first.to("sent")))
    with pytest.raises(MeetingTaken):
        block(world.mark(second.to("booked", meeting_id="m")))


def waiting_world() -> BatchWorld:
    """A world in which turns and pauses never end by themselves."""

    async def for_ever(seconds: float) -> None:
        await asyncio.Event().wait()

    turns = AwaitingTurns(Rate(0.001), later=lambda seconds, call: None)
    return BatchWorld(Office(), turns, MemoryLedger(), sleep=for_ever)


async def outcome_of(flow: Coroutine[Any, Any, Any]) -> object:
    try:
        return await flow
    except Exception as error:  # noqa: BLE001  # the tests look at it
        return error


def test_who_waits_when_the_world_stops_gets_stopping_and_is_no_cancelled_task() -> None:
    async def flow() -> list[Any]:
        world = waiting_world()
        await world.turn()
        waits = [world.turn(), world.turn(urgent=True), world.pause(1)]
        tasks = [asyncio.create_task(outcome_of(wait)) for wait in waits]
        await asyncio.sleep(0)
        world.stop()
        world.stop()
        return [(type(await task), task.cancelling()) for task in tasks]

    assert asyncio.run(flow()) == [(Stopping, 0)] * 3


def test_in_a_stopped_world_nobody_gets_a_turn_that_is_free_and_nothing_else_is_cancelled() -> None:
    async def flow() -> list[Any]:
        world = BatchWorld(Office(), AwaitingTurns(None), MemoryLedger())
        world.stop()
        told = [type(await outcome_of(wait)) for wait in (world.turn(), world.pause(0))]
        return [*told, (await world.begin(a_row())).state]

    assert asyncio.run(flow()) == [Stopping, Stopping, "planned"]


def test_a_cancellation_from_elsewhere_stays_one() -> None:
    async def flow() -> None:
        world = waiting_world()
        await world.turn()
        task = asyncio.create_task(outcome_of(world.turn()))
        await asyncio.sleep(0)
        task.cancel()
        await task

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(flow())


class Counting(MemoryLedger):
    """Notes how many rows each transaction begins."""

    def __init__(self) -> None:
        super().__init__()
        self.begun = list[int]()

    def begin(self, rows: Sequence[Row], /) -> Sequence[Row]:
        self.begun.append(len(rows))
        return super().begin(rows)


def test_leads_that_are_to_come_are_begun_in_one_transaction_and_each_row_is_used_once() -> None:
    """Whoever begins a second time is told what is on record by then."""
    ledger, rows = Counting(), [a_row(key) for key in "abc"]

    async def flow() -> list[Row]:
        world = BatchWorld(Office(), AwaitingTurns(None), ledger)
        await world.begin_all(rows)
        begun = [await world.begin(a_row(row.key)) for row in rows]
        await world.mark(begun[0].to("booked", meeting_id="m"))
        return [*begun, await world.begin(a_row("a"))]

    *begun, again = asyncio.run(flow())
    assert begun == rows
    assert again.state == "booked"
    assert ledger.begun == [3, 1]


def test_a_lead_that_was_not_foreseen_is_begun_by_itself() -> None:
    ledger = MemoryLedger()

    async def flow() -> Row:
        return await BatchWorld(Office(), AwaitingTurns(None), ledger).begin(a_row())

    row = asyncio.run(flow())
    assert ledger.look(["a"]) == {"a": row}


def test_a_row_that_another_run_has_changed_since_it_was_foreseen_cannot_be_marked() -> None:
    ledger = MemoryLedger()

    async def flow() -> object:
        world = BatchWorld(Office(), AwaitingTurns(None), ledger)
        await world.begin_all([a_row()])
        ledger.mark([row.to("booked", meeting_id="theirs") for row in ledger.begin([a_row()])])
        return await outcome_of(world.mark((await world.begin(a_row())).to("sent")))

    assert isinstance(asyncio.run(flow()), Overtaken)
    assert ledger.look(["a"])["a"].meeting_id == "theirs"


def test_whoever_had_a_turn_is_in_line_no_more() -> None:
    """So those who pause, or look for a lost meeting, hold up nobody's beginning."""

    async def flow() -> None:
        world = waiting_world()

        async def lead() -> None:
            await outcome_of(world.turn())
            await outcome_of(world.pause(1))

        async with asyncio.TaskGroup() as tasks:
            for _ in range(LEAST_IN_LINE + 1):  # of whom the first has its turn at once, and then pauses
                await world.starting.room(lambda: True)
                world.starting.start(lead(), tasks)
            world.stop()

    asyncio.run(asyncio.wait_for(flow(), 10))
