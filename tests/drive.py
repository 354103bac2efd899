"""How a test drives a flow by hand: without an event loop, over a runtime that never suspends."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any, TypeVar

from airflow_chilipiper.api.call import Call
from airflow_chilipiper.api.http.client_runtime import Asks
from airflow_chilipiper.api.sessions import Sessions
from airflow_chilipiper.booking.guests import Guests
from airflow_chilipiper.booking.ledger.entry import Entry
from airflow_chilipiper.booking.ledger.memory import MemoryLedger
from airflow_chilipiper.booking.ledger.store import Ledger

T = TypeVar("T")


def block(flow: Coroutine[Any, Any, T]) -> T:
    """Run a flow whose runtime never suspends."""
    try:
        flow.send(None)
    except StopIteration as done:
        result: T = done.value
        return result
    flow.close()
    raise RuntimeError("the flow suspended, but its runtime should never suspend")


class Immediate:
    """A LedgerRuntime whose verbs never suspend: no pace, and a pause only calls *sleep*.

    `priorities` is what each place in the pace was asked for with.

    :param client: its `ask` is a coroutine function that never suspends
    """

    def __init__(
        self,
        client: Asks,
        ledger: Ledger | None = None,
        *,
        sleep: Callable[[float], object] = bool,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._client, self._sleep = client, sleep
        self.ledger: Ledger = ledger or MemoryLedger()
        self.now, self.wall = client.clock, wall
        self.priorities = list[bool]()
        self.guests = Guests()
        self.unsent = list[Entry]()
        self.sessions = Sessions(self.now)

    async def acquire(self, *, priority: bool = False) -> None:
        self.priorities.append(priority)

    async def ask(self, call: Call[T], /) -> T:
        return self.sessions.believe(await self._client.ask(call))

    async def pause(self, seconds: float, /) -> None:
        self._sleep(seconds)

    async def get_or_create(self, entry: Entry, /) -> Entry:
        return self.ledger.get_or_create([entry])[0]

    async def update(self, entry: Entry, /) -> Entry:
        (answer,) = self.ledger.update([entry])
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def of_guest(self, entry: Entry, guest: str, /) -> Sequence[Entry]:
        return self.ledger.of_guests(entry.purpose, [guest])

    async def aside(self, wait: Awaitable[object], /) -> None:
        await wait

    async def later(self, seconds: float, _key: object, flow: Callable[[], Awaitable[T]], /) -> T:
        await self.pause(seconds)
        return await flow()
