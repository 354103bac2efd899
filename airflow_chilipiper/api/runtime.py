"""All that a flow can want from outside.

Flows are plain `async def` functions that import no asyncio and do no I/O. So the same flow runs for a blocking caller,
in a batch, in the triggerer, and in a test that answers it by hand, over a runtime that never suspends.
"""

from __future__ import annotations

from typing import Protocol, TypeVar

from airflow_chilipiper.api.call import Call

T = TypeVar("T")


class Runtime(Protocol):
    """Every verb may take its time; none is done twice."""

    async def acquire(self, *, priority: bool = False) -> None:
        """Wait for a place in the pace; who has priority goes first."""

    async def ask(self, call: Call[T], /) -> T:
        """Send one request once, and read its answer."""

    async def pause(self, seconds: float, /) -> None: ...

    def now(self) -> float:
        """Seconds on a clock that never jumps."""

    def wall(self) -> float:
        """Seconds since 1970, for comparing with what others wrote down."""
