"""When a look at the meeting list is worth it, and which meetings are evidence."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from airflow_chilipiper.api import errors
from airflow_chilipiper.api.models import Slot
from airflow_chilipiper.api.world import block
from airflow_chilipiper.booking.ledger import Row
from airflow_chilipiper.booking.reconcile import SKEW, is_worth_a_look, look_for_meetings
from tests.api.handmade import Handmade

START = datetime(2026, 11, 3, 9, 30, tzinfo=UTC)
SENT_AT = datetime(2026, 11, 2, 8, 0, tzinfo=UTC).timestamp()
SENT = Row(key="k", purpose="p", mark="m", state="sent", sent_at=SENT_AT)
SLOT = Slot("/book", START, "2026-11-03T10:30:00+01:00")


def a_meeting(**changes: Any) -> dict[str, Any]:
    row = {
        "meetingId": "m1",
        "dateTime": {"start": "2026-11-03T09:30:00Z", "end": "2026-11-03T10:00:00Z"},
        "meetingStatus": "Active",
        "bookedAt": "2026-11-02T08:00:01Z",
        "primaryGuest": {"value": "jo@example.com"},
    } | changes
    return {name: value for name, value in row.items() if value is not None}


def listed(*rows: dict[str, Any]) -> dict[str, Any]:
    return {"data": {"list": list(rows)}, "hasMore": "No"}


def look(*bodies: Any, guests: tuple[str, ...] = ("jo@example.com",)) -> tuple[list[str], Handmade]:
    world = Handmade(*bodies)
    return [meeting.meeting_id for meeting in block(look_for_meetings(guests, SLOT, SENT, world))], world


def refused(kind: type[errors.Refused], status: int, code: str | None) -> errors.Refused:
    return kind("no", status=status, code=code)


@pytest.mark.parametrize(
    ("doubt", "worth"),
    [
        (refused(errors.Refused, 409, "SlotTaken"), True),
        (refused(errors.Refused, 422, "Whatever"), True),
        (refused(errors.NotFound, 404, "RouteNotFound"), True),
        (refused(errors.NotFound, 404, None), False),
        (refused(errors.SessionGone, 409, "SessionUsed"), False),
        (refused(errors.ServerBroken, 409, None), False),
        (refused(errors.ServerBroken, 408, "Timeout"), False),
        (refused(errors.ServerBroken, 500, "Internal"), False),
        (refused(errors.Refused, 500, "Internal"), False),
        (errors.NoAnswer(), False),
        (errors.Unreadable(), False),
        (RuntimeError(), False),
    ],
)
def test_only_a_4xx_in_chili_pipers_own_words_is_worth_a_look(doubt: Exception, worth: bool) -> None:
    assert is_worth_a_look(doubt) is worth


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"meetingStatus": "Canceled"},
        {"meetingStatus": "NoShow"},
        {"dateTime": {"start": "2026-11-03T10:30:00+01:00"}},
        {"dateTime": None},
        {"bookedAt": None},
        {"bookedAt": "2026-11-02T07:55:00Z"},
        {"primaryGuest": None},
        {"primaryGuest": {"value": "JO@example.com"}},
    ],
    ids=str,
)
def test_a_meeting_that_may_be_ours_is_found(changes: dict[str, Any]) -> None:
    """A cancelled one was booked too, clocks may differ, and what a row does not say is no alibi."""
    assert look(listed(a_meeting(**changes)))[0] == ["m1"]


@pytest.mark.parametrize(
    "changes",
    [
        {"bookedAt": "2026-11-02T07:54:59Z"},
        {"dateTime": {"start": "2026-11-03T09:30:30Z"}},
        {"primaryGuest": {"value": "ann@example.com"}},
    ],
    ids=str,
)
def test_a_meeting_that_cannot_be_ours_is_not(changes: dict[str, Any]) -> None:
    assert look(listed(a_meeting(**changes)))[0] == []


def test_the_list_is_asked_for_the_guest_around_the_slot_in_any_status() -> None:
    _, world = look(listed())
    (call,) = world.calls
    span = {"start": "2026-11-03T09:30:00Z", "end": "2026-11-03T09:31:00Z"}
    assert call.body == {**span, "guestEmail": "jo@example.com", "page": 0, "pageSize": 50}


def test_every_guest_who_may_have_been_invited_is_asked_for_and_a_meeting_counts_once() -> None:
    found, world = look(
        listed(a_meeting(primaryGuest=None)),
        listed(a_meeting(primaryGuest=None), a_meeting(meetingId="m2", primaryGuest={"value": "x@y.com"})),
        guests=("jo@example.com", "x@y.com"),
    )
    assert found == ["m1", "m2"]
    assert [call.body["guestEmail"] for call in world.calls] == ["jo@example.com", "x@y.com"]


def test_a_row_that_does_not_say_when_it_was_sent_leaves_no_meeting_out() -> None:
    world = Handmade(listed(a_meeting(bookedAt="2020-01-01T00:00:00Z")))
    assert len(block(look_for_meetings(("jo@example.com",), SLOT, replace(SENT, sent_at=None), world))) == 1


def test_clocks_may_differ_by_five_minutes() -> None:
    assert SKEW == 300
