"""The pace: who may call when, as plain arithmetic. `turns.py` does the waiting.

A generic cell rate limiter without bursts: calls are spread evenly, so that in any second at most 1.02 x the limit
leave. Urgent turns go before all others, however long those have waited.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable
from itertools import count


class Ticket:
    """A place in the line."""

    __slots__ = ("_order", "gone")

    def __init__(self, urgent: bool, number: int) -> None:
        self._order = (not urgent, number)
        self.gone = False

    def __lt__(self, other: Ticket) -> bool:
        return self._order < other._order


class Pace:
    """A line of tickets in front of a gate that opens once per interval. Not safe for threads by itself."""

    def __init__(self, rate: float | None, clock: Callable[[], float]) -> None:
        """*rate* is in calls a second; None lets everybody through, except while slowed down."""
        if rate is not None and not 0 < rate < math.inf:
            raise ValueError(f"the pace is {rate} calls a second: expected more than 0, or None for no limit")
        self._interval = 1 / rate if rate else 0.0
        # A turn that came late by less than this costs nothing. It is what 2 % of the limit can hold in whole calls.
        self._slack = math.floor(0.02 * rate) / rate if rate else 0.0
        self._clock = clock
        self._due = -math.inf
        self._line: list[Ticket] = []
        self._numbers = count()

    def join(self, *, urgent: bool = False) -> Ticket:
        ticket = Ticket(urgent, next(self._numbers))
        heapq.heappush(self._line, ticket)
        return ticket

    def leave(self, ticket: Ticket) -> None:
        """Give up the place, before or after its turn; a turn that was not taken stays for the next."""
        ticket.gone = True

    def first(self) -> Ticket | None:
        while self._line and self._line[0].gone:
            heapq.heappop(self._line)
        return self._line[0] if self._line else None

    def take(self, ticket: Ticket) -> float:
        """Take the turn and answer 0; or answer how many seconds it is too early, infinity while others go first."""
        if self.first() is not ticket:
            return math.inf
        now = self._clock()
        if now < self._due:
            return self._due - now
        self._due = max(self._due, now - self._slack) + self._interval
        self.leave(ticket)
        return 0.0

    def slow_down(self, seconds: float) -> None:
        """Nobody's turn comes before that many seconds from now."""
        self._due = max(self._due, self._clock() + seconds)
