"""When to begin the next lead: once there is a place for it, and the pace could come to wait for it.

So there are always as many leads under way as the pace and Chili Piper's latency need, and no session waits behind
others that were opened too early.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

LEAST_IN_LINE = 2
IN_LINE_FOR = 0.02  # seconds of the pace; the loop may be busy with something else for so long
AT_ONCE_WITHOUT_PACE = 16


class Admission:
    """Flows that wait for their first place in the pace; `rate` answers calls a second, None if there is no limit."""

    def __init__(self, rate: Callable[[], float | None]) -> None:
        self._rate = rate
        self.under_way = 0
        self._before_first: set[asyncio.Task[Any]] = set()
        self._changed = asyncio.Event()

    async def wait(self, *, at_most: int) -> None:
        """Wait until few enough are in line, and fewer than so many under way."""
        while not (len(self._before_first) < self._most_in_line() and self.under_way < at_most):
            self._changed.clear()
            await self._changed.wait()

    def start(self, flow: Coroutine[Any, Any, None], tasks: asyncio.TaskGroup) -> None:
        task = tasks.create_task(flow)
        self.under_way += 1
        self._before_first.add(task)
        task.add_done_callback(self._has_ended)

    def _has_ended(self, task: asyncio.Task[Any]) -> None:
        self.under_way -= 1
        self.has_begun(task)

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Whoever only waits for others to come to light leaves its place to the next lead."""
        self.under_way -= 1
        self.has_begun(asyncio.current_task())
        self._changed.set()
        try:
            yield
        finally:
            self.under_way += 1

    def has_begun(self, task: asyncio.Task[Any] | None) -> None:
        if task:
            self._before_first.discard(task)
            self._changed.set()

    def _most_in_line(self) -> float:
        rate = self._rate()
        return AT_ONCE_WITHOUT_PACE if rate is None else max(LEAST_IN_LINE, rate * IN_LINE_FOR)
