"""The arithmetic of the pace, on a clock of our own."""

from __future__ import annotations

import math
from bisect import bisect_left
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_chilipiper.api.pace.queue import PRESSED_FOR, SECOND, SLACK, Pace
from airflow_chilipiper.api.pace.rate import RAMP, START, InFlight, Rate


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
    waiter = pace.join()
    while (early := pace.take(waiter)) > 0:
        clock.time += early + late
    return clock.time


def most_allowed(ceiling: float) -> int:
    return max(1, math.floor(1.02 * ceiling))


def most_in_a_second(times: list[float]) -> int:
    return max(bisect_left(times, start + 1 - 1e-9) - first for first, start in enumerate(times))


@pytest.mark.parametrize("rate", [0.3, 1, 1.5, 2, 2.5, 5, 10, 12.5, 49, 50, 50.5, 75, 99.9, 100, 640])
@pytest.mark.parametrize(
    "late", [lambda n: 0.0, lambda n: 0.001, lambda n: 0.05 * (n % 3 == 0), lambda n: 5 * (n == 9)]
)
def test_the_limit_holds_in_any_second(clock: Clock, rate: float, late: object) -> None:
    """At most 1.02 x the limit, however late single limiter are taken; never a burst to catch up."""
    pace = Pace(Rate(rate), clock)
    times = [take_next(pace, clock, late=late(n)) for n in range(int(3 * rate) + 20)]  # type: ignore[operator]
    assert most_in_a_second(times) <= most_allowed(rate)


@pytest.mark.parametrize("rate", [1, 5, 49, 50, 100, 640])
def test_the_limit_holds_where_calls_take_different_times_on_their_way(clock: Clock, rate: float) -> None:
    """One may take some milliseconds more than another."""
    pace = Pace(Rate(rate), clock)
    left = [take_next(pace, clock, late=0.05 * (number % 7 == 0)) for number in range(int(3 * rate) + 20)]
    arrived = sorted(time + 0.004 * (number % 3 == 0) for number, time in enumerate(left))
    assert most_in_a_second(arrived) <= most_allowed(rate)


def test_a_call_counts_from_when_it_is_at_the_wire(clock: Clock) -> None:
    """Whatever holds it up on its way; until then it takes a place in every second."""
    pace = Pace(Rate(50), clock)
    assert {pace.departs() for _ in range(most_allowed(50))} == {0}
    clock.time += 5
    assert 0 < pace.departs() < 0.1
    for _ in range(most_allowed(50)):
        pace.departed()
    assert pace.departs() == pytest.approx(SECOND)
    clock.time += SECOND
    assert pace.departs() == 0


def test_turns_are_spread(clock: Clock) -> None:
    """One interval apart, the first at once."""
    pace = Pace(Rate(5), clock)
    assert [take_next(pace, clock) - 1000 for _ in range(4)] == pytest.approx([0, 0.2, 0.4, 0.6])


def test_an_idle_time_is_not_saved_up(clock: Clock) -> None:
    pace = Pace(Rate(5), clock)
    take_next(pace, clock)
    clock.time += 3600
    assert [take_next(pace, clock) - 4600 for _ in range(3)] == pytest.approx([0, 0.2, 0.4])


def test_small_delays_cost_no_speed(clock: Clock) -> None:
    """A timer that fires a little late must not slow a fast pace."""
    pace = Pace(Rate(100), clock)
    assert [take_next(pace, clock, late=0.002) for _ in range(1000)][-1] - 1000 == pytest.approx(9.99, abs=0.05)


def test_a_long_delay_is_not_made_up_for(clock: Clock) -> None:
    """But for its last moment, where others wait."""
    pace = Pace(Rate(100), clock)
    line = [pace.join() for _ in range(4)]
    pace.take(line[0])
    clock.time += 0.01 + 0.05
    assert pace.take(line[1]) == 0
    clock.time += 0.01 - SLACK
    assert [pace.take(line[2]), pace.take(line[3])] == [0, pytest.approx(0.01)]


def test_urgent_turns_go_first(clock: Clock) -> None:
    """Before those that have waited longer, and among themselves in order; nobody passes the first by asking."""
    pace = Pace(Rate(5), clock)
    waiting = {"a": pace.join(), "b": pace.join(), "U": pace.join(priority=True), "V": pace.join(priority=True)}
    order = ""
    while len(order) < 4:
        for name in [name for name in waiting if name not in order]:
            if pace.take(waiting[name]) == 0:
                order += name
        clock.time += 0.2
    assert order == "UVab"


def test_who_leaves_takes_no_turn(clock: Clock) -> None:
    """The first gives up: the second has its time."""
    pace = Pace(Rate(5), clock)
    first, second = pace.join(), pace.join()
    assert pace.take(second) == math.inf
    pace.leave(first)
    assert pace.take(second) == 0


def test_no_limit(clock: Clock) -> None:
    pace = Pace(None, clock)
    assert {take_next(pace, clock) for _ in range(100)} == {1000}
    pace.on_success(pace.in_flight())
    assert pace.rate is None


@pytest.mark.parametrize("rate", [None, Rate(5)])
def test_told_to_hold_nobody_goes(clock: Clock, rate: Rate | None) -> None:
    """Nor the priority; afterwards all go on, spread as ever. A shorter demand does not cut a longer one short."""
    pace = Pace(rate, clock)
    pace.on_throttled(pace.in_flight(), hold=10)
    pace.on_throttled(pace.in_flight(), hold=1)
    assert pace.take(pace.join(priority=True)) == pytest.approx(10)
    clock.time += 9.9
    assert pace.take(next(iter([pace.first()]))) > 0  # type: ignore[arg-type]
    clock.time += 0.2
    assert pace.take(pace.first()) == 0  # type: ignore[arg-type]


