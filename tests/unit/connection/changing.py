"""A connection that changes, and the Runtimes that are opened of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from airflow_chilipiper.api.call import Call
from airflow_chilipiper.api.http.settings import ClientSettings
from airflow_chilipiper.connection.shared_runtime import SharedRuntime, shared_runtime
from tests.unit.api.handmade import Handmade

ASKED: Call[Any] = Call(
    operation="slots", permission="read", method="GET", path="/slots", read=lambda body: body, repeatable=True
)


class Opened(Handmade):
    """A Runtime that knows whether it is open, and answers when its `gate` is."""

    def __init__(self, settings: ClientSettings) -> None:
        super().__init__(by=lambda call: settings.token)
        self.is_open = True
        self.acquired = 0
        self.gate = asyncio.Event()
        self.gate.set()

    async def acquire(self, *, priority: bool = False) -> None:
        self.acquired += 1

    async def ask(self, call: Call[Any], /) -> Any:
        assert self.is_open
        await self.gate.wait()
        assert self.is_open, "closed under somebody's feet"
        return await super().ask(call)


class ChangingConnection:
    """One connection: what it says, how often it was read, and every Runtime that was opened of it."""

    def __init__(self, **says: Any) -> None:
        self.says = ClientSettings(**{"token": "first", **says})
        self.error: Exception | None = None
        self.reads = 0
        self.time = 0.0
        self.opened: list[Opened] = []
        self.answers = asyncio.Event()
        self.answers.set()
        self.closes = asyncio.Event()
        self.closes.set()

    async def read(self) -> ClientSettings:
        self.reads += 1
        await self.answers.wait()
        if self.error:
            raise self.error
        return self.says

    @asynccontextmanager
    async def open(self, settings: ClientSettings) -> AsyncIterator[Opened]:
        if isinstance(settings.verify, str):
            raise FileNotFoundError(settings.verify)
        runtime = Opened(settings)
        self.opened.append(runtime)
        yield runtime
        runtime.is_open = False
        await self.closes.wait()

    def enter(self, conn_id: str = "chili") -> AbstractAsyncContextManager[SharedRuntime]:
        return shared_runtime(conn_id, self.read, self.open, clock=lambda: self.time)

    async def visit(self, until: asyncio.Event | None = None) -> Any:
        """Enter, ask, stay until it is time to leave; the answer is the token that was asked with."""
        async with self.enter() as runtime:
            await runtime.acquire()
            answer = await runtime.ask(ASKED)
            if until:
                await until.wait()
            return answer

    @property
    def are_open(self) -> list[bool]:
        return [runtime.is_open for runtime in self.opened]


async def settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)
