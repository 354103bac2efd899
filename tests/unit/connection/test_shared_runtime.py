"""Sharing a Runtime, with connections and Runtimes made by hand: who opens, who closes, and what an edit changes."""

from __future__ import annotations

import asyncio
import gc
import logging
import random
import weakref
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import replace
from typing import Any

import pytest

from airflow_chilipiper.api.call import Call
from airflow_chilipiper.api.http.settings import ClientSettings
from airflow_chilipiper.connection.shared_runtime import READ_AGAIN_AFTER, SharedRuntime, shared_runtime
from tests.unit.api.handmade import Handmade

ASKED: Call[Any] = Call(
    operation="slots", permission="read", method="GET", path="/slots", read=lambda body: body, repeatable=True
)


class Opened(Handmade):
    """A Runtime that knows whether it is open, and answers when its `gate` is."""

    def __init__(self, settings: ClientSettings) -> None:
        super().__init__(by=lambda call: settings.token)
        self.is_open = True
        self.acquired = 0
        self.gate = asyncio.Event()
        self.gate.set()

    async def acquire(self, *, priority: bool = False) -> None:
        self.acquired += 1

    async def ask(self, call: Call[Any], /) -> Any:
        assert self.is_open
        await self.gate.wait()
        assert self.is_open, "closed under somebody's feet"
        return await super().ask(call)


class ChangingConnection:
    """One connection: what it says, how often it was read, and every Runtime that was opened of it."""

    def __init__(self, **says: Any) -> None:
        self.says = ClientSettings(**{"token": "first", **says})
        self.error: Exception | None = None
        self.reads = 0
        self.time = 0.0
        self.opened: list[Opened] = []
        self.answers = asyncio.Event()
        self.answers.set()
        self.closes = asyncio.Event()
        self.closes.set()

    async def read(self) -> ClientSettings:
        self.reads += 1
        await self.answers.wait()
        if self.error:
            raise self.error
        return self.says

    @asynccontextmanager
    async def open(self, settings: ClientSettings) -> AsyncIterator[Opened]:
        if isinstance(settings.verify, str):
            raise FileNotFoundError(settings.verify)
        runtime = Opened(settings)
        self.opened.append(runtime)
        yield runtime
        runtime.is_open = False
        await self.closes.wait()

    def enter(self, conn_id: str = "chili") -> AbstractAsyncContextManager[SharedRuntime]:
        return shared_runtime(conn_id, self.read, self.open, clock=lambda: self.time)

    async def visit(self, until: asyncio.Event | None = None) -> Any:
        """Enter, ask, stay until it is time to leave; the answer is the token that was asked with."""
        async with self.enter() as runtime:
            await runtime.acquire()
            answer = await runtime.ask(ASKED)
            if until:
                await until.wait()
            return answer

    @property
    def are_open(self) -> list[bool]:
        return [runtime.is_open for runtime in self.opened]


async def settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


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


def edited(after: float, **says: Any) -> tuple[list[Any], ChangingConnection]:
    """What two calls of one flow are answered, with an edit and so many seconds in between; and whether it is read."""

    async def run() -> tuple[list[Any], ChangingConnection]:
        connection = ChangingConnection()
        async with connection.enter() as runtime:
            answers = [await runtime.ask(ASKED)]
            connection.says = replace(connection.says, **says)
            connection.time = after
            answers.append(await runtime.ask(ASKED))
        return answers, connection

    return asyncio.run(run())


def test_an_edit_counts_after_five_minutes_for_those_who_are_there() -> None:
    answers, connection = edited(READ_AGAIN_AFTER, token="second")
    assert answers == ["first", "second"]
    assert connection.are_open == [False, False]


def test_before_that_nobody_reads() -> None:
    answers, connection = edited(READ_AGAIN_AFTER - 1, token="second")
    assert (answers, connection.reads) == (["first", "first"], 1)


def test_what_was_not_edited_stays_open() -> None:
    _, connection = edited(READ_AGAIN_AFTER)
    assert (connection.reads, len(connection.opened)) == (2, 1)


def test_an_edit_cuts_no_call_off() -> None:
    """A call ends as it began; then nothing holds what it went to."""

    async def run() -> None:
        connection = ChangingConnection()
        async with connection.enter() as runtime:
            connection.opened[0].gate.clear()
            slow = asyncio.create_task(runtime.ask(ASKED))
            await settle()
            connection.says, connection.time = replace(connection.says, token="second"), READ_AGAIN_AFTER
            assert await asyncio.gather(*(runtime.ask(ASKED) for _ in range(10))) == ["second"] * 10
            assert (connection.reads, connection.are_open) == (2, [True, True])
            connection.opened[0].gate.set()
            assert await slow == "first"
            assert connection.are_open == [False, True]
        assert connection.are_open == [False, False]

    asyncio.run(run())


@pytest.mark.parametrize("broken", ["it cannot be read", "it cannot be used"])
def test_what_is_broken_by_an_edit_goes_on_as_it_was(broken: str, caplog: pytest.LogCaptureFixture) -> None:
    """The log says so, once in five minutes, and holds no secret; once it is mended, it counts."""

    async def run() -> None:
        connection = ChangingConnection()
        async with connection.enter() as runtime:
            if broken == "it cannot be read":
                connection.error = OSError("no answer to token=hidden")
            connection.says, connection.time = (
                replace(connection.says, token="second", verify="/hidden"),
                READ_AGAIN_AFTER,
            )
            assert [await runtime.ask(ASKED) for _ in range(3)] == ["first"] * 3
            assert connection.reads == 2
            connection.error, connection.says = None, replace(connection.says, verify=True)
            connection.time += READ_AGAIN_AFTER
            assert await runtime.ask(ASKED) == "second"
        assert connection.are_open == [False, False]

    caplog.set_level(logging.DEBUG, "airflow_chilipiper")
    asyncio.run(run())
    assert caplog.text.count("Connection chili cannot be used as it is now") == 1
    assert "hidden" not in caplog.text


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
