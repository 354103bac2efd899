"""A gate on a clock of our own."""

from __future__ import annotations

import math
from bisect import bisect_left

from airflow_chilipiper.api.pace.gate import Gate


class Clock:
    def __init__(self) -> None:
        self.time = 1000.0

    def __call__(self) -> float:
        return self.time


def take_next(gate: Gate, clock: Clock, *, late: float = 0.0) -> float:
    """Join, wait as long as it takes and *late* seconds more, and answer when the turn was taken."""
    waiter = gate.queue.join()
    while (early := gate.take(waiter)) > 0:
        clock.time += early + late
    return clock.time


def most_allowed(ceiling: float) -> int:
    return max(1, math.floor(1.02 * ceiling))


def most_in_a_second(times: list[float]) -> int:
    return max(bisect_left(times, start + 1 - 1e-9) - first for first, start in enumerate(times))
