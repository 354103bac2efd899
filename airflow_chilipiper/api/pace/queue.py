"""The pace: who may call when, as plain arithmetic. `turns.py` does the waiting, `rate.py` says how many a second.

A generic cell rate limiter without bursts: calls are spread evenly, and in any second at most 1.02 x the rate leave.
Urgent turns go before all others, however long those have waited.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable

from airflow_chilipiper.api.pace.rate import Leaving, Rate

SLACK = 0.1  # seconds; a turn that came late by less costs no speed
SECOND = 1.005  # for what a second may see: one call takes some milliseconds more than another on its way
PRESSED_FOR = 10  # turns in a row; fewer are the few calls of one look


class Ticket:
    """A place in the line."""

    __slots__ = ("gone", "urgent", "waited")

    def __init__(self, urgent: bool) -> None:
        self.urgent = urgent
        self.gone = self.waited = False


class Pace:
    """A line of tickets in front of a gate that opens once per interval. Not safe for threads by itself."""

    def __init__(self, rate: Rate | None, clock: Callable[[], float]) -> None:
        """Without a *rate* everybody is let through, except while somebody was told to hold."""
        self.taken = 0
        self.waiting = 0  # of those that are not urgent
        self._rate = rate
        self._clock = clock
        self._due = -math.inf
        self._last_second = deque[float]()  # when as many turns were taken as a second may see
        self.held_up = 0  # calls that had their turn and may not leave yet
        self._leaving = 0  # calls on their way to the wire
        self._departed = deque[float]()  # when others were there, within the last second
        self._urgent, self._patient = deque[Ticket](), deque[Ticket]()
        self._pressed = 0

    @property
    def rate(self) -> float | None:
        """Calls a second, now."""
        return self._rate.now if self._rate else None

    def join(self, *, urgent: bool = False) -> Ticket:
        ticket = Ticket(urgent)
        (self._urgent if urgent else self._patient).append(ticket)
        self.waiting += not urgent
        return ticket

    def leave(self, ticket: Ticket) -> None:
        """Give up the place, before or after its turn; a turn that was not taken stays for the next."""
        if not ticket.gone:
            ticket.gone = True
            self.waiting -= not ticket.urgent

    def first(self) -> Ticket | None:
        for line in (self._urgent, self._patient):
            while line and line[0].gone:
                line.popleft()
            if line:
                return line[0]
        return None

    def early(self) -> float:
        """How many seconds it is too early for anybody; 0 or less if it is not."""
        return self._due - self._clock()

    def take(self, ticket: Ticket) -> float:
        """Take the turn and answer 0; or answer how many seconds it is too early, infinity while others go first."""
        early = math.inf
        if self.first() is ticket and (early := self._due - (now := self._clock())) <= 0:
            self.leave(ticket)
            self.taken += 1
            self._pressed = self._pressed + 1 if ticket.waited or self.first() else 0
            if self._rate:
                self._due = self._due_after(now, self._rate)
            return 0.0
        ticket.waited = True
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

    def departs(self) -> float:
        """Begin to leave and answer 0; or answer how many seconds it is too early.

        Between its turn and the wire a call may wait for the ledger, and others with it: they leave together then. So
        who leaves is counted once more, and `departed` is told when it is at the wire.
        """
        if self._rate is None:
            return 0.0
        early = self._full_for(self._rate)
        self._leaving += not early
        return early

    def _full_for(self, rate: Rate) -> float:
        """For how many seconds nobody may leave."""
        now, times = self._clock(), self._departed
        while times and times[0] + SECOND <= now:
            times.popleft()
        if self._leaving + len(times) < rate.most:
            return 0.0
        return times[0] + SECOND - now if times else SECOND - 1

    def hold_back(self) -> None:
        """Give no turns while a tenth of a second's calls cannot leave, as after a ledger that stalled."""
        if self._rate and self.held_up > SLACK * self._rate.now:
            self._due = max(self._due, self._clock() + self._full_for(self._rate))

    def departed(self) -> None:
        if self._rate:
            self._leaving -= 1
            self._departed.append(self._clock())

    def leaving(self) -> Leaving:
        """To be asked when a call leaves, and given back with what came of it."""
        return Leaving(self.taken, self._rate.now if self._rate else math.inf)

    def good(self, leaving: Leaving) -> None:
        if self._rate:
            self._rate.good(leaving, turns=self.taken, pressed=self._pressed >= PRESSED_FOR)

    def refused(self, leaving: Leaving, *, hold: float = 0.0) -> None:
        """The other side has had too much: nobody's turn comes before *hold* seconds from now, and the rate falls."""
        self._due = max(self._due, self._clock() + hold)
        if self._rate:
            self._rate.refused(leaving, turns=self.taken, hold=hold)
