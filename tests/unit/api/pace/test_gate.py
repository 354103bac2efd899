"""The arithmetic of the gate, on a clock of our own."""

from __future__ import annotations

import math
from itertools import count

import pytest

from airflow_chilipiper.api.pace.gate import PRESSED_FOR, SLACK, Gate
from airflow_chilipiper.api.pace.rate import RAMP, START, Rate
from airflow_chilipiper.api.pace.window import SECOND
from tests.unit.api.pace.virtual import Clock, most_allowed, most_in_a_second, take_next


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.mark.parametrize("rate", [0.3, 1, 1.5, 2, 2.5, 5, 10, 12.5, 49, 50, 50.5, 75, 99.9, 100, 640])
@pytest.mark.parametrize(
    "late", [lambda n: 0.0, lambda n: 0.001, lambda n: 0.05 * (n % 3 == 0), lambda n: 5 * (n == 9)]
)
def test_the_limit_holds_in_any_second(clock: Clock, rate: float, late: object) -> None:
    """At most 1.02 x the limit, however late single turns are taken; never a burst to catch up."""
    gate = Gate(Rate(rate), clock)
    times = [take_next(gate, clock, late=late(n)) for n in range(int(3 * rate) + 20)]  # type: ignore[operator]
    assert most_in_a_second(times) <= most_allowed(rate)


@pytest.mark.parametrize("rate", [1, 5, 49, 50, 100, 640])
def test_the_limit_holds_where_calls_take_different_times_on_their_way(clock: Clock, rate: float) -> None:
    """One may take some milliseconds more than another."""
    gate = Gate(Rate(rate), clock)
    left = [take_next(gate, clock, late=0.05 * (number % 7 == 0)) for number in range(int(3 * rate) + 20)]
    arrived = sorted(time + 0.004 * (number % 3 == 0) for number, time in enumerate(left))
    assert most_in_a_second(arrived) <= most_allowed(rate)


def test_a_call_counts_from_when_it_is_sent(clock: Clock) -> None:
    """Whatever holds it up on its way; until then it takes a place in every second."""
    gate = Gate(Rate(50), clock)
    assert {gate.enter() for _ in range(most_allowed(50))} == {0}
    clock.time += 5
    assert 0 < gate.enter() < 0.1
    for _ in range(most_allowed(50)):
        gate.entered()
    assert gate.enter() == pytest.approx(SECOND)
    clock.time += SECOND
    assert gate.enter() == 0


def test_turns_are_spread(clock: Clock) -> None:
    """One interval apart, the first at once."""
    gate = Gate(Rate(5), clock)
    assert [take_next(gate, clock) - 1000 for _ in range(4)] == pytest.approx([0, 0.2, 0.4, 0.6])


def test_an_idle_time_is_not_saved_up(clock: Clock) -> None:
    gate = Gate(Rate(5), clock)
    take_next(gate, clock)
    clock.time += 3600
    assert [take_next(gate, clock) - 4600 for _ in range(3)] == pytest.approx([0, 0.2, 0.4])


def test_small_delays_cost_no_speed(clock: Clock) -> None:
    """A timer that fires a little late must not slow a fast gate."""
    gate = Gate(Rate(100), clock)
    assert [take_next(gate, clock, late=0.002) for _ in range(1000)][-1] - 1000 == pytest.approx(9.99, abs=0.05)


def test_a_long_delay_is_not_made_up_for(clock: Clock) -> None:
    """But for its last moment, where others wait."""
    gate = Gate(Rate(100), clock)
    line = [gate.queue.join() for _ in range(4)]
    gate.take(line[0])
    clock.time += 0.01 + 0.05
    assert gate.take(line[1]) == 0
    clock.time += 0.01 - SLACK
    assert [gate.take(line[2]), gate.take(line[3])] == [0, pytest.approx(0.01)]


def test_who_has_priority_goes_first(clock: Clock) -> None:
    """Before those that have waited longer, and among themselves in order; nobody passes the first by asking."""
    gate = Gate(Rate(5), clock)
    waiting = {
        "a": gate.queue.join(),
        "b": gate.queue.join(),
        "U": gate.queue.join(priority=True),
        "V": gate.queue.join(priority=True),
    }
    order = ""
    while len(order) < 4:
        for name in [name for name in waiting if name not in order]:
            if gate.take(waiting[name]) == 0:
                order += name
        clock.time += 0.2
    assert order == "UVab"


