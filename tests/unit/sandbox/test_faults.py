"""Each fault does to a real connection what it says, and the tenant shows whether the call was acted on."""

from __future__ import annotations

import inspect
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import pytest

from airflow_chilipiper.sandbox import Faults, Sandbox
from airflow_chilipiper.sandbox.http.times import read_instant
from tests.unit.sandbox.conftest import MONDAY, Clock, Edge

SCHEDULE = "concierge-schedule"
CONDITIONS = {"lagging_list", "limit", "at_random", "clear", "take"}


def test_a_lost_request_was_not_acted_on(box: Sandbox, edge: Edge) -> None:
    session, starts = edge.offer()
    box.faults.lose_request(SCHEDULE)

    with pytest.raises(httpx.RemoteProtocolError):
        edge.book(session, starts[0])
    assert not box.meetings
    assert edge.book(session, starts[0]).status_code == 200


def test_a_garbage_body_says_json_and_is_none(box: Sandbox, edge: Edge) -> None:
    box.faults.garbage_body(SCHEDULE)
    answer = edge.book_first()

    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    with pytest.raises(ValueError, match="Unterminated"):
        answer.json()
    assert len(box.meetings) == 1


@pytest.mark.parametrize("status", [200, 500])
def test_an_empty_body(box: Sandbox, edge: Edge, status: int) -> None:
    box.faults.empty_body(SCHEDULE, status=status)
    answer = edge.book_first()

    assert (answer.status_code, answer.content) == (status, b"")
    assert len(box.meetings) == 1


@pytest.mark.parametrize("acts", [False, True])
def test_a_proxy_answers_html(box: Sandbox, edge: Edge, acts: bool) -> None:
    box.faults.proxy_html(SCHEDULE, acts=acts)
    answer = edge.book_first()

    assert (answer.status_code, answer.headers["content-type"]) == (502, "text/html; charset=utf-8")
    assert len(box.meetings) == acts


@pytest.mark.parametrize("acts", [False, True])
def test_a_server_error_before_or_after_committing(box: Sandbox, edge: Edge, acts: bool) -> None:
    box.faults.server_error(SCHEDULE, status=503, acts=acts)
    answer = edge.book_first()

    assert (answer.status_code, answer.json()["errorCode"]) == (503, "InternalServerError")
    assert len(box.meetings) == acts


@pytest.mark.parametrize("acts", [False, True])
def test_any_envelope_can_be_answered(box: Sandbox, edge: Edge, acts: bool) -> None:
    box.faults.error(SCHEDULE, status=423, code="Locked", message="someone is editing", acts=acts)
    answer = edge.book_first()

    assert (answer.status_code, answer.json()) == (423, {"errorCode": "Locked", "errorMessage": "someone is editing"})
    assert len(box.meetings) == acts


def test_throttling_says_seconds_a_date_or_nothing(box: Sandbox, edge: Edge) -> None:
    box.faults.throttle(retry_after=7)
    box.faults.throttle(retry_after=7, as_date=True, status=503)
    box.faults.throttle(retry_after=None)
    seconds, date, nothing = (edge.route() for _ in range(3))

    assert (seconds.status_code, seconds.headers["retry-after"]) == (429, "7")
    assert date.status_code == 503
    assert parsedate_to_datetime(date.headers["retry-after"]).timestamp() == read_instant(MONDAY) + 7
    assert (nothing.status_code, "retry-after" in nothing.headers) == (429, False)
    assert not box.tenant.sessions


@pytest.mark.parametrize("acts_first", [False, True])
def test_a_slow_answer_outlasts_the_client(box: Sandbox, edge: Edge, acts_first: bool) -> None:
    session, starts = edge.offer()
    box.faults.slow(SCHEDULE, seconds=60, acts_first=acts_first)
    edge.timeout = httpx.Timeout(0.1)

    with pytest.raises(httpx.ReadTimeout):
        edge.book(session, starts[0])
    assert len(box.meetings) == acts_first


def test_a_slow_answer_comes_in_the_end(box: Sandbox, edge: Edge) -> None:
    box.faults.slow(SCHEDULE, seconds=0.01)

    assert edge.book_first().status_code == 200


def test_the_slot_is_taken_first_from_every_host(box: Sandbox, edge: Edge) -> None:
    offer = edge.open_link().json()
    slot = offer["startTimes"][0]
    box.faults.take_slot_first("scheduling-link-schedule")

    assert edge.book_link(offer["routeId"], slot["startTime"]).json()["type"] == "Failure"
    assert not box.meetings
    assert edge.open_link().json()["startTimes"][0]["startTime"] != slot["startTime"]


