"""All that a flow can want from outside, and the driver that runs a flow without a loop.

Flows are plain `async def` functions that import no asyncio and do no I/O. A World whose verbs block never suspends, so
the same flow runs in a blocking worker, in an event loop, in the triggerer, and in a test that answers it by hand.
"""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any, Protocol, TypeVar

from airflow_chilipiper.api.call import Call

T = TypeVar("T")


class World(Protocol):
    """Every verb may take its time; none is done twice."""

    async def turn(self, *, urgent: bool = False) -> None:
        """Wait for our place in the pace; urgent turns go first."""

    async def ask(self, call: Call[T], /) -> T:
        """Send one request once, and read its answer."""

    async def pause(self, seconds: float, /) -> None: ...

    def now(self) -> float:
        """Seconds on a clock that never jumps."""

    def wall(self) -> float:
        """Seconds since 1970, for comparing with what others wrote down."""


def block(flow: Coroutine[Any, Any, T]) -> T:
    """Run a flow whose World blocks instead of waiting."""
    try:
        flow.send(None)
    except StopIteration as done:
        result: T = done.value
        return result
    flow.close()
    raise RuntimeError("a blocking World tried to wait")
