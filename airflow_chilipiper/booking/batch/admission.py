"""When to begin the next lead: once the pace could come to wait for one.

So there are always as many leads under way as the pace and Chili Piper's latency need, and no session waits behind
others that were opened too early.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

LEAST_IN_LINE = 2
IN_LINE_FOR = 0.02  # seconds of the pace; the loop may be busy with something else for so long
AT_ONCE_WITHOUT_PACE = 16


class Admission:
    """Flows that wait for their first place in the pace; `rate` answers calls a second, None if there is no limit."""

    def __init__(self, rate: Callable[[], float | None]) -> None:
        self._rate = rate
        self._before_first: set[asyncio.Task[Any]] = set()
        self._changed = asyncio.Event()

    async def wait(self, also: Callable[[], bool]) -> None:
        """Wait until few enough are in line, and *also* allows one more, which is asked again whenever a flow ends."""
        while not (len(self._before_first) < self._most() and also()):
            self._changed.clear()
            await self._changed.wait()

    def start(self, flow: Coroutine[Any, Any, None], tasks: asyncio.TaskGroup) -> None:
        task = tasks.create_task(flow)
        self._before_first.add(task)
        task.add_done_callback(self.has_begun)

    def has_begun(self, task: asyncio.Task[Any] | None) -> None:
        if task:
            self._before_first.discard(task)
            self._changed.set()

    def _most(self) -> float:
        rate = self._rate()
        return AT_ONCE_WITHOUT_PACE if rate is None else max(LEAST_IN_LINE, rate * IN_LINE_FOR)