def test_a_failure_spends_the_session(box: Sandbox, edge: Edge) -> None:
    session, starts = edge.offer()
    box.faults.failure(SCHEDULE, reason="CalendarDisconnected")

    assert edge.book(session, starts[0]).json() == {"type": "Failure", "reason": "CalendarDisconnected"}
    assert edge.book(session, starts[0]).status_code == 409
    assert not box.meetings


def test_a_late_commit_takes_the_slot_now_and_makes_the_meeting_later(box: Sandbox, edge: Edge, clock: Clock) -> None:
    (session, starts), (other, _) = edge.offer(), edge.offer()
    box.faults.late_commit(SCHEDULE, seconds=20)

    assert edge.book(session, starts[0]).status_code == 504
    assert not box.meetings
    assert edge.book(other, starts[0]).json()["type"] == "Failure"
    clock.advance(3_600)
    (meeting,) = box.meetings
    assert (meeting["session"], meeting["bookedAt"]) == (session, "2026-11-02T00:00:20.000Z")


def test_a_tick_commits_what_is_late(box: Sandbox, edge: Edge) -> None:
    box.faults.late_commit(SCHEDULE, seconds=3_600)
    edge.book_first()
    box.tenant.tick()

    assert len(box.meetings) == 1


def test_a_fault_waits_for_its_operation_and_is_used_up(box: Sandbox, edge: Edge) -> None:
    box.faults.server_error("meeting-get", count=2)
    box.faults.server_error(SCHEDULE, skip=1)

    assert edge.book_first().status_code == 200
    assert edge.book_first().status_code == 500
    assert edge.book_first().status_code == 200
    assert box.faults.pending == 2
    box.faults.clear()
    assert box.faults.pending == 0


def test_an_unknown_operation_is_a_mistake_of_the_test(box: Sandbox) -> None:
    with pytest.raises(ValueError, match="concierge-book"):
        box.faults.lose_request("concierge-book")


def commands() -> dict[str, inspect.Signature]:
    """The signature of each fault, by its name."""
    public = {name: each for name, each in vars(Faults).items() if not name.startswith("_") and callable(each)}
    return {name: inspect.signature(each) for name, each in public.items() if name not in CONDITIONS}


def test_every_fault_is_armed_by_one_signature_and_its_own_options() -> None:
    """Which is what `help()` shows."""
    armed = {name: list(each.parameters.values()) for name, each in commands().items()}

    assert len(armed) == 14
    assert {str(inspect.Signature(each[:4])) for each in armed.values()} == {
        "(self: 'Faults', operation: 'str | None' = None, *, count: 'int' = 1, skip: 'int' = 0)"
    }
    assert [each.name for each in armed["slow"][4:]] == ["seconds", "acts_first"]


@pytest.mark.parametrize("options", [{}, {"second": 1}, {"seconds": 1, "reset": True}])
def test_an_option_that_a_fault_lacks_or_needs_is_a_mistake_of_the_test(box: Sandbox, options: dict[str, Any]) -> None:
    with pytest.raises(TypeError):
        box.faults.slow(SCHEDULE, **options)
    assert box.faults.pending == 0


def drawn(box: Sandbox, seed: int) -> list[str | None]:
    box.faults.at_random(0.3, seed=seed)
    faults = (box.faults.take("health-ping") for _ in range(400))
    return [fault.name if fault else None for fault in faults]


def test_random_faults_repeat_with_their_seed_and_mix_all_kinds(box: Sandbox) -> None:
    first = drawn(box, 1)

    assert first == drawn(box, 1) != drawn(box, 2)
    assert 80 < sum(fault is not None for fault in first) < 160
    assert len({fault for fault in first if fault}) == 12


def test_a_soak_leaves_at_most_one_meeting_per_session(box: Sandbox, edge: Edge) -> None:
    box.faults.at_random(0.3, seed=3, retry_after=0, seconds=0.001)
    for _ in range(60):
        try:
            session, starts = edge.offer()
            edge.book(session, starts[0])
        except (httpx.TransportError, ValueError, KeyError):
            continue
    box.tenant.tick()

    assert len(box.meetings) > 20
    assert len({meeting["session"] for meeting in box.meetings}) == len(box.meetings)
