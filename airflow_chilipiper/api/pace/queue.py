"""The line of those who wait for their turn: who has priority goes first, and among equals who came first."""

from __future__ import annotations

from collections import deque


class Waiter:
    """A place in the line."""

    __slots__ = ("gone", "priority", "waited")

    def __init__(self, priority: bool) -> None:
        self.priority = priority
        self.gone = self.waited = False


class Queue:
    """`waiting` is how many are in line without priority."""

    def __init__(self) -> None:
        self.waiting = 0
        self._first, self._others = deque[Waiter](), deque[Waiter]()

    def join(self, *, priority: bool = False) -> Waiter:
        waiter = Waiter(priority)
        (self._first if priority else self._others).append(waiter)
        self.waiting += not priority
        return waiter

    def leave(self, waiter: Waiter) -> None:
        """Give up the place, before or after its turn; a turn that was not taken stays for the next."""
        if not waiter.gone:
            waiter.gone = True
            self.waiting -= not waiter.priority

    def first(self) -> Waiter | None:
        for line in (self._first, self._others):
            while line and line[0].gone:
                line.popleft()
            if line:
                return line[0]
        return None
