"""The sessions and meetings that were answered, so that an answer is known that belongs to another call."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from airflow_chilipiper.api.errors import Unreadable
from airflow_chilipiper.api.patterns.offer import Booked, Offer

T = TypeVar("T")
REMEMBERED_FOR = 3600.0  # seconds, at least; an answer that came twice is read with the next call or the one after


class Sessions:
    """A session that is offered twice is nobody's: one of its openings has read the answer of another.

    What was spent on it may have invited either guest. A meeting belongs to the booking that was answered with it
    first, as answers come in their order.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._now, self._since = now, now()
        self._seen, self._before = set[int](), set[int]()
        self._twice = set[int]()

    def believe(self, answer: T) -> T:
        """*answer*; Unreadable where it offers a session, or names a meeting, that was another call's."""
        if isinstance(answer, Offer) and answer.session:
            if self._is_known(answer.session):
                self._twice.add(hash(answer.session))
            self.check(answer.session)
        elif isinstance(answer, Booked) and self._is_known(("a meeting", answer.meeting_id)):
            raise Unreadable("the same meeting was answered to two bookings, so it is not known whose it is")
        return answer

    def check(self, session: str) -> None:
        """Raises Unreadable where it was offered twice."""
        if hash(session) in self._twice:
            raise Unreadable("the same session was offered to two calls, so it is not known whose it is")

    def _is_known(self, what: str | tuple[str, str]) -> bool:
        """From now on it is."""
        if self._now() - self._since > REMEMBERED_FOR:
            self._seen, self._before, self._since = set(), self._seen, self._now()
        mark = hash(what)
        known = mark in self._seen or mark in self._before
        self._seen.add(mark)
        return known
