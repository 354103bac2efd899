"""What each shape of an answer comes to, in all three patterns: slots, a said emptiness, a refusal, or Unreadable."""

from __future__ import annotations

import json
from typing import Any

import pytest

from airflow_chilipiper.api.call import Call
from airflow_chilipiper.api.errors import Refused, SessionGone, Unreadable
from airflow_chilipiper.api.http.answer import read
from airflow_chilipiper.api.patterns.concierge import Concierge
from airflow_chilipiper.api.patterns.handoff import Handoff
from airflow_chilipiper.api.patterns.offer import Booked, Offer
from airflow_chilipiper.api.patterns.pattern import Pattern
from airflow_chilipiper.api.patterns.scheduling_link import SchedulingLink
from tests.unit.api.patterns.test_concierge import WEEK

A, B = "2026-11-03T09:30:00Z", "2026-11-03T10:30:00Z"
OBJECT = {"startTime": A, "attendees": [{"userId": "u1"}]}

CONCIERGE = Concierge(router_slug="in", trigger="InAppButton", form={"PersonEmail": "jo@example.com"})
LINK = SchedulingLink(link={"type": "RoundRobin", "linkId": "l"}, guest="jo@example.com")
HANDOFF = Handoff(workspace_id="w", booker_id="b", guest="jo@example.com", router_id="asked")

ROUTE, ROUTING = {"routeId": "s"}, {"routingId": "s"}


def data(**fields: Any) -> dict[str, Any]:
    return ROUTE | {"schedulingData": fields}


def path(**fields: Any) -> dict[str, Any]:
    return ROUTING | {"routers": [{"routerId": "r", "pathResults": [{"type": "Later", "pathId": "p"} | fields]}]}


