"""Whatever happens to a gate, in any order."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from airflow_chilipiper.api.pace.gate import Gate
from airflow_chilipiper.api.pace.rate import START, InFlight, Rate
from tests.unit.api.pace.virtual import Clock, most_allowed, most_in_a_second, take_next


class Random:
    """Whatever may happen to a gate, in any order; notes when turns are taken."""

    def __init__(self, rate: Rate) -> None:
        self.clock = Clock()
        self.gate = Gate(rate, self.clock)
        self.taken: list[float] = []
        self.under_way: list[InFlight] = []

    def call(self, late: float) -> None:
        self.taken.append(take_next(self.gate, self.clock, late=late))
        self.under_way.append(self.gate.in_flight())

    def good(self, which: float) -> None:
        if self.under_way:
            self.gate.on_success(self.under_way.pop(int(which * len(self.under_way))))

    def throttled(self, which: float) -> None:
        if self.under_way:
            self.gate.on_throttled(self.under_way.pop(), hold=which if which < 0.3 else 0.0)

    def idle(self, seconds: float) -> None:
        self.clock.time += seconds


DEEDS = st.lists(
    st.tuples(
        st.sampled_from(
            [Random.call, Random.call, Random.call, Random.good, Random.good, Random.throttled, Random.idle]
        ),
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
            assert random.gate.rate <= ceiling * share  # type: ignore[operator]
    assert not random.taken or most_in_a_second(random.taken) <= most_allowed(ceiling * share)


@given(DEEDS)
def test_a_rate_that_changes_opens_no_burst(deeds: list[tuple[object, float, int]]) -> None:
    """Without a ceiling: in no second more than 1.02 x the highest rate until then, in whole calls."""
    random, highest = Random(Rate()), START
    for deed, argument, times in deeds:
        for _ in range(times):
            deed(random, argument)  # type: ignore[operator]
            highest = max(highest, random.gate.rate or 0.0)
    assert not random.taken or most_in_a_second(random.taken) <= math.ceil(1.02 * highest)
