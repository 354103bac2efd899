"""The runtime of flows that ask Chili Piper, in one event loop, where many share the pace."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

from airflow_chilipiper.api.call import Call
from airflow_chilipiper.api.errors import BadRequest, Refused
from airflow_chilipiper.api.literals import Literals, refuses_literal
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
    """Its verbs wait in one event loop. `now` is the client's clock, as `send_by` demands.

    Where a call may be meant in several ways, the next one is asked once their decoder has refused the literal of the
    one before, since then nothing was made.
    """

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
        self.literals = Literals()

    async def acquire(self, *, priority: bool = False) -> None:
        await self.limiter.acquire(priority=priority)

    async def ask(self, call: Call[T], /) -> T:
        return await (self._in_turn(call) if call.bodies else self._once(call))

    async def _in_turn(self, call: Call[T]) -> T:
        refused: BadRequest | None = None
        for literal, spelt in self.literals.in_turn(call):
            if refused:
                await self.acquire(priority=True)
            try:
                answer = await self._once(spelt)
            except BadRequest as error:
                if not refuses_literal(error):
                    raise
                refused = error
            else:
                self.literals.took(call, literal)
                return answer
        assert refused  # noqa: S101  # there was one body at least
        raise self.literals.none_taken(call, refused)

    async def _once(self, call: Call[T]) -> T:
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
