"""A session is spent by whatever booking call reaches it, and the answer has one of several forms."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from airflow_chilipiper.sandbox import Sandbox
from airflow_chilipiper.sandbox.endpoints.booking import Booking, spend
from airflow_chilipiper.sandbox.http.call import Call
from airflow_chilipiper.sandbox.http.decoding import Duration, Instant, Interval
from airflow_chilipiper.sandbox.http.endpoint import endpoint
from airflow_chilipiper.sandbox.state.seed import DEMO
from airflow_chilipiper.sandbox.state.tenant import Tenant
from tests.unit.sandbox.conftest import Clock, Edge


def test_a_session_is_good_for_one_booking(box: Sandbox, edge: Edge) -> None:
    session, starts = edge.offer()
    assert edge.book(session, starts[0]).status_code == 200

    again = edge.book(session, starts[1])
    assert (again.status_code, again.json()["errorCode"]) == (409, "RoutingSessionAlreadyUsed")
    assert len(box.meetings) == 1


def test_a_booking_that_fails_spends_the_session_too(box: Sandbox, edge: Edge) -> None:
    session, starts = edge.offer()
    assert edge.book(session, "2026-11-02T03:17:00Z").json()["errorCode"] == "StartTimeNotOffered"

    assert edge.book(session, starts[0]).json()["errorCode"] == "RoutingSessionAlreadyUsed"
    assert not box.meetings


def test_a_session_expires(box: Sandbox, edge: Edge, clock: Clock) -> None:
    session, starts = edge.offer()
    clock.advance(600)

    answer = edge.book(session, starts[0])
    assert (answer.status_code, answer.json()["errorCode"]) == (410, "RoutingSessionExpired")
    assert not box.meetings


def test_an_unknown_session_is_not_found(edge: Edge) -> None:
    assert edge.book("nobody-opened-this", "2026-11-02T09:00:00Z").json()["errorCode"] == "RoutingSessionNotFound"


def test_the_start_must_come_back_byte_for_byte(edge: Edge) -> None:
    session, starts = edge.offer()

    assert edge.book(session, starts[0].replace("Z", ".000Z")).json()["errorCode"] == "StartTimeNotOffered"


def test_a_slot_taken_meanwhile_is_a_200_with_a_failure(box: Sandbox, edge: Edge) -> None:
    (first, starts), (second, same) = edge.offer(), edge.offer()
    assert starts == same
    edge.book(first, starts[0])

    answer = edge.book(second, starts[0])
    assert (answer.status_code, answer.json()) == (200, {"type": "Failure", "reason": "SlotNotAvailable"})
    assert len(box.meetings) == 1


def test_a_fresh_offer_names_another_host_or_leaves_the_slot_out(box: Sandbox, edge: Edge) -> None:
    taken = set()
    for _ in range(60):
        session, starts = edge.offer()
        edge.book(session, starts[0])
        taken.add((box.meetings[-1]["startTime"], box.meetings[-1]["hosts"][0]))

    assert len(taken) == 60


@pytest.mark.parametrize(
    ("shape", "names"),
    [
        ("union", {"type", "meetingId"}),
        ("nested", {"meetingTypeId", "host", "selectedAssignees", "scheduleMeetingResult"}),
    ],
)
def test_a_booking_may_be_answered_as_a_union(box: Sandbox, edge: Edge, shape: Any, names: set[str]) -> None:
    box.tenant.variants.booking_answer = shape

    assert set(edge.book_first().json()) == names


def test_handoff_may_answer_plainly(box: Sandbox, edge: Edge) -> None:
    box.tenant.variants.booking_answer = "plain"
    offer = edge.open_handoff(routerId="ho-expert").json()
    path = offer["routers"][0]["pathResults"][0]
    answer = edge.book_handoff(offer["routingId"], "ho-expert", path["pathId"], path["startTimes"][0]["startTime"])

    assert set(answer.json()) == {"meetingId"}


@pytest.mark.parametrize(
    ("failures_as", "booking_answer", "status", "found"),
    [
        ("failure_200", None, 200, {"type": "Failure", "reason": "SlotNotAvailable"}),
        ("failure_200", "nested", 200, {"scheduleMeetingResult": {"type": "Failure", "reason": "SlotNotAvailable"}}),
        (
            "errorCode",
            None,
            409,
            {"errorCode": "SlotNotAvailable", "errorMessage": "The slot is not available any more"},
        ),
    ],
)
def test_a_taken_slot_in_each_wording(
    box: Sandbox, edge: Edge, failures_as: Any, booking_answer: Any, status: int, found: dict[str, Any]
) -> None:
    box.tenant.variants.failures_as = failures_as
    box.tenant.variants.booking_answer = booking_answer
    box.faults.take_slot_first("concierge-schedule")
    answer = edge.book_first()

    assert (answer.status_code, answer.json()) == (status, found)


OPENING = Call("walk-in-init", "POST", "/v1/org/walk-in", {}, {}, b"", {})


@endpoint("POST", "/v1/org/walk-in", operation="walk-in-init", permission="walk-in.schedule")
def walk_in(tenant: Tenant, call: Call) -> str:
    target, week = tenant.catalogue.distributions["dist-experts"], Interval(Instant(tenant.now()), Duration(604_800))
    session = tenant.open_session("walk-in", guest="jo@example.com", workspace="ws-sales")
    tenant.offer(session, ("", ""), target, meeting_type=DEMO, interval=week)
    return session.id


@endpoint("POST", "/v1/org/walk-in/{sessionId}", operation="walk-in-schedule", permission="walk-in.schedule")
def walk_in_schedule(tenant: Tenant, call: Call) -> dict[str, Any]:
    start = next(iter(tenant.sessions[call.ids["sessionId"]].offered["", ""]))
    return spend(tenant, call, Booking("walk-in", answer="union"), start=start)


def test_a_further_pattern_needs_nothing_but_its_own_endpoints(box: Sandbox) -> None:
    session = walk_in.answer(box.tenant, OPENING)
    answer = walk_in_schedule.answer(box.tenant, replace(OPENING, ids={"sessionId": session}))

    (meeting,) = box.meetings
    assert answer == {"type": "Success", "meetingId": meeting["meetingId"]}
    assert (meeting["pattern"], meeting["session"], meeting["guest"]) == ("walk-in", session, "jo@example.com")
