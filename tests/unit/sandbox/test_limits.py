"""Each kind of limit counts in its own way, and refuses over HTTP what it does not admit."""

from __future__ import annotations

import pytest

from airflow_chilipiper.sandbox import Sandbox
from airflow_chilipiper.sandbox.limits import KINDS, FixedWindow, SlidingWindow, TokenBucket
from tests.unit.sandbox.conftest import Clock, Edge


def admitted(limit: SlidingWindow | FixedWindow | TokenBucket, times: list[float]) -> list[bool]:
    return [limit.admits(at) for at in times]


@pytest.mark.parametrize("kind", KINDS)
def test_what_keeps_to_it_is_admitted_for_ever(kind: str) -> None:
    """Spread over the seconds, whatever is lost in the last decimal."""
    assert all(admitted(KINDS[kind](20), [1_793_577_600.3 + n / 20 for n in range(2000)]))


def test_a_sliding_window_counts_any_second() -> None:
    """What was refused counts for nothing."""
    assert admitted(SlidingWindow(2), [0, 0.9, 0.95, 1, 1.5, 1.9]) == [True, True, False, True, False, True]


def test_a_fixed_window_counts_the_seconds_of_the_clock() -> None:
    assert admitted(FixedWindow(2), [0, 0.9, 0.95, 1, 1.5, 1.9, 2]) == [True, True, False, True, True, False, True]


def test_a_token_bucket_lets_what_was_not_used_follow() -> None:
    """Up to one second's worth."""
    assert admitted(TokenBucket(2), [0, 0, 0, 0.5, 0.5, 9, 9, 9]) == [True, True, False, True, False, True, True, False]


@pytest.mark.parametrize("kind", KINDS)
def test_calls_beyond_it_are_refused_until_a_second_has_passed(
    box: Sandbox, edge: Edge, clock: Clock, kind: str
) -> None:
    """They are on record, and were not acted on."""
    box.faults.limit(2, kind=kind, retry_after=7)
    answers = [edge.route() for _ in range(4)]

    assert [answer.status_code for answer in answers] == [200, 200, 429, 429]
    assert answers[3].headers["retry-after"] == "7"
    assert len(box.tenant.sessions) == 2
    assert [(call.status, call.fault) for call in box.calls[1:3]] == [(200, None), (429, "throttle")]
    clock.advance(1)
    assert edge.route().status_code == 200


def test_it_holds_until_it_is_cleared_and_may_say_nothing_of_when(box: Sandbox, edge: Edge) -> None:
    box.faults.limit(1)
    edge.route()
    refused = edge.route()
    box.faults.clear()

    assert (refused.status_code, "retry-after" in refused.headers) == (429, False)
    assert edge.route().status_code == 200


def test_what_it_refuses_runs_into_no_other_fault(box: Sandbox, edge: Edge) -> None:
    box.faults.limit(1)
    edge.route()
    box.faults.server_error()

    assert edge.route().status_code == 429
    assert box.faults.pending == 1
