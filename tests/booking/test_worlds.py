"""The two real Worlds: one blocks; one waits, and can be stopped."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from airflow_chilipiper.api.turns import AwaitingTurns, BlockingTurns
from airflow_chilipiper.api.world import block
from airflow_chilipiper.booking.book import book
from airflow_chilipiper.booking.ledger import MeetingTaken, MemoryLedger, Overtaken, Row, new_mark
from airflow_chilipiper.booking.worlds import BatchWorld, SingleWorld, Stopping
from tests.booking.office import AtOnce, Office, a_lead


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

    return BatchWorld(Office(), AwaitingTurns(0.001, sleep=for_ever), MemoryLedger(), sleep=for_ever)


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
