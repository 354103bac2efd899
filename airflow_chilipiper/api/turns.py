"""Waiting for one's turn in the pace: a form that blocks, for threads, and one that awaits, for one event loop."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Awaitable, Callable
from threading import Condition

from airflow_chilipiper.api.pace import Pace, Ticket

Clock = Callable[[], float]


class BlockingTurns:
    """Turns for any number of threads."""

    def __init__(self, rate: float | None, clock: Clock = time.monotonic, changed: Condition | None = None) -> None:
        self._pace = Pace(rate, clock)
        self._changed = changed or Condition()

    def turn(self, *, urgent: bool = False) -> None:
        with self._changed:
            ticket = self._pace.join(urgent=urgent)
            try:
                while (early := self._pace.take(ticket)) > 0:
                    self._changed.wait(None if early == math.inf else early)
            finally:
                self._pace.leave(ticket)
                self._changed.notify_all()

    def slow_down(self, seconds: float) -> None:
        with self._changed:
            self._pace.slow_down(seconds)


class AwaitingTurns:
    """Turns for any number of tasks of one event loop. A waiter that is cancelled takes no turn with it."""

    def __init__(
        self,
        rate: float | None,
        clock: Clock = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._pace = Pace(rate, clock)
        self._sleep = sleep
        self._calls: dict[Ticket, asyncio.Event] = {}

    async def turn(self, *, urgent: bool = False) -> None:
        """The first in line sleeps until its time; the others sleep until they are called to be the first."""
        ticket = self._pace.join(urgent=urgent)
        called = self._calls[ticket] = asyncio.Event()
        try:
            while (early := self._pace.take(ticket)) > 0:
                called.clear()
                await (called.wait() if early == math.inf else self._sleep(early))
        finally:
            self._pace.leave(ticket)
            del self._calls[ticket]
            self._call_first()

    def slow_down(self, seconds: float) -> None:
        self._pace.slow_down(seconds)

    def _call_first(self) -> None:
        if first := self._pace.first():
            self._calls[first].set()
