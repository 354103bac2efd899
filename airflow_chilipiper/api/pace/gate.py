"""Who may call when, as plain arithmetic. `limiter.py` does the waiting, `rate.py` says how many a second.

A generic cell rate limiter without bursts: calls are spread evenly, and in any second at most 1.02 x the rate leave.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable

from airflow_chilipiper.api.pace.queue import Queue, Waiter
from airflow_chilipiper.api.pace.rate import InFlight, Rate
from airflow_chilipiper.api.pace.window import SECOND, Window

SLACK = 0.1  # seconds; a turn that came late by less costs no speed
PRESSED_FOR = 10  # turns in a row; fewer are the few calls of one look


class Gate:
    """Opens once per interval for the first in `queue`. Without a *rate* it is open, unless a refusal holds it."""

    def __init__(self, rate: Rate | None, clock: Callable[[], float]) -> None:
        self.queue = Queue()
        self.taken = 0  # turns
        self.held_up = 0  # calls that had their turn and may not leave yet
        self._rate, self._clock = rate, clock
        self._due = -math.inf
        self._last_second = deque[float]()  # when as many turns were taken as a second may see
        self._window = Window(clock)
        self._pressed = 0

    @property
    def rate(self) -> float | None:
        """Calls a second, now."""
        return self._rate.now if self._rate else None

    def early(self) -> float:
        """How many seconds it is too early for anybody; 0 or less if it is not."""
        return self._due - self._clock()

    def take(self, waiter: Waiter) -> float:
        """Take the turn and answer 0; or answer how many seconds it is too early, infinity while others go first."""
        early = math.inf
        if self.queue.first() is waiter and (early := self._due - (now := self._clock())) <= 0:
            self.queue.leave(waiter)
            self.taken += 1
            self._pressed = self._pressed + 1 if waiter.waited or self.queue.first() else 0
            if self._rate:
                self._due = self._due_after(now, self._rate)
            return 0.0
        waiter.waited = True
        return early

    def _due_after(self, now: float, rate: Rate) -> float:
        """One interval later, and never one more than a second may see. An idle time is not saved up."""
        times = self._last_second
        times.append(now)
        while len(times) > rate.most:
            times.popleft()
        if (late := now - self._due) > SLACK:
            late = SLACK if self._pressed else 0.0
        spread = now - late + rate.interval
        return spread if len(times) < rate.most else max(spread, times[0] + SECOND)

    def enter(self) -> float:
        """Begin to leave and answer 0; or answer how many seconds it is too early."""
        return self._window.enter(self._rate.most) if self._rate else 0.0

    def entered(self) -> None:
        if self._rate:
            self._window.entered()

    def hold_back(self) -> None:
        """Give no turns while a tenth of a second's calls cannot leave, as after a ledger that stalled."""
        if self._rate and self.held_up > SLACK * self._rate.now:
            self._due = max(self._due, self._clock() + self._window.full_for(self._rate.most))

    def in_flight(self) -> InFlight:
        """To be asked when a call leaves, and given back with what came of it."""
        return InFlight(self.taken, self._rate.now if self._rate else math.inf)

    def on_success(self, call: InFlight) -> None:
        if self._rate:
            self._rate.on_success(call, taken=self.taken, pressed=self._pressed >= PRESSED_FOR)

    def on_throttled(self, call: InFlight, *, hold: float = 0.0) -> None:
        """The other side has had too much: nobody's turn comes before *hold* seconds from now, and the rate falls."""
        self._due = max(self._due, self._clock() + hold)
        if self._rate:
            self._rate.on_throttled(call, taken=self.taken, hold=hold)
