"""Waiting for one's turn in the pace: a form that blocks, for threads, and one that awaits, for one event loop."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable
from functools import partial
from threading import Condition

from airflow_chilipiper.api.pace.queue import Pace, Ticket
from airflow_chilipiper.api.pace.rate import Leaving, Rate

Clock = Callable[[], float]
Later = Callable[[float, Callable[[], None]], object]

NAP = 0.005  # seconds; so fast turns are given a few at a time, and each waking serves some


class BlockingTurns:
    """Turns for any number of threads; without a *rate* nobody waits, unless told to hold."""

    def __init__(self, rate: Rate | None, clock: Clock = time.monotonic, changed: Condition | None = None) -> None:
        self._pace = Pace(rate, clock)
        self._changed = changed or Condition()

    @property
    def rate(self) -> float | None:
        """Calls a second, now; None for no limit."""
        return self._pace.rate

    def turn(self, *, urgent: bool = False) -> None:
        with self._changed:
            ticket = self._pace.join(urgent=urgent)
            try:
                while (early := self._pace.take(ticket)) > 0:
                    self._changed.wait(None if early == math.inf else early)
            finally:
                self._pace.leave(ticket)
                self._changed.notify_all()

    def leaving(self) -> Leaving:
        """To be asked when a call leaves, and given back with what came of it."""
        with self._changed:
            return self._pace.leaving()

    def good(self, leaving: Leaving) -> None:
        with self._changed:
            self._pace.good(leaving)

    def refused(self, leaving: Leaving, *, hold: float = 0.0) -> None:
        """Slow down, and nobody's turn comes before *hold* seconds from now."""
        with self._changed:
            self._pace.refused(leaving, hold=hold)


class AwaitingTurns:
    """Turns for any number of tasks of one event loop; without a *rate* nobody waits, unless told to hold.

    A waiter that is cancelled takes no turn with it. *later* is the loop's `call_later`, unless given.
    """

    def __init__(self, rate: Rate | None, clock: Clock = time.monotonic, later: Later | None = None) -> None:
        self._pace = Pace(rate, clock)
        self.leaving, self.good, self.refused = self._pace.leaving, self._pace.good, self._pace.refused
        self._later = later
        self._timer_runs = False
        self._calls: dict[Ticket, asyncio.Future[None]] = {}
        self._door = asyncio.Lock()

    @property
    def rate(self) -> float | None:
        """Calls a second, now; None for no limit."""
        return self._pace.rate

    @property
    def taken(self) -> int:
        """How many turns were taken so far."""
        return self._pace.taken

    @property
    def waiting(self) -> int:
        """How many wait in line who are not urgent."""
        return self._pace.waiting

    async def turn(self, *, urgent: bool = False) -> None:
        ticket = self._pace.join(urgent=urgent)
        try:
            while self._pace.take(ticket) > 0:
                called = self._calls[ticket] = asyncio.get_running_loop().create_future()
                self._call_first()
                await called
        finally:
            self._calls.pop(ticket, None)
            self._pace.leave(ticket)
            self._call_first()

    async def departure(self) -> None:
        """Wait as long as this second has seen too many calls leave: a few hundredths, if at all, one after the other.

        After a ledger that stalled it is longer, and no turns are given until those who waited have left.
        """
        loop = asyncio.get_running_loop()
        self._pace.held_up += 1
        self._pace.hold_back()
        try:
            async with self._door:
                while (early := self._pace.departs()) > 0:
                    free = loop.create_future()
                    (self._later or loop.call_later)(early, partial(_wake, free))
                    await free
        finally:
            self._pace.held_up -= 1
        loop.call_soon(self._pace.departed)  # with the call at the wire: a task of its own writes it

    def _call_first(self) -> None:
        """Call who is first in line once its time has come. One timer serves all, since that time never moves up."""
        if self._timer_runs or (first := self._pace.first()) is None:
            return
        if (early := self._pace.early()) > 0:
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
