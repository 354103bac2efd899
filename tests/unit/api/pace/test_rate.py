"""What the rate learns from answers, and how well it finds a limit that nobody names, in virtual time."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest

from airflow_chilipiper.api.pace.rate import CUT, CUT_AT_LIMIT, LARGEST_CUT, RAMP, SLOWEST, START, InFlight, Rate
from airflow_chilipiper.sandbox.limits import KINDS, SlidingWindow
from benchmarks.virtual_calls import VirtualCalls


class Calls:
    """Calls by number: each leaves with a turn of its own."""

    def __init__(self, rate: Rate) -> None:
        self.rate = rate
        self.taken = 0

    def leave(self) -> InFlight:
        self.taken += 1
        return InFlight(self.taken, self.rate.now)

    def on_success(self, times: int = 1, *, pressed: bool = True) -> None:
        for _ in range(times):
            self.rate.on_success(self.leave(), taken=self.taken, pressed=pressed)

    def grow_to(self, rate: float) -> None:
        for _ in range(100_000):
            if self.rate.now >= rate:
                return
            self.on_success()
        pytest.fail(f"it stays at {self.rate.now}")

    def on_throttled(self, in_flight: InFlight | None = None, *, hold: float = 0.0) -> None:
        self.rate.on_throttled(in_flight or self.leave(), taken=self.taken, hold=hold)


def test_it_starts_at_five_or_at_the_ceiling() -> None:
    assert [Rate().now, Rate(2).now, Rate(100).now] == [START, 2, 100]


def test_a_share_is_a_part_of_both() -> None:
    """Four shards together start as one, and stay below one's ceiling, in whole calls."""
    assert [Rate(share=0.25).now, Rate(100, share=0.25).now, Rate(5, share=0.25).now] == [START / 4, 25, 1]


@pytest.mark.parametrize(("ceiling", "kept"), [(0.3, 0.3), (1.9, 1), (2.5, 2), (12.5, 12), (50.5, 50.5), (640, 640)])
def test_a_ceiling_holds_for_whole_calls(ceiling: float, kept: float) -> None:
    """A second sees one call more than it has room for, where the rate is no whole number."""
    assert Rate(ceiling).now == kept


@pytest.mark.parametrize("ceiling", [0, -1, math.inf, math.nan])
def test_a_senseless_ceiling_is_refused(ceiling: float) -> None:
    with pytest.raises(ValueError, match="calls a second"):
        Rate(ceiling)


@pytest.mark.parametrize("share", [0, -1, 1.1, math.nan])
def test_a_senseless_share_is_refused(share: float) -> None:
    with pytest.raises(ValueError, match="share of the pace"):
        Rate(share=share)


def test_good_answers_let_it_creep_up_to_the_ceiling() -> None:
    calls = Calls(Rate(10))
    calls.on_throttled()
    lowered = calls.rate.now
    calls.on_success(20_000)
    assert lowered < calls.rate.now == 10


def test_above_its_start_it_grows_only_under_pressure() -> None:
    """Below, it returns by itself: an idle sensor that was refused a few times must not be slow for ever."""
    calls = Calls(Rate())
    calls.on_success(1000, pressed=False)
    assert calls.rate.now == START
    calls.on_throttled()
    calls.on_success(1000, pressed=False)
    assert calls.rate.now == pytest.approx(START, abs=RAMP)


def test_refusals_of_calls_that_were_under_way_count_once() -> None:
    """Nor do their good answers let it grow again."""
    calls = Calls(Rate())
    calls.on_success(100)
    under_way = [calls.leave() for _ in range(40)]
    before = calls.rate.now
    for in_flight in under_way[:20]:
        calls.on_throttled(in_flight)
    for in_flight in under_way[20:]:
        calls.rate.on_success(in_flight, taken=calls.taken, pressed=True)
    assert calls.rate.now == before * (1 - CUT)


def test_calls_of_the_first_second_after_it_count_for_the_same_refusal() -> None:
    """The other side's second still holds calls of the faster time."""
    calls = Calls(Rate(10))
    calls.on_throttled()
    lowered = calls.rate.now
    for _ in range(int(lowered)):
        calls.on_throttled()
    assert calls.rate.now == lowered
    calls.on_throttled()
    assert calls.rate.now < lowered


def test_too_small_a_cut_is_followed_by_a_larger_one() -> None:
    calls = Calls(Rate(100))
    rates = [calls.rate.now]
    while len(rates) < 5:
        calls.on_throttled()
        if calls.rate.now < rates[-1]:
            rates.append(calls.rate.now)
    cuts = [1 - after / before for before, after in pairwise(rates)]
    assert cuts == pytest.approx([CUT, 3 * CUT, LARGEST_CUT, LARGEST_CUT])


