"""The arithmetic of the pace, on a clock of our own."""

from __future__ import annotations

import math
from itertools import count

import pytest

from airflow_chilipiper.api.pace import Pace


class Clock:
    def __init__(self) -> None:
        self.time = 1000.0

    def __call__(self) -> float:
        return self.time


@pytest.fixture
def clock() -> Clock:
    return Clock()


def take_next(pace: Pace, clock: Clock, *, late: float = 0.0) -> float:
    """Join, wait as long as it takes and *late* seconds more, and answer when the turn was taken."""
    ticket = pace.join()
    while (early := pace.take(ticket)) > 0:
        clock.time += early + late
    return clock.time


def most_in_a_second(times: list[float]) -> int:
    return max(sum(start <= time < start + 1 - 1e-9 for time in times) for start in times)


@pytest.mark.parametrize("rate", [1, 2, 5, 10, 49, 50, 75, 100, 640])
@pytest.mark.parametrize(
    "late", [lambda n: 0.0, lambda n: 0.001, lambda n: 0.05 * (n % 3 == 0), lambda n: 5 * (n == 9)]
)
def test_the_limit_holds_in_any_second(clock: Clock, rate: float, late: object) -> None:
    """At most 1.02 x the limit, however late single turns are taken; never a burst to catch up."""
    pace = Pace(rate, clock)
    times = [take_next(pace, clock, late=late(n)) for n in range(int(3 * rate) + 20)]  # type: ignore[operator]
    assert most_in_a_second(times) <= max(1, math.floor(1.02 * rate))


def test_turns_are_spread(clock: Clock) -> None:
    """One interval apart, the first at once."""
    pace = Pace(5, clock)
    assert [take_next(pace, clock) - 1000 for _ in range(4)] == pytest.approx([0, 0.2, 0.4, 0.6])


def test_an_idle_time_is_not_saved_up(clock: Clock) -> None:
    pace = Pace(5, clock)
    take_next(pace, clock)
    clock.time += 3600
    assert [take_next(pace, clock) - 4600 for _ in range(3)] == pytest.approx([0, 0.2, 0.4])


def test_small_delays_cost_no_speed(clock: Clock) -> None:
    """A timer that fires a little late must not slow a fast pace."""
    pace = Pace(100, clock)
    assert [take_next(pace, clock, late=0.002) for _ in range(1000)][-1] - 1000 == pytest.approx(9.99, abs=0.05)


def test_urgent_turns_go_first(clock: Clock) -> None:
    """Before those that have waited longer, and among themselves in order; nobody passes the first by asking."""
    pace = Pace(5, clock)
    waiting = {"a": pace.join(), "b": pace.join(), "U": pace.join(urgent=True), "V": pace.join(urgent=True)}
    order = ""
    while len(order) < 4:
        for name in [name for name in waiting if name not in order]:
            if pace.take(waiting[name]) == 0:
                order += name
        clock.time += 0.2
    assert order == "UVab"


def test_who_leaves_takes_no_turn(clock: Clock) -> None:
    """The first gives up: the second has its time."""
    pace = Pace(5, clock)
    first, second = pace.join(), pace.join()
    assert pace.take(second) == math.inf
    pace.leave(first)
    assert pace.take(second) == 0


def test_no_limit(clock: Clock) -> None:
    pace = Pace(None, clock)
    assert {take_next(pace, clock) for _ in range(100)} == {1000}


@pytest.mark.parametrize("rate", [None, 5])
def test_slowed_down_means_nobody_goes(clock: Clock, rate: float | None) -> None:
    """Nor the urgent; afterwards all go on, spread as ever. A shorter demand does not cut a longer one short."""
    pace = Pace(rate, clock)
    pace.slow_down(10)
    pace.slow_down(1)
    assert pace.take(pace.join(urgent=True)) == pytest.approx(10)
    clock.time += 9.9
    assert pace.take(next(iter([pace.first()]))) > 0  # type: ignore[arg-type]
    clock.time += 0.2
    assert pace.take(pace.first()) == 0  # type: ignore[arg-type]


def test_many_who_left_cost_nothing(clock: Clock) -> None:
    pace = Pace(5, clock)
    for _, ticket in zip(count(), [pace.join() for _ in range(10_000)], strict=False):
        pace.leave(ticket)
    assert pace.first() is None
    assert take_next(pace, clock) == 1000


@pytest.mark.parametrize("rate", [0, -1, math.inf, math.nan])
def test_a_senseless_rate_is_refused(clock: Clock, rate: float) -> None:
    with pytest.raises(ValueError, match="calls a second"):
        Pace(rate, clock)
