"""The runtime of flows that ask Chili Piper, in one event loop, where many share the pace."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

from airflow_chilipiper.api.call import Call
from airflow_chilipiper.api.errors import Refused
from airflow_chilipiper.api.pace.limiter import RateLimiter
from airflow_chilipiper.api.sessions import Sessions

T = TypeVar("T")
Clock = Callable[[], float]

CONGESTED = (429, 503)
LONGEST_HOLD = 60.0  # seconds; nobody may stop us for a day


class Asks(Protocol):
    """What a runtime needs of a client."""

    clock: Clock

    async def ask(self, call: Call[T], /) -> T: ...


class ClientRuntime:
    """Its verbs wait in one event loop. `now` is the client's clock, as `send_by` demands."""

    def __init__(
        self,
        client: Asks,
        limiter: RateLimiter,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        wall: Clock = time.time,
        sessions: Sessions | None = None,
    ) -> None:
        self._client = client
        self.limiter = limiter
        self._sleep = sleep
        self.now = client.clock
        self.wall = wall
        self.sessions = sessions or Sessions(self.now)

    async def acquire(self, *, priority: bool = False) -> None:
        await self.limiter.acquire(priority=priority)

    async def ask(self, call: Call[T], /) -> T:
        await self.limiter.enter()
        in_flight = self.limiter.in_flight()
        try:
            answer = await self._client.ask(call.then(self.sessions.believe))
        except Refused as error:
            if error.status in CONGESTED:
                self.limiter.on_throttled(in_flight, hold=min(error.retry_after or 0.0, LONGEST_HOLD))
            raise
        self.limiter.on_success(in_flight)
        return answer

    async def pause(self, seconds: float, /) -> None:
        await self._sleep(seconds)
