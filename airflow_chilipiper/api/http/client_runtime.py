"""The two real Worlds: one blocks, one waits."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

from airflow_chilipiper.api.call import Call
from airflow_chilipiper.api.errors import Refused
from airflow_chilipiper.api.pace.limiter import AwaitingTurns, BlockingTurns

T = TypeVar("T")
Clock = Callable[[], float]

CONGESTED = (429, 503)
LONGEST_HOLD = 60.0  # nobody may stop us for a day


class AsksBlocking(Protocol):
    clock: Clock

    def ask(self, call: Call[T], /) -> T: ...


class AsksAwaiting(Protocol):
    clock: Clock

    async def ask(self, call: Call[T], /) -> T: ...


class BlockingWorld:
    """Its verbs block, so `world.block` can drive a flow over it. `now` is the client's clock, as `send_by` demands."""

    def __init__(
        self,
        client: AsksBlocking,
        turns: BlockingTurns,
        *,
        sleep: Callable[[float], None] = time.sleep,
        wall: Clock = time.time,
    ) -> None:
        self._client = client
        self.turns = turns
        self._sleep = sleep
        self.now = client.clock
        self.wall = wall

    async def turn(self, *, urgent: bool = False) -> None:
        self.turns.turn(urgent=urgent)

    async def ask(self, call: Call[T], /) -> T:
        leaving = self.turns.leaving()
        try:
            answer = self._client.ask(call)
        except Refused as error:
            if error.status in CONGESTED:
                self.turns.refused(leaving, hold=_told(error))
            raise
        self.turns.good(leaving)
        return answer

    async def pause(self, seconds: float, /) -> None:
        self._sleep(seconds)


class AwaitingWorld:
    """Its verbs wait in one event loop, where many flows share the pace."""

    def __init__(
        self,
        client: AsksAwaiting,
        turns: AwaitingTurns,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        wall: Clock = time.time,
    ) -> None:
        self._client = client
        self.turns = turns
        self._sleep = sleep
        self.now = client.clock
        self.wall = wall

    async def turn(self, *, urgent: bool = False) -> None:
        await self.turns.turn(urgent=urgent)

    async def ask(self, call: Call[T], /) -> T:
        await self.turns.departure()
        leaving = self.turns.leaving()
        try:
            answer = await self._client.ask(call)
        except Refused as error:
            if error.status in CONGESTED:
                self.turns.refused(leaving, hold=_told(error))
            raise
        self.turns.good(leaving)
        return answer

    async def pause(self, seconds: float, /) -> None:
        await self._sleep(seconds)


def _told(error: Refused) -> float:
    """How many seconds all turns are held."""
    return min(error.retry_after or 0.0, LONGEST_HOLD)
