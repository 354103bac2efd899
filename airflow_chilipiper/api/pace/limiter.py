"""Waiting for a turn in the pace, for any number of flows in one event loop."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from functools import partial

from airflow_chilipiper.api.pace.gate import Gate
from airflow_chilipiper.api.pace.queue import Waiter
from airflow_chilipiper.api.pace.rate import Rate

Clock = Callable[[], float]
Later = Callable[[float, Callable[[], None]], object]

NAP = 0.005  # seconds; so fast turns are given a few at a time, and each waking serves some


class RateLimiter:
    """Turns for the flows of one event loop; without a *rate* nobody waits, except where a refusal makes all hold.

    A waiter that is cancelled takes no turn with it. *later* is the loop's `call_later`, unless given.
    """

    def __init__(self, rate: Rate | None, clock: Clock = time.monotonic, later: Later | None = None) -> None:
        self._gate = Gate(rate, clock)
        self.in_flight, self.on_success = self._gate.in_flight, self._gate.on_success
        self.on_throttled = self._gate.on_throttled
        self._later = later
        self._timer_runs = False
        self._calls: dict[Waiter, asyncio.Future[None]] = {}
        self._door = asyncio.Lock()

    @property
    def rate(self) -> float | None:
        """Calls a second, now; None for no limit."""
        return self._gate.rate

    @property
    def taken(self) -> int:
        """How many turns were taken so far."""
        return self._gate.taken

    @property
    def waiting(self) -> int:
        """How many wait in line without priority."""
        return self._gate.queue.waiting

    async def acquire(self, *, priority: bool = False) -> None:
        """Wait for a turn; who has priority goes before all who have none."""
        waiter = self._gate.queue.join(priority=priority)
        try:
            while self._gate.take(waiter) > 0:
                called = self._calls[waiter] = asyncio.get_running_loop().create_future()
                self._call_first()
                await called
        finally:
            self._calls.pop(waiter, None)
            self._gate.queue.leave(waiter)
            self._call_first()

    async def enter(self) -> None:
        """Wait as long as this second has seen too many calls leave: a few hundredths, if at all, one after the other.

        After a ledger that stalled it is longer, and no turns are given until those who waited have left.
        """
        loop = asyncio.get_running_loop()
        self._gate.held_up += 1
        self._gate.hold_back()
        try:
            async with self._door:
                while (early := self._gate.enter()) > 0:
                    free = loop.create_future()
                    (self._later or loop.call_later)(early, partial(_wake, free))
                    await free
        finally:
            self._gate.held_up -= 1
        loop.call_soon(self._gate.entered)  # once the call is being written, by a task of its own

    def _call_first(self) -> None:
        """Call who is first in line once its time has come. One timer serves all, since that time never moves up."""
        if self._timer_runs or (first := self._gate.queue.first()) is None:
            return
        if (early := self._gate.early()) > 0:
            self._timer_runs = True
            later = self._later or asyncio.get_running_loop().call_later
            later(max(early, NAP), self._time_has_come)
        elif not (called := self._calls[first]).done():
            called.set_result(None)

    def _time_has_come(self) -> None:
        self._timer_runs = False
        self._call_first()


def _wake(future: asyncio.Future[None]) -> None:
    if not future.done():  # as it is whose flow was cancelled
        future.set_result(None)
