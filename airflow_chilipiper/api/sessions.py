"""The sessions that were offered, so that an answer is known that belongs to another call."""

from __future__ import annotations

from collections.abc import Callable

from airflow_chilipiper.api.errors import Unreadable

REMEMBERED_FOR = 3600.0  # seconds, at least; an answer that came twice is read with the next call or the one after


class Sessions:
    """A session that is offered twice is nobody's: one of its openings has read the answer of another.

    What was spent on it may have invited either guest.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._now, self._since = now, now()
        self._offered, self._before = set[int](), set[int]()
        self._twice = set[int]()

    def offered(self, session: str) -> None:
        """Raises Unreadable where it was offered before."""
        if self._now() - self._since > REMEMBERED_FOR:
            self._offered, self._before, self._since = set(), self._offered, self._now()
        mark = hash(session)
        if mark in self._offered or mark in self._before:
            self._twice.add(mark)
        self._offered.add(mark)
        self.check(session)

    def check(self, session: str) -> None:
        """Raises Unreadable where it was offered twice."""
        if hash(session) in self._twice:
            raise Unreadable("the same session was offered to two calls, so it is not known whose it is")
