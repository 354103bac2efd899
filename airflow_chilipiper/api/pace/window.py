"""The calls of the last second, as the other side may count them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

SECOND = 1.005  # for what a second may see: one call takes some milliseconds more than another on its way


class Window:
    """Calls that are about to be sent, and those that were sent within the last second.

    After its turn a call may wait for the ledger, and others with it: they are sent together then. So calls are counted
    once more, from when they are sent.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._on_their_way = 0
        self._entered = deque[float]()

    def enter(self, most: int) -> float:
        """Begin to leave and answer 0; or answer how many seconds it is too early, where a second may see *most*."""
        early = self.full_for(most)
        self._on_their_way += not early
        return early

    def entered(self) -> None:
        """A call that has begun to leave is sent."""
        self._on_their_way -= 1
        self._entered.append(self._clock())

    def full_for(self, most: int) -> float:
        """For how many seconds nobody may leave."""
        now, times = self._clock(), self._entered
        while times and times[0] + SECOND <= now:
            times.popleft()
        if self._on_their_way + len(times) < most:
            return 0.0
        return times[0] + SECOND - now if times else SECOND - 1
