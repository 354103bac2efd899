"""True time, and clocks that differ from it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from heapq import heappop, heappush
from itertools import count
from typing import NamedTuple

EPOCH = datetime(2026, 11, 2, 9, tzinfo=UTC).timestamp()


class Time:
    """Seconds since the beginning, and what happens by itself when its time comes."""

    def __init__(self) -> None:
        self.now = 0.0
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._count = count()

    def at(self, when: float, what: Callable[[], None]) -> None:
        heappush(self._due, (when, next(self._count), what))

    def go(self, seconds: float) -> None:
        until = self.now + seconds
        while self._due and self._due[0][0] <= until:
            when, _, happens = heappop(self._due)
            self.now = max(self.now, when)
            happens()
        self.now = until


class Machine(NamedTuple):
    """A computer whose wall clock is ahead of true time by *offset*."""

    time: Time
    offset: float = 0.0

    def now(self) -> float:
        return self.time.now

    def wall(self) -> float:
        return EPOCH + self.time.now + self.offset
