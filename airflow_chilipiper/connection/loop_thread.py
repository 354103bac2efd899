"""An event loop in a thread of its own, for callers that block."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import Future
from contextlib import suppress
from threading import RLock, Thread, current_thread
from typing import Any, NoReturn, TypeVar
from weakref import finalize

T = TypeVar("T")
LONGEST_ENDING = 2.0  # seconds that `close` waits for what is under way


class LoopThread:
    """Runs flows for any number of threads, also for those in which another loop runs.

    The thread begins with the first flow and ends with `close`, or when nobody holds this object any more; last of all
    it does *at_end*. Nothing of it is of use in a forked process, nor touched there: its sockets are the parent's.
    """

    def __init__(self, at_end: Callable[[], Awaitable[object]]) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=_serve, args=(self._loop, at_end), name="chilipiper-calls", daemon=True)
        self._process = os.getpid()
        self._changing = RLock()  # reentrant: the handler of a signal may close what its own thread is about to use
        self._stop = finalize(self, _stop, self._loop, self._thread, self._process)

    def run(self, flow: Coroutine[Any, Any, T]) -> T:
        """Run *flow* to its end. What interrupts the caller cancels the flow, and is raised at once."""
        future, began = None, _Began()
        try:
            future = self._submit(flow, began)
            return future.result()
        except BaseException:
            if future:
                future.cancel()
            else:  # a signal may come when the flow was handed over, and before we have its future
                began.interrupt(self._loop)
            raise

    def close(self) -> None:
        """Cancel what is under way; nothing runs afterwards."""
        if os.getpid() != self._process:
            return
        with self._changing:
            self._stop()
        if self._thread.is_alive() and self._thread is not current_thread():
            self._thread.join(LONGEST_ENDING)

    def _submit(self, flow: Coroutine[Any, Any, T], began: _Began) -> Future[T]:
        """Under a lock, since a flow that a closing loop still takes, but no longer runs, would never end."""
        if os.getpid() != self._process:
            _refuse(flow, "made in another process: after a fork, make another one")
        if current_thread() is self._thread:
            _refuse(flow, "a flow cannot block for another one: await it")
        with self._changing:
            if not self._stop.alive:
                _refuse(flow, "closed")
            if not self._thread.is_alive():
                self._thread.start()
            return asyncio.run_coroutine_threadsafe(began.run(flow), self._loop)


class _Began:
    """A flow that may be interrupted by whoever has nothing else of it yet."""

    def __init__(self) -> None:
        self._task: asyncio.Task[Any] | None = None
        self._is_interrupted = False

    async def run(self, flow: Coroutine[Any, Any, T]) -> T:
        self._task = asyncio.current_task()
        if self._is_interrupted:
            flow.close()
            raise asyncio.CancelledError
        return await flow

    def interrupt(self, loop: asyncio.AbstractEventLoop) -> None:
        self._is_interrupted = True
        with suppress(RuntimeError):  # the loop is closed, and so the flow was refused
            loop.call_soon_threadsafe(self._cancel)

    def _cancel(self) -> None:
        if self._task:
            self._task.cancel()


def _refuse(flow: Coroutine[Any, Any, Any], why: str) -> NoReturn:
    flow.close()
    raise RuntimeError(why)


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


def _stop(loop: asyncio.AbstractEventLoop, thread: Thread, process: int) -> None:
    """It may be the collector who calls, in whatever thread, so nothing waits here."""
    if os.getpid() != process:
        return
    if thread.is_alive():
        loop.call_soon_threadsafe(loop.stop)
    else:
        loop.close()
