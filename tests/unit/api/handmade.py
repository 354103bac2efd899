"""A Runtime answered by hand: what each call is answered, in order, and what was asked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from airflow_chilipiper.api.call import Call

T = TypeVar("T")
WALL = 1_793_577_600.0  # 2026-11-02T00:00:00Z


class Handmade:
    """Answers calls with the given bodies, or with a function of the call; an answer too few is a failing test."""

    def __init__(self, *bodies: Any, by: Callable[[Call[Any]], Any] | None = None) -> None:
        self.bodies = list(bodies)
        self.by = by
        self.calls: list[Call[Any]] = []

    async def acquire(self, *, priority: bool = False) -> None: ...

    async def ask(self, call: Call[T], /) -> T:
        self.calls.append(call)
        return call.read(self.by(call) if self.by else self.bodies.pop(0))

    async def pause(self, seconds: float, /) -> None:
        raise AssertionError("nothing here should have to wait")

    def now(self) -> float:
        return 0.0

    def wall(self) -> float:
        return WALL
