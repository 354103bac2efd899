"""Polling, driven by hand: a clock that only pauses move, and looks that find what the test says."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from airflow_chilipiper.api import errors
from airflow_chilipiper.api.errors import PASSING
from airflow_chilipiper.api.runtime import Runtime
from airflow_chilipiper.booking.slots.filters import Undecided
from airflow_chilipiper.waiting.polling import PollResult, poll
from airflow_chilipiper.waiting.slot_query import NoSlotWillCome
from tests.drive import block
from tests.unit.api.handmade import WALL, Handmade

SLOT = "2026-11-03T10:00:00Z"
PASSED = [
    errors.NotSent("no route"),
    errors.NoAnswer("silence"),
    errors.Unreadable("half an answer"),
    errors.Throttled("slow down", status=429),
    errors.ServerBroken("502", status=502),
]
DEFINITE = [
    errors.NotAllowed("403", status=403),
    errors.NotFound("404", status=404),
    errors.BadRequest("400", status=400),
    errors.Refused("422", status=422, code="Odd"),
    errors.Invalid("no"),
    NoSlotWillCome("disqualified"),
    Undecided("two paths"),
    ValueError("a defect"),
]


class Paused(Handmade):
    """Time passes only in pauses."""

    def __init__(self, *bodies: Any) -> None:
        super().__init__(*bodies)
        self.pauses: list[float] = []

    async def pause(self, seconds: float, /) -> None:
        self.pauses.append(seconds)

    def wall(self) -> float:
        return WALL + sum(self.pauses)


def answering(*answers: list[str] | Exception) -> Callable[[Runtime], Awaitable[list[str]]]:
    """A look that finds or raises these, one after the other; a look too many is a failing test."""
    left = list(answers)

    async def looked(runtime: Runtime) -> list[str]:
        answer = left.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    return looked


def polled(runtime: Paused, *answers: list[str] | Exception, **arguments: Any) -> PollResult:
    given = {"min_slots": 1, "interval": 600.0, "deadline": WALL + 3600, "max_failures": 5, **arguments}
    return block(poll(answering(*answers), runtime, **{"spread": lambda low, high: 1.0, **given}))


def test_it_looks_until_there_are_enough() -> None:
    runtime = Paused()
    assert polled(runtime, [], [SLOT], [SLOT, "later"], min_slots=2) == PollResult(slots=(SLOT, "later"))
    assert runtime.pauses == [600.0, 600.0, 600.0]


def test_the_last_look_is_at_the_deadline() -> None:
    """The pause before it is shortened, and what it finds counts."""
    runtime = Paused()
    assert polled(runtime, [], [SLOT], deadline=WALL + 900) == PollResult(slots=(SLOT,))
    assert runtime.pauses == [600.0, 300.0]


def test_without_slots_it_ends_at_the_deadline() -> None:
    runtime = Paused()
    assert polled(runtime, [], [], deadline=WALL + 900) == PollResult()
    assert sum(runtime.pauses) == 900.0


def test_past_the_deadline_it_looks_once_and_waits_no_more() -> None:
    """A triggerer that was down for a day still answers with what there is now."""
    runtime = Paused()
    assert polled(runtime, [SLOT], deadline=WALL - 86_400) == PollResult(slots=(SLOT,))
    assert runtime.pauses == [0.0]


@pytest.mark.parametrize("error", PASSED, ids=lambda error: type(error).__name__)
def test_passing_failures_are_borne(error: Exception) -> None:
    """As many in a row as are allowed; a look that is answered starts the count anew."""
    assert polled(Paused(), error, error, [], error, error, [SLOT], max_failures=2, deadline=WALL + 9e9).slots


@pytest.mark.parametrize("error", PASSED, ids=lambda error: type(error).__name__)
def test_too_many_passing_failures_in_a_row_are_raised(error: Exception) -> None:
    with pytest.raises(type(error)):
        polled(Paused(), error, error, error, max_failures=2)


def test_what_passes_is_a_closed_list() -> None:
    assert {type(error) for error in PASSED} == set(PASSING)


@pytest.mark.parametrize("error", DEFINITE, ids=lambda error: type(error).__name__)
def test_what_will_not_pass_is_raised_at_once(error: Exception) -> None:
    with pytest.raises(type(error)):
        polled(Paused(), error)


def test_a_question_not_asked_is_no_answer() -> None:
    """At the deadline the result says why the last look could not be made; an earlier failure does not matter."""
    unasked = polled(Paused(), [], errors.NoAnswer("silence"), deadline=WALL + 1200)
    assert unasked == PollResult(unasked="silence")
    assert polled(Paused(), errors.NoAnswer("silence"), [], deadline=WALL + 1200) == PollResult()


@pytest.mark.parametrize("seed", range(20))
def test_pauses_differ_by_a_tenth(seed: int) -> None:
    import random

    runtime = Paused()
    polled(runtime, *[[]] * 40, [SLOT], deadline=WALL + 9e9, spread=random.Random(seed).uniform)
    assert all(540.0 <= pause <= 660.0 for pause in runtime.pauses)
    assert len(set(runtime.pauses)) == len(runtime.pauses)
