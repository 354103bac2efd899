"""The benchmark of CPU runs, with numbers too small to measure anything, and would notice a lead booked twice."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from benchmarks import capacity, cpu, engine
from benchmarks.server import Stats


def test_calls_and_bookings_are_counted() -> None:
    call, booking = cpu.per_call(calls=8), cpu.per_booking(bookings=8, slots=40)
    assert (call.number, booking.number) == (8, 8)
    assert call.cpu_ms == pytest.approx(call.cpu_seconds * 125)
    assert "ms CPU per booking at 40 slots, 64 at once: 8 in" in cpu.line(booking)


@pytest.mark.parametrize(
    ("meetings", "calls", "defects", "message"),
    [
        ({"a": 1}, 4, [], "1 guests have a meeting, of 2 leads"),
        ({"a": 1, "b": 2}, 4, [], "twice"),
        ({"a": 1, "b": 1}, 5, [], "5 calls for 2 bookings"),
        ({"a": 1, "b": 1}, 4, ["session 7 was spent twice"], "session 7"),
    ],
)
def test_bookings_that_are_not_what_they_should_be_count_for_nothing(
    meetings: Mapping[str, int], calls: int, defects: list[str], message: str
) -> None:
    cpu.judge(Stats(calls=[0.0] * 4, meetings={"a": 1, "b": 1}, defects=[], cpu_seconds=0), 2)
    with pytest.raises(AssertionError, match=message):
        cpu.judge(Stats(calls=[0.0] * calls, meetings=meetings, defects=defects, cpu_seconds=0), 2)


def test_the_whole_engine_is_measured_over_bare_calls_to_the_same_server() -> None:
    """Each of their leads is booked once, at two calls: the server's record is judged."""
    found = engine.measure(leads=4, rounds=3)
    assert len(found.batch_ms) == len(found.bare_ms) == 3
    assert engine.Engine(batch_ms=[4.0, 6.0, 9.0], bare_ms=[2.0, 2.0, 3.0]).over_bare == 3


@pytest.mark.parametrize("served", [capacity.lean(9), capacity.faithful()], ids=["lean", "sandbox"])
def test_a_server_is_measured_alone(served: capacity.Served) -> None:
    found = capacity.measure("it", served, calls=20, at_once=4)
    assert found.calls == 20
    assert found.cpu_seconds > 0
    assert "ms CPU a call: it alone" in str(found)
