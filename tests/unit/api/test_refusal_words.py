"""What a refusal speaks of; the careful reading is "done", and "slot" is said only where nothing else can be meant."""

from __future__ import annotations

import time

import pytest

from airflow_chilipiper.api.refusal_words import speaks_of

DONE = [
    "AlreadyBooked . This guest is already booked",
    "AlreadyScheduled",
    "DuplicateRequest",
    "DuplicateBooking",
    "EventExists",
    "AlreadyExists",
    "UserAlreadyExists",
    "MeetingExists . A meeting was created before",
    "MeetingAlreadyScheduled",
    "Conflict . A meeting was already booked for this guest",
    "Conflict . Already booked: meeting 123",
    "A meeting was already scheduled for this routing",
    "Conflict . There already is a meeting at this time",
    "HostAlreadyBooked . The host already has a meeting then",
    "The guest has an existing appointment",
    "guest already invited",
    "the host was already invited",
    "Invitation already sent",
    "BookingAlreadyConfirmed",
    "This request was processed before",
    "Double booking",
    "A booking for this time already exists",
    "Meeting cannot be created twice",
    "The meeting was not created because one exists",
    "A second meeting is not allowed",
    "There is another event of this guest",
    "You have already booked this slot",
    "The slot was already booked by this guest",
    "Guest is already scheduled in this time slot",
    "The time was already scheduled for this e-mail",
    "A slot was already booked in this routing",
    "Already booked at this time",
    "Already booked for that time",
    "Already taken: time slot",
    "RoutingSessionExpired",
    "SessionNotFound",
    "SESSION_ALREADY_USED",
    "routing-session-consumed",
    "RouteNotFound",
    "InvalidSession",
    "UnknownRoutingId",
    "SessionTimedOut . the session timed out",
    "Gone . Session 9413f879 is no longer valid",
    "Gone . The session does not exist",
    "Session isn't active anymore",
    "Session isn\u2019t known",
    "Session cannot be used again",
    "Session cannot be spent",
    "no such session",
    "Whatever . routing is complete",
    "Routing was already used",
    "Conflict . The time of your session has expired",
    "Conflict . This routing session has already been used to book the slot",
]
SLOT = [
    "SlotAlreadyTaken",
    "Slot already booked",
    "TimeslotTaken",
    "SlotConflict",
    "SlotUnavailable",
    "TimeNotAvailable",
    "HostAlreadyBooked",
    "Conflict . The time slot was already booked",
    "this slot is already booked",
    "This slot was previously booked",
    "The time you selected has already been booked",
    "The time slot you requested is no longer available",
    "The slot is no longer available",
    "slot no longer free",
    "no slots available",
    "The selected time is not available",
    "This time is taken",
    "Host is busy",
    "The host isn't free then",
    "Host unavailable at this time",
    "StartTimeUnknown . startTime was not found",
    "Slot expired",
]
NEITHER = [
    "",
    "Conflict",
    "Locked",
    "ProxiedCallError",
    "taken",
    "SlotNotAvailable . The slot is no longer available for this session",
    "The slot is no longer available for this meeting",
    "SlotConflict . the guest is busy",
    "Meeting type is not available for this host",
    "Calendar is not available at this time",
    "Invalid time zone",
    "ConciergeRouterNotFound . Router inbound-demo not found",
    "SchedulingLinkNotFound",
    "Link does not exist",
    "RouterRoutingNotRepresentable",
    "Conflict . The meeting limit of this guest is reached",
    "ValidationError . The session is fine, but what you gave us as an e-mail of the guest is invalid",
    "MissingRequiredField . the form lacks PersonEmail",
    "subroute expired",
    "The meeting could not be booked",
    "Failed to create the event",
    "Unable to schedule the meeting",
    "nothing was booked",
    "No meeting has been created",
    "A form must be used",
    "BookingFailed",
    "SchedulingFailed",
    "Please try again later",
]


@pytest.mark.parametrize("text", DONE)
def test_of_something_done_before_or_a_session_that_is_over(text: str) -> None:
    assert speaks_of(text) == "done"


@pytest.mark.parametrize("text", SLOT)
def test_of_the_slot_alone(text: str) -> None:
    assert speaks_of(text) == "slot"


@pytest.mark.parametrize("text", NEITHER)
def test_of_neither(text: str) -> None:
    assert speaks_of(text) == "neither"


@pytest.mark.parametrize("text", ["session not " * 1000, "no " * 10_000_000, "notBookedSlot" * 3_000_000])
def test_a_long_text_takes_no_longer(text: str) -> None:
    """Whoever answers decides how long it is; the start is read."""
    began = time.process_time()
    speaks_of(text)
    assert time.process_time() - began < 0.5
