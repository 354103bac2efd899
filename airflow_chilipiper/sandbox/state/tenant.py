"""The imitated tenant: one locked object that holds everything which changes."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import RLock
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from airflow_chilipiper.sandbox.http.answers import Refused, error_answer
from airflow_chilipiper.sandbox.http.decoding import Interval
from airflow_chilipiper.sandbox.http.times import read_instant, write_instant
from airflow_chilipiper.sandbox.state.calendar import Calendar, Slot
from airflow_chilipiper.sandbox.state.catalogue import Catalogue, Target
from airflow_chilipiper.sandbox.state.sessions import Meeting, Place, Session
from airflow_chilipiper.sandbox.state.variants import Variants


class Tenant:
    """`now` is the clock in seconds since 1970; whoever touches the tenant from outside holds `lock`."""

    def __init__(self, catalogue: Catalogue, *, now: Callable[[], float] = time.time, seed: int = 0) -> None:
        self.lock = RLock()
        self.now = now
        self.variants = Variants()
        self.catalogue = catalogue
        self.calendar = Calendar(catalogue.users.values(), seed=seed)
        self.sessions: dict[str, Session] = {}
        self.tokens: dict[str, frozenset[str]] = {}
        self.session_seconds: dict[str, float] = {"concierge": 600}
        self.notice_seconds = 3_600.0
        self.horizon_seconds = 60 * 86_400.0
        self.list_lag_seconds = 0.0
        self._meetings: dict[str, Meeting] = {}
        self._of_guest: dict[str, list[Meeting]] = {}
        self._of_session: dict[str, Meeting] = {}
        self._pending: list[tuple[float, Meeting]] = []
        self._seed = seed
        self._ids = 0

    def new_id(self, kind: str) -> str:
        self._ids += 1
        return str(uuid5(NAMESPACE_URL, f"sandbox/{self._seed}/{kind}/{self._ids}"))

    def lifetime_of(self, pattern: str) -> float:
        """How many seconds its sessions last; those that `session_seconds` does not name, a quarter of an hour."""
        return self.session_seconds.get(pattern, 900)

    def open_session(self, pattern: str, **known: Any) -> Session:
        now = self.now()
        session = Session(self.new_id("session"), pattern, now, now + self.lifetime_of(pattern), **known)
        self.sessions[session.id] = session
        return session

    def offer(
        self, session: Session, place: Place, target: Target, *, meeting_type: str, interval: Interval
    ) -> list[Slot]:
        """The target's slots, remembered with the session by their start as it is sent."""
        slots = self.free_slots(target, meeting_type=meeting_type, interval=interval)
        session.meeting_types[place] = meeting_type
        session.offered[place] = {self.write(slot.start): slot for slot in slots}
        return slots

    def free_slots(self, target: Target, *, meeting_type: str, interval: Interval) -> list[Slot]:
        """Slots from the start of the interval that keep the minimum notice, in order."""
        now = self.now()
        begin = max(interval.starts_at, now + self.notice_seconds)
        end = min(interval.starts_at + interval.duration, now + self.horizon_seconds)
        return self.calendar.slots(
            target, begin=begin, end=end, minutes=self.catalogue.meeting_types[meeting_type].minutes
        )

    def write(self, seconds: float) -> str:
        return write_instant(seconds, millis=self.variants.fractional_seconds)

    def add_meeting(self, meeting: Meeting, *, delay: float | None = None) -> None:
        """With a delay the slot is gone at once, but the meeting exists only once that time has passed."""
        if delay is None:
            self._commit(meeting)
        else:
            self._pending.append((self.now() + delay, meeting))

    def tick(self, *, everything: bool = True) -> None:
        """Make the meetings whose commit was delayed: all of them, or those that are due."""
        now = self.now()
        due = [(at, meeting) for at, meeting in self._pending if everything or at <= now]
        self._pending = [(at, meeting) for at, meeting in self._pending if not everything and at > now]
        for at, meeting in due:
            meeting.booked_at = min(at, now)
            self._commit(meeting)

    def _commit(self, meeting: Meeting) -> None:
        self._meetings[meeting.id] = meeting
        self._of_guest.setdefault(meeting.guest.lower(), []).append(meeting)
        self._of_session[meeting.session] = meeting

    def meetings(self, guest: str | None = None) -> list[Meeting]:
        """Every meeting that exists by now, or those of one guest (case does not matter)."""
        self.tick(everything=False)
        return list(self._meetings.values()) if guest is None else list(self._of_guest.get(guest.lower(), ()))

    def meeting(self, meeting_id: str) -> Meeting | None:
        self.tick(everything=False)
        return self._meetings.get(meeting_id)

    def meeting_of(self, session_id: str) -> Meeting | None:
        self.tick(everything=False)
        return self._of_session.get(session_id)

    def is_booking(self, session_id: str) -> bool:
        """Whether the session's meeting will be made, but is not yet."""
        return any(meeting.session == session_id for _, meeting in self._pending)

    def cancel(self, meeting_id: str) -> None:
        """A person cancels a meeting; its hosts have that time again."""
        with self.lock:
            meeting = self._active(meeting_id)
            self.calendar.release(meeting.hosts, start=meeting.start, minutes=meeting.minutes)
            meeting.status = "Canceled"

    def reschedule(self, meeting_id: str, *, after: str) -> str:
        """A person moves a meeting to the first time from then on at which its hosts are free; the new start."""
        with self.lock:
            meeting = self._active(meeting_id)
            first, length = read_instant(after), meeting.minutes
            until = first + self.horizon_seconds
            start = self.calendar.take_next(meeting.hosts, after=first, until=until, minutes=length)
            if start is None:
                raise ValueError(f"the hosts of {meeting_id} have no time from {after} on")
            self.calendar.release(meeting.hosts, start=meeting.start, minutes=length)
            meeting.start = start
            return self.write(start)

    def _active(self, meeting_id: str) -> Meeting:
        meeting = self.meeting(meeting_id)
        if meeting is None or meeting.status != "Active":
            raise ValueError(f"there is no active meeting {meeting_id}")
        return meeting

    def refusal(self, reason: str, message: str, **arguments: str) -> Refused:
        status, code = self.variants.codes[reason]
        return Refused(error_answer(status, code, message, arguments))
