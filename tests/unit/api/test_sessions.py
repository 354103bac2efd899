"""A session that is offered twice is nobody's, and a meeting is that of who was answered with it first."""

from __future__ import annotations

import pytest

from airflow_chilipiper.api.errors import Unreadable
from airflow_chilipiper.api.patterns.offer import Booked, Offer
from airflow_chilipiper.api.sessions import REMEMBERED_FOR, Sessions


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_both_calls_are_told() -> None:
    """The second at once, and the first before it spends the session, or when it has."""
    sessions = Sessions(Clock())
    offer = Offer(session="a")
    assert sessions.believe(offer) is offer
    sessions.believe(Offer(session="b"))
    sessions.check("a")
    with pytest.raises(Unreadable, match="the same session was offered to two calls"):
        sessions.believe(offer)
    with pytest.raises(Unreadable):
        sessions.check("a")
    sessions.check("b")


def test_none_is_forgotten_for_an_hour_and_each_within_two() -> None:
    """Whoever runs for days, as a triggerer does, does not remember all of them."""
    clock = Clock()
    sessions = Sessions(clock)
    for clock.now in (0.0, REMEMBERED_FOR + 1):
        sessions.believe(Offer(session=f"at {clock.now}"))
    with pytest.raises(Unreadable):
        sessions.believe(Offer(session="at 0.0"))
    for clock.now in (2 * REMEMBERED_FOR + 2, 3 * REMEMBERED_FOR + 3):
        sessions.believe(Offer(session=f"at {clock.now}"))
    sessions.believe(Offer(session=f"at {REMEMBERED_FOR + 1}"))


def test_a_meeting_is_not_believed_a_second_time() -> None:
    """Nor taken for a session, of whatever name."""
    sessions = Sessions(Clock())
    sessions.believe(Offer(session="m"))
    assert sessions.believe(Booked(meeting_id="m")).meeting_id == "m"
    sessions.check("m")
    with pytest.raises(Unreadable, match="the same meeting was answered to two bookings"):
        sessions.believe(Booked(meeting_id="m"))


def test_an_answer_that_offers_nothing_may_come_again() -> None:
    sessions, closed = Sessions(Clock()), Offer(session="", allowed=False)
    for _ in range(2):
        assert sessions.believe(closed) is closed
        assert sessions.believe("ok") == "ok"
