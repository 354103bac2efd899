"""A session that is offered twice is nobody's."""

from __future__ import annotations

import pytest

from airflow_chilipiper.api.errors import Unreadable
from airflow_chilipiper.api.sessions import REMEMBERED_FOR, Sessions


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_both_calls_are_told() -> None:
    """The second at once, and the first before it spends the session, or when it has."""
    sessions = Sessions(Clock())
    sessions.offered("a")
    sessions.offered("b")
    sessions.check("a")
    with pytest.raises(Unreadable, match="the same session was offered to two calls"):
        sessions.offered("a")
    with pytest.raises(Unreadable):
        sessions.check("a")
    sessions.check("b")


def test_none_is_forgotten_for_an_hour_and_each_within_two() -> None:
    """Whoever runs for days, as a triggerer does, does not remember all of them."""
    clock = Clock()
    sessions = Sessions(clock)
    for clock.now in (0.0, REMEMBERED_FOR + 1):
        sessions.offered(f"at {clock.now}")
    with pytest.raises(Unreadable):
        sessions.offered("at 0.0")
    for clock.now in (2 * REMEMBERED_FOR + 2, 3 * REMEMBERED_FOR + 3):
        sessions.offered(f"at {clock.now}")
    sessions.offered(f"at {REMEMBERED_FOR + 1}")
