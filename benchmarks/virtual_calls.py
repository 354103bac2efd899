"""Calls in virtual time: a queue that is never empty, and another side that admits or refuses. Nobody waits."""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count

from airflow_chilipiper.api.pace.gate import Gate
from airflow_chilipiper.api.pace.rate import Rate


@dataclass(frozen=True, slots=True)
class Asked:
    """When a call left, at which rate, and whether it was admitted."""

    at: float
    rate: float
    admitted: bool


class VirtualCalls:
    """`asked` tells of each call in the order of the answers.

    *latency* is there and back, in seconds; the other side counts a call halfway. With a refusal it says *retry_after*.
    """

    def __init__(
        self, rate: Rate, admits: Callable[[float], bool], *, latency: float, retry_after: float | None = None
    ) -> None:
        self.now = 0.0
        self.asked: list[Asked] = []
        self.gate = Gate(rate, lambda: self.now)
        self._admits, self._half_latency, self._hold = admits, latency / 2, retry_after or 0.0
        self._under_way: list[tuple[float, int, Iterator[float]]] = []
        self._numbers = count()
        self._next = self.gate.queue.join()

    def run(self, *, calls: float = math.inf, until: float = math.inf) -> list[Asked]:
        """Go on until so many calls are answered, or until that time."""
        while len(self.asked) < calls and self.now < until:
            self._step(self.gate.take(self._next))
        return self.asked

    def _step(self, early: float) -> None:
        if early <= 0:
            self._next = self.gate.queue.join()
            self._go_on(self._call())
        elif self._under_way and self._under_way[0][0] <= self.now + early:
            self.now, _, call = heapq.heappop(self._under_way)
            self._go_on(call)
        else:
            self.now += early

    def _go_on(self, call: Iterator[float]) -> None:
        if wait := next(call, None):
            heapq.heappush(self._under_way, (self.now + wait, next(self._numbers), call))

    def _call(self) -> Iterator[float]:
        """Yields how long it waits before it goes on."""
        left, in_flight = self.now, self.gate.in_flight()
        yield self._half_latency
        admitted = self._admits(self.now)
        yield self._half_latency
        if admitted:
            self.gate.on_success(in_flight)
        else:
            self.gate.on_throttled(in_flight, hold=self._hold)
        self.asked.append(Asked(left, in_flight.rate, admitted))
