"""One look for all who need the same."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Any, TypeVar

T = TypeVar("T")

GATHERED_FOR = 1.0  # seconds in which others may join


class SharedFlows:
    """Each answers everybody who comes before it begins, so that what it finds is never older than a question."""

    def __init__(self, pause: Callable[[float], Awaitable[None]]) -> None:
        self._pause = pause
        self._coming: dict[Hashable, asyncio.Task[Any]] = {}

    async def answer(self, key: Hashable, flow: Callable[[], Awaitable[T]]) -> T:
        """What *flow* answers, or the flow of whoever came with that *key* before."""
        if key not in self._coming:
            self._coming[key] = asyncio.create_task(self._begin(key, flow))
            self._coming[key].add_done_callback(_look_at_its_error)
        found: T = await asyncio.shield(self._coming[key])  # whoever leaves does not end it for the others
        return found

    async def _begin(self, key: Hashable, flow: Callable[[], Awaitable[T]]) -> T:
        try:
            await self._pause(GATHERED_FOR)
        finally:
            del self._coming[key]
        return await flow()


def _look_at_its_error(done: asyncio.Task[Any]) -> None:
    """Else asyncio logs it, where all have left."""
    if not done.cancelled():
        done.exception()