FREE: list[tuple[Pattern, Any, list[str]]] = [
    (CONCIERGE, data(startTimes=[A, B]), [A, B]),
    (CONCIERGE, data(startTimes=[OBJECT]), [A]),
    (CONCIERGE, data(startTimes=[{"start": A}]), [A]),
    (CONCIERGE, data(startTimes=["soon", A]), [A]),
    (CONCIERGE, data(startTimes=["2026-11-03T09:30:00z"]), ["2026-11-03T09:30:00z"]),
    (CONCIERGE, data(slots=[A]), [A]),
    (CONCIERGE, data(availableTimes=[OBJECT], timeoutInMS=5), [A]),
    (CONCIERGE, data(startTimes=[A], busy=[B]), [A]),
    (CONCIERGE, data() | {"startTimes": [A]}, [A]),
    (CONCIERGE, data() | {"slots": [A]}, [A]),
    (CONCIERGE, ROUTE | {"startTimes": [A], "schedulingData": None}, [A]),
    (CONCIERGE, ROUTE | {"slots": [A]}, [A]),
    (CONCIERGE, {"data": data(startTimes=[A])}, [A]),
    (CONCIERGE, {"result": data(startTimes=[A])}, [A]),
    (CONCIERGE, {"Success": data(startTimes=[A])}, [A]),
    (CONCIERGE, {"data": {"Success": data(startTimes=[A])}}, [A]),
    (CONCIERGE, {"Success": {"data": data(startTimes=[A])}}, [A]),
    (CONCIERGE, {"type": "Success", "data": data(startTimes=[A])}, [A]),
    (CONCIERGE, {"success": True, "data": data(startTimes=[A])}, [A]),
    (CONCIERGE, {"sessionId": "s", "schedulingData": {"startTimes": [A]}}, [A]),
    (CONCIERGE, {"session": {"id": "s"}, "schedulingData": {"startTimes": [A]}}, [A]),
    (LINK, ROUTE | {"startTimes": [A]}, [A]),
    (LINK, ROUTE | {"slots": [OBJECT]}, [A]),
    (LINK, ROUTE | {"times": [A], "formFields": []}, [A]),
    (LINK, {"data": ROUTE | {"startTimes": [A]}}, [A]),
    (LINK, {"Success": {"routingId": "s", "startTimes": [A]}}, [A]),
    (HANDOFF, path(startTimes=[A]), [A]),
    (HANDOFF, path(slots=[A]), [A]),
    (HANDOFF, path(result={"startTimes": [A]}), [A]),
    (HANDOFF, path(later={"pathId": "q", "result": {"startTimes": [A]}}), [A]),
    (HANDOFF, {"data": path(startTimes=[A])}, [A]),
    (HANDOFF, ROUTING | {"routers": [{"routerId": "r", "paths": [{"pathId": "p", "startTimes": [A]}]}]}, [A]),
    (HANDOFF, ROUTING | {"routers": [{"routerId": "r", "paths": {"p": {"startTimes": [A]}}}]}, [A]),
    (HANDOFF, ROUTING | {"routers": {"r": {"pathResults": {"p": {"startTimes": [A]}}}}}, [A]),
    (HANDOFF, ROUTING | {"paths": [{"routerId": "r", "pathId": "p", "startTimes": [A]}]}, [A]),
    (HANDOFF, ROUTING | {"paths": {"p": {"startTimes": [A]}}}, [A]),
    (HANDOFF, ROUTING | {"pathResults": [{"pathId": "p", "startTimes": [A]}]}, [A]),
]
EMPTY: list[tuple[Pattern, Any, tuple[str, ...]]] = [
    (CONCIERGE, data(startTimes=[]), ()),
    (CONCIERGE, data(startTimes=None), ()),
    (CONCIERGE, data(), ("no list of slots was sent",)),
    (CONCIERGE, data(timeoutInMS=5, failures={}), ("no list of slots was sent",)),
    (CONCIERGE, ROUTE | {"startTimes": []}, ()),
    (
        CONCIERGE,
        data(
            startTimes=[], failures={"u1": "NoTimezone", "u2": {"type": "NoTimezone"}, "u3": "jo@example.com is away"}
        ),
        ("2 users left out: NoTimezone", "1 user left out: no reason that can be shown"),
    ),
    (LINK, ROUTE | {"startTimes": []}, ()),
    (LINK, ROUTE, ("no list of slots was sent",)),
    (
        LINK,
        ROUTE | {"formFields": [], "failures": {"u1": "Other"}},
        ("no list of slots was sent", "1 user left out: Other"),
    ),
    (HANDOFF, path(startTimes=[]), ()),
    (HANDOFF, path(startTimes=None, failures={"u1": {"type": "Other"}}), ("1 user left out: Other",)),
    (HANDOFF, path(), ("no list of slots was sent for 1 of 1 paths",)),
    (HANDOFF, ROUTING | {"routers": []}, ("no path matched",)),
    (HANDOFF, ROUTING | {"routers": None, "guestEmail": "jo@example.com"}, ("no path matched",)),
    (HANDOFF, ROUTING, ("no path matched",)),
    (HANDOFF, ROUTING | {"routers": [{"routerId": "r"}]}, ("no path matched",)),
]
ODD: list[tuple[Pattern, Any]] = [
    *[(CONCIERGE, body) for body in (
        ROUTE, data() | {"schedulingData": None}, data() | {"schedulingData": "none"}, data(slots=[]), data(days={}),
        data(slots={"2026-11-03": [A]}), data(busy=[A]), data(blockedTimes=[OBJECT]), data(a=[A], b=[B]),
        data(free=[A], busy=[B]), data(startTimes={"a": A}), data(startTimes="x"), data(nextSlot=A),
        data(first={"at": A}),
        data(slots=[{"time": A}]), data(startTimes=["soon"]), {"schedulingData": {"startTimes": [A]}},
        {"routeId": 5, "schedulingData": {"startTimes": [A]}}, [], None, "ok", {"data": [A]},
    )],
    *[(LINK, body) for body in (
        {}, {"startTimes": [A]}, ROUTE | {"slots": []}, ROUTE | {"busy": [A]}, ROUTE | {"days": {"x": [A]}},
        ROUTE | {"slots": {"startTimes": [A]}}, ROUTE | {"a": [A], "b": [A]}, ROUTE | {"startTimes": 5}, {"data": []},
    )],
    *[(HANDOFF, body) for body in (
        {}, path(slots=[]), path(busy=[A]), path(days={"x": [A]}), path(pathId=None, startTimes=[A]),
        path(pathId=None, slots=[A]), ROUTING | {"slots": [A]}, ROUTING | {"matches": []},
        ROUTING | {"routers": [{"routerId": "r", "matches": [{"pathId": "p", "startTimes": [A]}]}]},
        ROUTING | {"routers": "x"}, ROUTING | {"routers": [{"routerId": "r", "paths": "x"}]},
        {"routers": [{"routerId": "r", "paths": [{"pathId": "p", "startTimes": [A]}]}]},
    )],
]  # fmt: skip
FAILED: list[Any] = [
    {"type": "Failure", "reason": "no calendar"},
    {"Failure": {"reason": "no calendar"}},
    {"Failure": "no calendar"},
    {"data": {"Failure": {"reason": "no calendar"}}},
    {"data": {"success": False, "message": "no calendar"}},
    {"success": False, "message": "no calendar"},
    {"errorCode": "NoCalendar", "errorMessage": "no calendar"},
]


def opened(pattern: Pattern, body: Any) -> Offer:
    call: Call[Offer] = pattern.open(WEEK)
    return read(call, 200, {"content-type": "application/json"}, json.dumps(body).encode())


@pytest.mark.parametrize(("pattern", "body", "starts"), FREE)
def test_slots_are_found(pattern: Pattern, body: Any, starts: list[str]) -> None:
    offer = opened(pattern, body)
    assert (offer.session, [slot.start_as_sent for slot in offer.slots]) == ("s", starts)


@pytest.mark.parametrize(("pattern", "body", "remarks"), EMPTY)
def test_nothing_is_free_where_that_is_said(pattern: Pattern, body: Any, remarks: tuple[str, ...]) -> None:
    offer = opened(pattern, body)
    assert (len(offer.slots), offer.allowed, offer.remarks) == (0, True, remarks)


