"""An event loop in a thread of its own, for callers that block."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from threading import Event, Lock, Thread, current_thread
from typing import Any, TypeVar
from weakref import finalize

T = TypeVar("T")
LONGEST_ENDING = 2.0  # seconds that `close` waits for what is under way


class LoopThread:
    """Runs flows for any number of threads, also for those in which another loop runs.

    The thread begins with the first flow and ends with `close`, or when nobody holds this object any more; last of all
    it does *at_end*.
    """

    def __init__(self, at_end: Callable[[], Awaitable[object]]) -> None:
        self._at_end = at_end
        self._starting, self._is_started = Lock(), Event()
        self._thread: Thread | None = None
        self._loop = asyncio.new_event_loop()
        self._stop = finalize(self, _stop, self._loop, self._is_started)

    def run(self, flow: Coroutine[Any, Any, T]) -> T:
        """Run *flow* to its end. What interrupts the caller cancels the flow, and is raised at once."""
        if not self._stop.alive or current_thread() is self._thread:
            flow.close()
            raise RuntimeError("closed" if not self._stop.alive else "a flow cannot block for another one")
        self._start()
        future = asyncio.run_coroutine_threadsafe(flow, self._loop)
        try:
            return future.result()
        except BaseException:
            future.cancel()
            raise

    def close(self) -> None:
        """Cancel what is under way; nothing runs afterwards."""
        self._stop()
        if self._thread and self._thread is not current_thread():
            self._thread.join(LONGEST_ENDING)

    def _start(self) -> None:
        with self._starting:
            if self._thread is None:
                serving = (self._loop, self._at_end)
                self._thread = Thread(target=_serve, args=serving, name="chilipiper-calls", daemon=True)
                self._is_started.set()
                self._thread.start()


def _serve(loop: asyncio.AbstractEventLoop, at_end: Callable[[], Awaitable[object]]) -> None:
    asyncio.set_event_loop(loop)
    try:
        loop.run_forever()
        loop.run_until_complete(_end(at_end))
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.run_until_complete(loop.shutdown_default_executor())
    finally:
        loop.close()


async def _end(at_end: Callable[[], Awaitable[object]]) -> None:
    under_way = asyncio.all_tasks() - {asyncio.current_task()}
    for task in under_way:
        task.cancel()
    await asyncio.gather(*under_way, return_exceptions=True)
    await at_end()


def _stop(loop: asyncio.AbstractEventLoop, is_started: Event) -> None:
    """It may be the collector who calls, in whatever thread, so nothing waits here."""
    if is_started.is_set():
        loop.call_soon_threadsafe(loop.stop)
    else:
        loop.close()
