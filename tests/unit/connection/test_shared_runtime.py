"""Sharing a Runtime, with connections and Runtimes made by hand: who opens, who closes, and what an edit changes."""

from __future__ import annotations

import asyncio
import gc
import random
import weakref
from contextlib import suppress
from typing import Any

import pytest

from tests.unit.connection.changing import ASKED, ChangingConnection, settle


def test_all_share_what_the_first_opens_and_the_last_closes() -> None:
    async def run() -> None:
        connection, leave = ChangingConnection(), asyncio.Event()
        visits = [asyncio.create_task(connection.visit(leave)) for _ in range(100)]
        await settle()
        assert (connection.reads, connection.are_open, connection.opened[0].acquired) == (1, [True], 100)
        visits[0].cancel()
        await settle()
        assert connection.are_open == [True]
        leave.set()
        assert set(await asyncio.gather(*visits[1:])) == {"first"}
        assert connection.are_open == [False]

    asyncio.run(run())


def test_another_connection_and_another_loop_have_their_own() -> None:
    async def run(connection: ChangingConnection) -> None:
        async with connection.enter("one") as one, connection.enter("other") as other, connection.enter("one") as same:
            assert one is same is not other

    connection = ChangingConnection()
    asyncio.run(run(connection))
    asyncio.run(run(connection))
    assert connection.are_open == [False] * 4


def test_who_enters_while_the_last_one_leaves_opens_another() -> None:
    """Closing takes its time, and nobody gets what is being closed."""

    async def run() -> None:
        connection = ChangingConnection()
        connection.closes.clear()
        in_flight = asyncio.create_task(connection.visit())
        await settle()
        assert connection.are_open == [False]
        async with connection.enter() as runtime:
            assert await runtime.ask(ASKED) == "first"
            assert connection.are_open == [False, True]
            connection.closes.set()
            await in_flight
            assert await runtime.ask(ASKED) == "first"

    asyncio.run(run())


def test_all_who_wait_get_the_error_and_the_next_tries_again() -> None:
    async def run() -> None:
        connection = ChangingConnection()
        connection.error = LookupError("no such connection")
        failed = await asyncio.gather(*(connection.visit() for _ in range(10)), return_exceptions=True)
        assert failed == [connection.error] * 10
        assert connection.reads == 1
        connection.error = None
        assert await connection.visit() == "first"
        assert connection.are_open == [False]

    asyncio.run(run())


def test_who_comes_after_the_error_tries_again_although_others_have_yet_to_leave() -> None:
    async def run() -> None:
        connection, late = ChangingConnection(), list[asyncio.Task[Any]]()
        connection.error = LookupError("no such connection")
        connection.answers.clear()
        first = asyncio.create_task(connection.visit())
        await settle()

        def come() -> None:
            assert not first.done()
            connection.error = None
            late.append(asyncio.create_task(connection.visit()))

        connection.answers.set()
        asyncio.get_running_loop().call_soon(come)  # right behind the reading, which fails then
        assert isinstance((await asyncio.gather(first, return_exceptions=True))[0], LookupError)
        assert await late[0] == "first"
        assert connection.reads == 2

    asyncio.run(run())


def test_who_is_cancelled_while_it_is_opened_takes_it_from_nobody() -> None:
    async def run() -> None:
        connection = ChangingConnection()
        connection.answers.clear()
        visits = [asyncio.create_task(connection.visit()) for _ in range(3)]
        await settle()
        visits[0].cancel()
        await settle()
        connection.answers.set()
        assert await asyncio.gather(*visits[1:]) == ["first", "first"]
        assert (connection.reads, connection.are_open) == (1, [False])

    asyncio.run(run())


def test_nothing_is_opened_for_those_who_are_gone() -> None:
    async def run() -> None:
        connection = ChangingConnection()
        connection.answers.clear()
        visits = [asyncio.create_task(connection.visit()) for _ in range(3)]
        await settle()
        for visit in visits:
            visit.cancel()
        await settle()
        connection.answers.set()
        await settle()
        assert connection.opened == []
        assert await connection.visit() == "first"
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(run())


@pytest.mark.parametrize("seed", range(5))
def test_whatever_comes_and_goes(seed: int) -> None:
    """No call finds its Runtime closed; what was opened is closed once all are gone, and there is one at a time."""
    draw = random.Random(seed)

    async def come_and_go(connection: ChangingConnection) -> None:
        for _ in range(draw.randrange(30)):
            await asyncio.sleep(0)
        async with connection.enter() as runtime:
            for _ in range(draw.randrange(5)):
                await asyncio.sleep(0)
                assert await runtime.ask(ASKED) == "first"
                assert connection.are_open.count(True) == 1

    async def run() -> None:
        connection = ChangingConnection()
        for _ in range(10):
            visits = [asyncio.create_task(come_and_go(connection)) for _ in range(draw.randrange(1, 50))]
            for _ in range(draw.randrange(40)):
                await asyncio.sleep(0)
            for visit in draw.sample(visits, len(visits) // 3):
                visit.cancel()
            for visit in visits:
                with suppress(asyncio.CancelledError):
                    await visit
        assert connection.opened
        assert not any(connection.are_open)

    asyncio.run(run())


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_nothing_outlives_a_loop_that_is_dropped() -> None:
    """Not even where flows were still inside."""

    async def stay(connection: ChangingConnection, entered: list[Any]) -> None:
        async with connection.enter() as runtime:
            entered.append(weakref.ref(runtime))
            await asyncio.sleep(3600)

    def drop() -> Any:
        loop, entered = asyncio.new_event_loop(), list[Any]()
        loop.set_exception_handler(lambda *_: None)  # it hears of the tasks that were dropped with it
        asyncio.set_event_loop(None)
        loop.create_task(stay(ChangingConnection(), entered))
        loop.run_until_complete(settle())
        return entered[0]

    runtime = drop()
    gc.collect()
    assert runtime() is None


def test_its_clocks_and_pauses_are_real() -> None:
    async def run() -> None:
        connection = ChangingConnection()
        connection.time = 7.0
        async with connection.enter() as runtime:
            await runtime.pause(0)
            assert (runtime.now(), runtime.wall() > 1_700_000_000) == (7.0, True)

    asyncio.run(run())
