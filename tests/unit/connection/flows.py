"""Flows for a loop in a thread of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from threading import Event


class TimeIsUp(BaseException):
    """As Airflow's time-outs are, no Exception."""


class End:
    """Notes what becomes of a loop thread."""

    def __init__(self) -> None:
        self.ended, self.done, self.cancelled = 0, Event(), Event()

    async def __call__(self) -> None:
        self.ended += 1
        self.done.set()

    async def forever(self, begun: Callable[[], object] = bool) -> None:
        asyncio.get_running_loop().call_soon(begun)
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.cancelled.set()
            raise


async def name_of_the_thread() -> str:
    await asyncio.sleep(0)
    return threading.current_thread().name


def threads() -> int:
    return sum(each.name == "chilipiper-calls" for each in threading.enumerate())
