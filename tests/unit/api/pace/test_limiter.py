"""Waiting for a turn in an event loop, on time of our own."""

from __future__ import annotations

import asyncio
import heapq
import math
from collections.abc import Callable, Coroutine
from itertools import count
from typing import Any

import pytest

from airflow_chilipiper.api.pace.limiter import RateLimiter
from airflow_chilipiper.api.pace.rate import CUT, Rate
from airflow_chilipiper.api.pace.window import SECOND


class Time:
    """Time that passes when everybody waits, and not before."""

    def __init__(self) -> None:
        self.now = 0.0
        self.timers: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = count()

    def __call__(self) -> float:
        return self.now

    def later(self, seconds: float, ring: Callable[[], None]) -> None:
        heapq.heappush(self.timers, (self.now + seconds, next(self._numbers), ring))

    async def settle(self) -> None:
        for _ in range(20):
            await asyncio.sleep(0)

    async def pass_until(self, end: float = math.inf) -> None:
        await self.settle()
        while self.timers and self.timers[0][0] <= end:
            at, _, ring = heapq.heappop(self.timers)
            self.now = max(self.now, at)
            ring()
            await self.settle()
        self.now = max(self.now, end) if end < math.inf else self.now


class Line:
    """Waiters by name; `log` is who went when."""

    def __init__(self, rate: float | None = 1.0) -> None:
        self.time = Time()
        self.limiter = RateLimiter(Rate(rate) if rate else None, self.time, self.time.later)
        self.log: list[tuple[str, float]] = []

    async def _wait(self, name: str) -> None:
        await self.limiter.acquire(priority=name.isupper())
        self.log.append((name, round(self.time.now, 6)))

    async def enter(self, names: str) -> dict[str, asyncio.Task[None]]:
        """A capital letter has priority."""
        tasks = {name: asyncio.create_task(self._wait(name)) for name in names}
        await self.time.settle()
        return tasks


def one_by_one(names: str) -> list[tuple[str, float]]:
    """What the log of a line says if each had its turn as soon as the pace of one a second allows."""
    return [(name, round(at * SECOND, 6)) for at, name in enumerate(names)]


def run(flow: Coroutine[Any, Any, None]) -> None:
    asyncio.run(flow)


def test_waiters_go_one_by_one() -> None:
    async def flow() -> None:
        line = Line()
        await line.enter("abc")
        await line.time.pass_until()
        assert line.log == one_by_one("abc")

    run(flow())


def test_a_waiter_with_priority_overtakes() -> None:
    """Those who queue already, even the one whose time is nearly up."""

    async def flow() -> None:
        line = Line()
        await line.enter("abcd")
        await line.time.pass_until(0.9)
        await line.enter("UV")
        await line.time.pass_until()
        assert line.log == one_by_one("aUVbcd")

    run(flow())


@pytest.mark.parametrize("cancelled", ["b", "c", "bc", "U", "bU", "bcd"])
def test_a_cancelled_waiter_takes_no_turn_and_holds_up_nobody(cancelled: str) -> None:
    """Wherever it stood; the others go without a gap."""

    async def flow() -> None:
        line = Line()
        tasks = await line.enter("abcd") | await line.enter("U")
        for name in cancelled:
            tasks[name].cancel()
        await line.time.pass_until()
        assert line.log == one_by_one("".join(name for name in "aUbcd" if name not in cancelled))
        assert all(tasks[name].cancelled() for name in cancelled)

    run(flow())


def test_a_waiter_cancelled_while_it_is_called_passes_the_call_on() -> None:
    """The first leaves, the second is called, and is cancelled before it can move."""

    async def flow() -> None:
        line = Line()
        tasks = await line.enter("abc")
        tasks["b"].cancel()
        await asyncio.sleep(0)  # b has left and called c
        tasks["c"].cancel()
        late = await line.enter("d")
        await line.time.pass_until()
        assert line.log == one_by_one("ad")
        assert late["d"].done()

    run(flow())


def test_who_is_called_and_then_overtaken_waits_again() -> None:
    """It must not ask again and again, since nobody else could move."""

    async def flow() -> None:
        line = Line()
        tasks = await line.enter("abc")
        tasks["b"].cancel()
        await line.enter("U")  # joins after b has called c, and before c can move
        await line.time.pass_until()
        assert line.log == one_by_one("aUc")

    run(flow())


def test_slowing_down_holds_everybody() -> None:
    async def flow() -> None:
        line = Line()
        await line.enter("ab")
        line.limiter.on_throttled(line.limiter.in_flight(), hold=10)
        await line.enter("U")
        await line.time.pass_until()
        assert line.log == [("a", 0), ("U", 10), ("b", round(10 + 1 / (1 - CUT), 6))]

    run(flow())


def test_no_limit_waits_for_nothing() -> None:
    async def flow() -> None:
        line = Line(None)
        await line.enter("abc")
        assert line.log == [("a", 0), ("b", 0), ("c", 0)]
        assert line.limiter.rate is None

    run(flow())


def test_no_more_than_one_timer_runs() -> None:
    """However many wait, come and go; none once nobody waits."""

    async def flow() -> None:
        line = Line(100.0)
        tasks = await line.enter("abcdefgh")
        for name in "bd":
            tasks[name].cancel()
        await line.enter("UV")
        assert len(line.time.timers) == 1
        await line.time.pass_until(0.03)
        assert len(line.time.timers) == 1
        await line.time.pass_until()
        assert len(line.log) == 8

    run(flow())


def test_calls_that_were_held_up_leave_in_their_order_and_before_others_have_their_turn() -> None:
    """As where the ledger stalls for three seconds. Some time later nobody waits any more."""

    async def flow() -> None:
        time, ledger, left = Time(), asyncio.Event(), list[tuple[int, float, float]]()
        limiter = RateLimiter(Rate(20.0), time, time.later)

        async def call(number: int) -> None:
            await limiter.acquire()
            if number < 60:
                await ledger.wait()
            had_turn = time.now
            await limiter.enter()
            left.append((number, had_turn, time.now - had_turn))

        calls = [asyncio.create_task(call(number)) for number in range(300)]
        await time.pass_until(3.0)
        ledger.set()
        await time.pass_until(25.0)
        assert all(each.done() for each in calls)
        assert [number for number, _, _ in left] == [*range(300)]
        assert max(wait for _, had_turn, wait in left if had_turn > 8) < 0.2

    run(flow())


def test_a_turn_that_is_due_waits_for_no_timer() -> None:
    """A timer that comes late, since the loop was busy, holds up nobody who asks by himself."""

    async def flow() -> None:
        line = Line()
        await line.enter("ab")
        line.time.now = 1.5
        await line.enter("U")
        assert line.log == [("a", 0), ("U", 1.5)]

    run(flow())


def test_how_the_line_stands() -> None:
    """Calls a second, turns taken, and who waits without priority."""

    async def flow() -> None:
        line = Line(2.0)
        await line.enter("abcU")
        assert (line.limiter.rate, line.limiter.taken, line.limiter.waiting) == (2.0, 1, 2)
        await line.time.pass_until()
        assert (line.limiter.taken, line.limiter.waiting) == (4, 0)
        line.limiter.on_throttled(line.limiter.in_flight())
        assert line.limiter.rate == 2.0 * (1 - CUT)
        for _ in range(100):
            line.time.now += 10
            await line.limiter.acquire()
            line.limiter.on_success(line.limiter.in_flight())
        assert line.limiter.rate == 2.0

    run(flow())