def test_who_leaves_takes_no_turn(clock: Clock) -> None:
    """The first gives up: the second has its time."""
    gate = Gate(Rate(5), clock)
    first, second = gate.queue.join(), gate.queue.join()
    assert gate.take(second) == math.inf
    gate.queue.leave(first)
    assert gate.take(second) == 0


def test_no_limit(clock: Clock) -> None:
    gate = Gate(None, clock)
    assert {take_next(gate, clock) for _ in range(100)} == {1000}
    gate.on_success(gate.in_flight())
    assert gate.rate is None


@pytest.mark.parametrize("rate", [None, Rate(5)])
def test_while_a_refusal_holds_nobody_goes(clock: Clock, rate: Rate | None) -> None:
    """Nor who has priority; afterwards all go on, spread as ever. A shorter demand does not cut a longer one short."""
    gate = Gate(rate, clock)
    gate.on_throttled(gate.in_flight(), hold=10)
    gate.on_throttled(gate.in_flight(), hold=1)
    assert gate.take(gate.queue.join(priority=True)) == pytest.approx(10)
    clock.time += 9.9
    assert gate.take(next(iter([gate.queue.first()]))) > 0  # type: ignore[arg-type]
    clock.time += 0.2
    assert gate.take(gate.queue.first()) == 0  # type: ignore[arg-type]


def test_many_who_left_cost_nothing(clock: Clock) -> None:
    gate = Gate(Rate(5), clock)
    for _, waiter in zip(count(), [gate.queue.join() for _ in range(10_000)], strict=False):
        gate.queue.leave(waiter)
    assert gate.queue.first() is None
    assert take_next(gate, clock) == 1000


def answered(gate: Gate, clock: Clock, turns: int, *, wait: float = 0.0) -> None:
    """Turns one after the other, each answered well, and *wait* seconds before the next."""
    for _ in range(turns):
        take_next(gate, clock)
        gate.on_success(gate.in_flight())
        clock.time += wait


def test_callers_in_line_let_it_grow(clock: Clock) -> None:
    """Once it has held them back for a while."""
    gate = Gate(Rate(), clock)
    answered(gate, clock, 1 + PRESSED_FOR + 5)
    assert gate.rate == pytest.approx(START + 6 * RAMP)


def test_an_answer_that_took_long_counts_less(clock: Clock) -> None:
    """Two seconds of turns were taken since the call left."""
    gate = Gate(Rate(), clock)
    take_next(gate, clock)
    in_flight = gate.in_flight()
    for _ in range(2 * int(START)):
        take_next(gate, clock)
    gate.on_success(in_flight)
    assert gate.rate == pytest.approx(START + RAMP / 3)


def test_an_idle_sensor_does_not_let_it_grow(clock: Clock) -> None:
    """A few calls now and then, though they wait for each other, for days."""
    gate = Gate(Rate(), clock)
    for _ in range(1000):
        answered(gate, clock, PRESSED_FOR)
        clock.time += 60
    answered(gate, clock, 100, wait=0.3)
    assert gate.rate == START


def test_who_finds_others_in_line_is_held_back_too(clock: Clock) -> None:
    """Although its own turn had come: the loop was busy."""
    gate = Gate(Rate(), clock)
    line = [gate.queue.join() for _ in range(40)]
    for waiter in line:
        clock.time += 1
        assert gate.take(waiter) == 0
        gate.on_success(gate.in_flight())
    assert gate.rate is not None
    assert gate.rate > START


def test_the_line_is_counted_without_those_who_have_priority(clock: Clock) -> None:
    """Those who took their turn or left are in it no more, and to leave twice is to leave once."""
    gate = Gate(Rate(5), clock)
    first, second, _ = gate.queue.join(), gate.queue.join(), gate.queue.join()
    priority = gate.queue.join(priority=True)
    assert gate.queue.waiting == 3
    gate.take(priority)
    gate.queue.leave(priority)
    assert (gate.queue.waiting, gate.taken) == (3, 1)
    clock.time += 1
    gate.take(first)
    gate.queue.leave(first)
    gate.queue.leave(second)
    assert (gate.queue.waiting, gate.taken) == (1, 2)