def test_many_who_left_cost_nothing(clock: Clock) -> None:
    pace = Pace(Rate(5), clock)
    for _, waiter in zip(count(), [pace.join() for _ in range(10_000)], strict=False):
        pace.leave(waiter)
    assert pace.first() is None
    assert take_next(pace, clock) == 1000


class Random:
    """Whatever may happen to a pace, in any order; notes when limiter are taken."""

    def __init__(self, rate: Rate) -> None:
        self.clock = Clock()
        self.pace = Pace(rate, self.clock)
        self.taken: list[float] = []
        self.under_way: list[InFlight] = []

    def call(self, late: float) -> None:
        self.taken.append(take_next(self.pace, self.clock, late=late))
        self.under_way.append(self.pace.in_flight())

    def on_success(self, which: float) -> None:
        if self.under_way:
            self.pace.on_success(self.under_way.pop(int(which * len(self.under_way))))

    def refused(self, which: float) -> None:
        if self.under_way:
            self.pace.on_throttled(self.under_way.pop(), hold=which if which < 0.3 else 0.0)

    def idle(self, seconds: float) -> None:
        self.clock.time += seconds


DEEDS = st.lists(
    st.tuples(
        st.sampled_from([Random.call, Random.call, Random.call, Random.good, Random.good, Random.refused, Random.idle]),
        st.sampled_from([0.0, 0.0, 0.0, 0.001, 0.004, 0.019, 0.03, 0.5, 0.99]),
        st.integers(1, 40),
    ),
    max_size=30,
)


@given(DEEDS, st.sampled_from([0.4, 1.0, 1.9, 2.5, 7.0, 20.0, 50.0, 99.5, 120.0]), st.sampled_from([1.0, 0.25]))
def test_the_ceiling_is_never_passed(deeds: list[tuple[object, float, int]], ceiling: float, share: float) -> None:
    """In no second more than 1.02 x the ceiling, or one call, whatever callers and answers do."""
    random = Random(Rate(ceiling, share=share))
    for deed, argument, times in deeds:
        for _ in range(times):
            deed(random, argument)  # type: ignore[operator]
            assert random.pace.rate <= ceiling * share  # type: ignore[operator]
    assert not random.taken or most_in_a_second(random.taken) <= most_allowed(ceiling * share)


@given(DEEDS)
def test_a_rate_that_changes_opens_no_burst(deeds: list[tuple[object, float, int]]) -> None:
    """Without a ceiling: in no second more than 1.02 x the highest rate until then, in whole calls."""
    random, highest = Random(Rate()), START
    for deed, argument, times in deeds:
        for _ in range(times):
            deed(random, argument)  # type: ignore[operator]
            highest = max(highest, random.pace.rate or 0.0)
    assert not random.taken or most_in_a_second(random.taken) <= math.ceil(1.02 * highest)


def answered(pace: Pace, clock: Clock, limiter: int, *, wait: float = 0.0) -> None:
    """Turns one after the other, each answered well, and *wait* seconds before the next."""
    for _ in range(limiter):
        take_next(pace, clock)
        pace.on_success(pace.in_flight())
        clock.time += wait


def test_callers_in_line_let_it_grow(clock: Clock) -> None:
    """Once it has held them back for a while."""
    pace = Pace(Rate(), clock)
    answered(pace, clock, 1 + PRESSED_FOR + 5)
    assert pace.rate == pytest.approx(START + 6 * RAMP)


def test_an_answer_that_took_long_counts_less(clock: Clock) -> None:
    """Two seconds of limiter were taken since the call left."""
    pace = Pace(Rate(), clock)
    take_next(pace, clock)
    in_flight = pace.in_flight()
    for _ in range(2 * int(START)):
        take_next(pace, clock)
    pace.on_success(in_flight)
    assert pace.rate == pytest.approx(START + RAMP / 3)


def test_an_idle_sensor_does_not_let_it_grow(clock: Clock) -> None:
    """A few calls now and then, though they wait for each other, for days."""
    pace = Pace(Rate(), clock)
    for _ in range(1000):
        answered(pace, clock, PRESSED_FOR)
        clock.time += 60
    answered(pace, clock, 100, wait=0.3)
    assert pace.rate == START


def test_who_finds_others_in_line_is_held_back_too(clock: Clock) -> None:
    """Although its own turn had come: the loop was busy."""
    pace = Pace(Rate(), clock)
    line = [pace.join() for _ in range(40)]
    for waiter in line:
        clock.time += 1
        assert pace.take(waiter) == 0
        pace.on_success(pace.in_flight())
    assert pace.rate is not None
    assert pace.rate > START


def test_the_line_is_counted_without_the_urgent(clock: Clock) -> None:
    """Those who took their turn or left are in it no more, and in_flight twice is in_flight once."""
    pace = Pace(Rate(5), clock)
    first, second, _ = pace.join(), pace.join(), pace.join()
    priority = pace.join(priority=True)
    assert pace.waiting == 3
    pace.take(priority)
    pace.leave(priority)
    assert (pace.waiting, pace.taken) == (3, 1)
    clock.time += 1
    pace.take(first)
    pace.leave(first)
    pace.leave(second)
    assert (pace.waiting, pace.taken) == (1, 2)
