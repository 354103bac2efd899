"""Asking again: what, how often, how long."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from airflow_chilipiper.api.call import Call
from airflow_chilipiper.api.errors import (
    BadRequest,
    ChiliPiperError,
    NoAnswer,
    NotAllowed,
    NotFound,
    NotSent,
    Refused,
    ServerBroken,
    SessionGone,
    SlotGone,
    Throttled,
    Unreadable,
)
from airflow_chilipiper.api.retry import RetryPolicy, with_retries
from tests.drive import block


class Answering:
    """A Runtime that answers by script; asking takes *slow* seconds, a turn *queue* seconds."""

    def __init__(self, answers: Iterable[Any], *, slow: float = 0.0, queue: float = 0.0) -> None:
        self.answers = iter(answers)
        self.slow, self.queue = slow, queue
        self.time = 1000.0
        self.done: list[str] = []
        self.pauses: list[float] = []

    async def acquire(self, *, priority: bool = False) -> None:
        self.done.append("turn")
        self.time += self.queue

    async def ask(self, call: Call[Any], /) -> Any:
        self.done.append("ask")
        self.time += self.slow
        answer = next(self.answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def pause(self, seconds: float, /) -> None:
        self.pauses.append(seconds)
        self.time += seconds

    def now(self) -> float:
        return self.time

    def wall(self) -> float:
        return self.time


def call(*, repeatable: bool = True) -> Call[Any]:
    return Call(operation="meeting-list", permission="", method="POST", path="/x", read=str, repeatable=repeatable)


def throttled(seconds: float | None = None) -> Throttled:
    return Throttled("slower", status=429, retry_after=seconds)


BROKEN = ServerBroken("502", status=502)
AGAIN = [NotSent("x"), NoAnswer("x"), throttled(), BROKEN]
FINAL = [Unreadable("x")] + [
    kind("x", status=400) for kind in (Refused, SlotGone, NotAllowed, BadRequest, SessionGone, NotFound)
]


@pytest.mark.parametrize("error", AGAIN, ids=lambda error: type(error).__name__)
def test_what_passes_is_asked_again(error: ChiliPiperError) -> None:
    """Each time with a turn of its own."""
    runtime = Answering([error, error, "fine"])
    assert block(with_retries(call(), runtime)) == "fine"
    assert runtime.done == ["turn", "ask"] * 3


@pytest.mark.parametrize("error", FINAL, ids=lambda error: type(error).__name__)
def test_a_refusal_is_final(error: ChiliPiperError) -> None:
    runtime = Answering([error])
    with pytest.raises(type(error)) as caught:
        block(with_retries(call(), runtime))
    assert caught.value is error
    assert runtime.pauses == []


def test_a_booking_is_never_asked_again() -> None:
    """It is refused before anything is done."""
    runtime = Answering([])
    with pytest.raises(ValueError, match=r"meeting-list .* never asked again"):
        block(with_retries(call(repeatable=False), runtime))
    assert runtime.done == []


def test_attempts_are_counted() -> None:
    """The last error is raised, at once."""
    errors = [NoAnswer("1"), BROKEN, NoAnswer("3")]
    runtime = Answering(errors)
    with pytest.raises(NoAnswer, match="3"):
        block(with_retries(call(), runtime, RetryPolicy(attempts=3)))
    assert len(runtime.pauses) == 2


def test_pauses_grow_with_jitter() -> None:
    """Each between half and all of a doubling ceiling, and not the same for everybody."""
    runs = []
    for _ in range(50):
        runtime = Answering([BROKEN] * 7 + ["fine"])
        block(with_retries(call(), runtime, RetryPolicy(attempts=8, first_pause=1.0, longest_pause=10.0)))
        assert all(
            high / 2 <= pause <= high for pause, high in zip(runtime.pauses, [1, 2, 4, 8, 10, 10, 10], strict=True)
        )
        runs.append(tuple(runtime.pauses))
    assert len(set(runs)) == 50


@pytest.mark.parametrize(("retry_after", "least", "most"), [(0, 0.25, 0.5), (7, 7.25, 7.5), (3600, 60, 60)])
def test_retry_after_is_honoured_with_a_cap(retry_after: float, least: float, most: float) -> None:
    runtime = Answering([throttled(retry_after), "fine"])
    block(with_retries(call(), runtime))
    assert least <= runtime.pauses[0] <= most


def test_no_pause_passes_the_total_time() -> None:
    """Rather than wait in vain, it raises the last error now."""
    runtime = Answering([throttled(50), throttled(50), throttled(50), "fine"])
    with pytest.raises(Throttled):
        block(with_retries(call(), runtime, RetryPolicy(total=120.0)))
    assert len(runtime.pauses) == 2
    assert runtime.now() <= 1120


@pytest.mark.parametrize("spent", [{"slow": 50.0}, {"queue": 50.0}])
def test_asking_and_queueing_count_into_the_total_time(spent: dict[str, float]) -> None:
    runtime = Answering([BROKEN] * 4 + ["fine"], **spent)
    with pytest.raises(ServerBroken):
        block(with_retries(call(), runtime, RetryPolicy(total=120.0)))
    assert runtime.done.count("ask") == 3
