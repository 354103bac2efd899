"""One Runtime for all flows of an event loop that name the same connection: one client, its connections, one pace."""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import TypeVar
from weakref import WeakKeyDictionary, WeakValueDictionary

from airflow_chilipiper.api.call import Call
from airflow_chilipiper.api.http.client import Client
from airflow_chilipiper.api.http.client_runtime import ClientRuntime
from airflow_chilipiper.api.http.settings import ClientSettings
from airflow_chilipiper.api.pace.limiter import RateLimiter
from airflow_chilipiper.api.pace.rate import Rate
from airflow_chilipiper.api.runtime import Runtime

T = TypeVar("T")
Reads = Callable[[], Awaitable[ClientSettings]]
Opens = Callable[[ClientSettings], AbstractAsyncContextManager[Runtime]]
Clock = Callable[[], float]

READ_AGAIN_AFTER = 300.0

log = logging.getLogger(__name__)


@asynccontextmanager
async def shared_runtime(
    conn_id: str, reads: Reads, opens: Opens, *, clock: Clock = time.monotonic
) -> AsyncIterator[SharedRuntime]:
    """The Runtime of that connection in this event loop: opened by the first to enter, closed by the last to leave.

    If it cannot be opened, all who wait for it get the error, and the next to enter tries again.

    :param reads: fetches what the connection says now
    :param opens: makes a Runtime of that
    """
    of_this_loop = _runtimes.setdefault(asyncio.get_running_loop(), WeakValueDictionary())
    runtime = of_this_loop.setdefault(conn_id, SharedRuntime(conn_id, reads, opens, clock))
    runtime.users += 1
    try:
        await runtime.fresh()
        yield runtime
    finally:
        runtime.users -= 1
        if not runtime.users:
            of_this_loop.pop(conn_id, None)  # before anything waits: who enters from now on opens another
            await runtime.aclose()


class SharedRuntime:
    """Its verbs go to a Runtime that is made anew once the connection was edited.

    Whoever wants something after five minutes reads the connection again, for all. If it says something else, calls
    that are under way end as they began, and all others use what it says now. While it cannot be read, all goes on.
    """

    def __init__(self, conn_id: str, reads: Reads, opens: Opens, clock: Clock) -> None:
        self.users = 0
        self.now = clock
        self._conn_id = conn_id
        self._reads = reads
        self._opens = opens
        self._opened: _Opened | None = None
        self._opening: asyncio.Task[_Opened] | None = None
        self._read_again_at = -math.inf

    async def acquire(self, *, priority: bool = False) -> None:
        await (await self.fresh()).runtime.acquire(priority=priority)

    async def ask(self, call: Call[T], /) -> T:
        async with (await self.fresh()).held() as runtime:
            return await runtime.ask(call)

    async def pause(self, seconds: float, /) -> None:
        await asyncio.sleep(seconds)

    def wall(self) -> float:
        return time.time()

    async def fresh(self) -> _Opened:
        """Opened in a task of its own: who is cancelled while he waits for it takes it from nobody else."""
        if self._opening is None or (self._opening.done() and self.now() >= self._read_again_at):
            self._opening = asyncio.create_task(self._open())
        return await asyncio.shield(self._opening)

    async def aclose(self) -> None:
        if self._opening:
            self._opening.cancel()
        if self._opened:
            await self._opened.let_go()

    async def _open(self) -> _Opened:
        before = self._opened
        try:
            after = await self._as_it_says(before)
        except Exception as error:
            if before is None:
                raise
            kind = type(error).__name__  # its text may hold a secret
            log.warning("Connection %s cannot be used as it is now (%s): used as it was", self._conn_id, kind)
            after = before
        self._opened, self._read_again_at = after, self.now() + READ_AGAIN_AFTER
        if before and before is not after:
            await before.let_go()
        return after

    async def _as_it_says(self, before: _Opened | None) -> _Opened:
        settings = await self._reads()
        return before if before and before.settings == settings else await _Opened.by(self._opens, settings)


class _Opened:
    """A Runtime that is closed once nobody holds it: neither who opened it nor who asks through it."""

    def __init__(self, settings: ClientSettings, runtime: Runtime, closing: AsyncExitStack) -> None:
        self.settings = settings
        self.runtime = runtime
        self._closing = closing
        self._holders = 1

    @classmethod
    async def by(cls, opens: Opens, settings: ClientSettings) -> _Opened:
        closing = AsyncExitStack()
        return cls(settings, await closing.enter_async_context(opens(settings)), closing)

    @asynccontextmanager
    async def held(self) -> AsyncIterator[Runtime]:
        self._holders += 1
        try:
            yield self.runtime
        finally:
            await self.let_go()

    async def let_go(self) -> None:
        self._holders -= 1
        if not self._holders:
            await self._closing.aclose()


# The one cache. It is weak at both ends: an event loop that is dropped with flows in it takes their Runtimes along.
_runtimes: WeakKeyDictionary[asyncio.AbstractEventLoop, WeakValueDictionary[str, SharedRuntime]] = WeakKeyDictionary()


@asynccontextmanager
async def client_runtime(settings: ClientSettings) -> AsyncIterator[ClientRuntime]:
    """A client and a pace of its own, to be opened once for all who share it."""
    async with Client(settings) as client:
        yield ClientRuntime(client, RateLimiter(Rate(settings.requests_per_second)))