@pytest.mark.parametrize(("pattern", "body"), ODD)
def test_what_is_not_understood_is_unreadable_and_says_its_shape(pattern: Pattern, body: Any) -> None:
    with pytest.raises(Unreadable) as caught:
        list(opened(pattern, body).slots)
    assert A not in str(caught.value)


@pytest.mark.parametrize("pattern", [CONCIERGE, LINK, HANDOFF])
@pytest.mark.parametrize("body", FAILED)
def test_a_failure_in_a_200_is_a_refusal_with_its_reason(pattern: Pattern, body: Any) -> None:
    with pytest.raises(Refused, match="no calendar") as caught:
        opened(pattern, body)
    assert caught.value.status == 200


def test_a_failure_speaks_as_elsewhere() -> None:
    with pytest.raises(SessionGone):
        opened(CONCIERGE, {"errorCode": "RoutingExpired"})


def test_the_shape_names_and_types_and_no_value() -> None:
    body = ROUTE | {"schedulingData": {"days": {"2026-11-03": [A, B], "jo@example.com": 1}}, "Doering": None}
    with pytest.raises(Unreadable) as caught:
        opened(CONCIERGE, body)
    expected = "{routeId: text, schedulingData: {days: {*: number}}, Doering: null}"
    assert str(caught.value).endswith(f"it was {expected}")


def test_a_disqualified_lead_needs_no_list() -> None:
    assert not opened(CONCIERGE, {"schedulingAllowed": False, "anything": [A]}).allowed


# What booking answers

MADE: list[Any] = [
    {"meetingId": "m"},
    {"type": "Success", "meetingId": "m"},
    {"Success": {"meetingId": "m"}},
    {"data": {"meetingId": "m"}},
    {"result": {"type": "Success", "meetingId": "m"}},
    {"data": {"Success": {"meetingId": "m"}}},
    {"success": True, "data": {"meetingId": "m", "failures": []}},
    {"host": {"userId": "u"}, "scheduleMeetingResult": {"type": "Success", "meetingId": "m"}},
    {"data": {"scheduleMeetingResult": {"meetingId": "m"}}},
    {"meetingId": "m" * 255},
]
NOT_SAID: list[Any] = [
    {}, [], None, "ok", 5, {"id": "m"}, {"meeting": {"id": "m"}}, {"meetingId": None}, {"meetingId": ""},
    {"meetingId": " "}, {"meetingId": 5}, {"meetingId": ["m"]}, {"meetingId": {"id": "m"}}, {"type": "Success"},
    {"meetingId": "m" * 256}, {"meetingId": "m" * 10**6}, {"meetingId": "m\x1b[31m"}, {"meetingId": "m\n"},
    {"meetingId": "m\u2028"}, {"meetingId": "m\u200b"}, {"meetingId": "\ud800"}, {"data": [{"meetingId": "m"}]},
    *[failed | {"meetingId": "m"} for failed in FAILED if len(failed) > 1],
    {"Failure": {"reason": "no calendar", "meetingId": "m"}}, {"data": {"success": False, "meetingId": "m"}},
]  # fmt: skip


def booked(pattern: Pattern, body: Any) -> Booked:
    offer = opened(pattern, next(body for each, body, _ in FREE if each is pattern))
    call: Call[Booked] = pattern.book(offer.slots[0], offer)
    return read(call, 200, {"content-type": "application/json"}, json.dumps(body).encode())


@pytest.mark.parametrize("pattern", [CONCIERGE, LINK, HANDOFF])
@pytest.mark.parametrize("body", MADE, ids=lambda body: json.dumps(body)[:60])
def test_a_meeting_is_found(pattern: Pattern, body: Any) -> None:
    assert set(booked(pattern, body).meeting_id) == {"m"}


@pytest.mark.parametrize("pattern", [CONCIERGE, LINK, HANDOFF])
@pytest.mark.parametrize("body", FAILED)
def test_a_failure_of_a_booking_is_a_refusal_with_its_reason(pattern: Pattern, body: Any) -> None:
    with pytest.raises(Refused, match="no calendar"):
        booked(pattern, body)


@pytest.mark.parametrize("pattern", [CONCIERGE, LINK, HANDOFF])
@pytest.mark.parametrize("body", NOT_SAID, ids=lambda body: json.dumps(body)[:60])
def test_a_booking_that_names_no_meeting_and_no_failure_is_unreadable(pattern: Pattern, body: Any) -> None:
    """Which is doubt: an id that no column takes is none."""
    with pytest.raises(Unreadable):
        booked(pattern, body)


@pytest.mark.parametrize("session", ["s\x00", "s\n", "s" * 2_001, "\x1b"])
def test_a_session_that_no_address_can_have_is_unreadable(session: str) -> None:
    with pytest.raises(Unreadable, match="session id"):
        opened(CONCIERGE, {"routeId": session, "schedulingData": {"startTimes": [A]}})