def test_at_the_limit_a_small_cut_will_do() -> None:
    """It was to be expected there; far below, the limit must have fallen."""
    calls, fallen = Calls(Rate()), Calls(Rate())
    for each in (calls, fallen):
        each.on_success(200)
        each.on_throttled()
    limit = START + 200 * RAMP
    calls.grow_to(limit)
    calls.on_throttled()
    assert calls.rate.now == pytest.approx(limit * (1 - CUT_AT_LIMIT), rel=1e-3)
    fallen.grow_to(0.92 * limit)
    fallen.on_throttled()
    assert fallen.rate.now == pytest.approx(0.92 * limit * (1 - CUT), rel=1e-3)


@pytest.mark.parametrize("ceiling", [None, 3, 0.05])
def test_it_never_stops_altogether(ceiling: float | None) -> None:
    calls = Calls(Rate(ceiling))
    for _ in range(1000):
        calls.on_throttled()
    assert calls.rate.now == min(SLOWEST, ceiling or SLOWEST)


def grown(calls: Calls) -> float:
    """By one good answer."""
    before = calls.rate.now
    calls.on_success()
    return calls.rate.now - before


def test_near_the_limit_it_hardly_moves_and_beyond_it_faster_again() -> None:
    """A limit that has risen is found; the more it cost to be refused, the more rarely that is risked."""
    calls, dear = Calls(Rate()), Calls(Rate())
    for each, hold in ((calls, 0.0), (dear, 9.0)):
        each.on_success(200)
        each.on_throttled(hold=hold)
        each.on_success(int(each.rate.now))  # which are not judged
    limit = START + 200 * RAMP
    steps = {}
    while calls.rate.now < 1.5 * limit:
        steps[calls.rate.now / limit] = grown(calls)
    at_limit = max(step for at, step in steps.items() if abs(at - 1) < 0.001)
    assert at_limit < 0.1 * steps[min(steps)]
    assert at_limit < 0.01 * steps[max(steps)] == pytest.approx(0.01 * RAMP, rel=0.01)
    dear.grow_to(0.9999 * limit)
    assert grown(dear) < 0.2 * at_limit


def test_a_service_that_is_down_says_nothing_about_its_limit() -> None:
    """It is asked more and more rarely; afterwards the rate is soon what it was."""
    calls = Calls(Rate())
    calls.on_success(150)
    before = calls.rate.now
    for _ in range(500):
        calls.on_throttled(hold=60.0)
    assert calls.rate.now == SLOWEST
    calls.on_success(400)
    assert calls.rate.now == pytest.approx(before, rel=0.1)


def test_what_takes_long_to_be_heard_of_is_approached_slowly() -> None:
    """Latency shows in how many turns were taken until the answer came."""
    near, far = Calls(Rate()), Calls(Rate())
    near.on_success()
    in_flight = far.leave()
    far.taken += int(2 * START)
    far.rate.on_success(in_flight, taken=far.taken, pressed=True)
    assert [near.rate.now - START, far.rate.now - START] == pytest.approx([RAMP, RAMP / 3])


@pytest.mark.parametrize("latency", [0.05, 2.0])
@pytest.mark.parametrize(("limit", "within"), [(20, 30), (500, 120)])
def test_the_way_up(latency: float, limit: float, within: float) -> None:
    """From 5 a second to 20 well within a minute, to 500 in two."""
    calls = VirtualCalls(Rate(), SlidingWindow(limit).admits, latency=latency)
    while calls.now < within and all(asked.admitted for asked in calls.asked):
        calls.run(calls=len(calls.asked) + 100)
    assert calls.now < within


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("latency", "retry_after"), [(0.05, None), (2.0, 1.0)])
def test_a_hidden_limit_is_used_and_seldom_passed(kind: str, latency: float, retry_after: float | None) -> None:
    """Once it was found; the benchmark counts the way up too."""
    calls = VirtualCalls(Rate(), KINDS[kind](20).admits, latency=latency, retry_after=retry_after)
    calls.run(until=402)
    later = [asked.admitted for asked in calls.asked if 100 <= asked.at < 400]
    assert sum(later) / (20 * 300) >= 0.95
    assert later.count(False) / len(later) <= 0.005


class Changing:
    """A limit that is another from a moment on."""

    def __init__(self, before: float, after: float, *, at: float) -> None:
        self._before, self._after, self._at = SlidingWindow(before), SlidingWindow(after), at

    def admits(self, at: float) -> bool:
        return (self._before if at < self._at else self._after).admits(at)


def test_a_limit_that_rises_is_found_within_minutes() -> None:
    calls = VirtualCalls(Rate(), Changing(20, 40, at=100).admits, latency=0.05).run(until=100 + 300)
    assert max(asked.rate for asked in calls) > 38


def test_a_limit_that_falls_by_half_is_found_within_a_few_refusals() -> None:
    """It takes some seconds; then refusals are as rare as ever."""
    calls = VirtualCalls(Rate(), Changing(20, 10, at=100).admits, latency=0.05).run(until=300)
    lowered_at = next(asked.at for asked in calls if asked.at > 100 and asked.rate < 10)
    assert lowered_at < 106
    later = [asked.admitted for asked in calls if asked.at > lowered_at]
    assert later.count(False) / len(later) < 0.005
