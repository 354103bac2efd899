"""Which refusals speak of a session used up or a meeting already made: there a booking has to be looked for."""

from __future__ import annotations

import pytest

from airflow_chilipiper.api.http.session_words import speaks_of_session


@pytest.mark.parametrize(
    "text",
    [
        "RoutingSessionExpired",
        "SessionNotFound",
        "SESSION_ALREADY_USED",
        "routing-session-consumed",
        "RouteNotFound",
        "InvalidSession",
        "SessionTimedOut . the session timed out",
        "Conflict . This routing session has already been used to book the slot",
        "Gone . Session 9413f879 is no longer valid",
        "Gone . The session does not exist",
        "UnknownRoutingId",
        "Whatever . routing is complete",
        "Conflict . The time of your session has expired",
        "MeetingAlreadyScheduled",
        "Conflict . A meeting was already booked for this guest",
        "Conflict . Already booked: meeting 123",
    ],
)
def test_the_session_or_the_meeting(text: str) -> None:
    assert speaks_of_session(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "SlotAlreadyTaken",
        "SlotNotAvailable . The slot is no longer available for this session",
        "StartTimeUnknown . startTime was not found in this session's times",
        "HostAlreadyBooked . The host already has a meeting then",
        "Conflict . There already is a meeting at this time",
        "Conflict . The time slot was already booked",
        "ConciergeRouterNotFound . Router inbound-demo not found",
        "SchedulingLinkNotFound",
        "RouterRoutingNotRepresentable",
        "Conflict . The meeting limit of this guest is reached",
        "ValidationError . The session is fine, but what you gave us as an e-mail of the guest is invalid",
        "UserAlreadyExists",
        "subroute expired",
    ],
)
def test_something_else(text: str) -> None:
    assert not speaks_of_session(text)
