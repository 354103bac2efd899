"""Chili Piper as it truly is: what it was asked, what it made of it and when, and what it shows of that.

Beside `tests.fake_chilipiper`, since here time passes: a request is on its way, read, acted upon and listed at moments
of its own, and the judge knows them all.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from math import inf
from typing import Any, Literal

from airflow_chilipiper.api import errors
from airflow_chilipiper.api.call import Call
from tests.protocol.model.clocks import EPOCH, Time

SLOTS = [datetime(2026, 11, 3, 9, tzinfo=UTC) + timedelta(hours=number) for number in range(8)]
OPENING, BOOKING, LISTING = "concierge-route-by-slug", "concierge-schedule", "meeting-list-put"


@dataclass(eq=False)
class Session:
    id: str
    lead: str
    guest: str
    ends: float
    is_spent: bool = False


@dataclass(eq=False)
class Meeting:
    """One that was made for *lead*; the list shows it from `shown_at` on."""

    id: str
    lead: str
    guest: str
    start: datetime
    made_at: float
    shown_at: float
    booked_at: datetime
    status: str = "Active"

    def new_entry(self) -> dict[str, Any]:
        return {
            "meetingId": self.id,
            "dateTime": {"start": self.start.isoformat()},
            "bookedAt": self.booked_at.isoformat(),
            "primaryGuest": {"value": self.guest},
            "meetingStatus": self.status,
        }


@dataclass(eq=False)
class Request:
    """A booking call that has left: on its way, read (it will be acted upon whatever happens), done or lost.

    Its answer is what `reader` makes of `answer`.
    """

    session: Session
    start: datetime
    reader: Callable[[Any], Any]
    state: Literal["on its way", "read", "done", "lost"] = "on its way"
    answer: Any = None
    meeting: Meeting | None = None

    def may_book(self, now: float) -> bool:
        usable = self.state == "on its way" and not self.session.is_spent and now < self.session.ends
        return usable or (self.state == "read" and self.answer is None)


def refusing(kind: type[errors.Refused], status: int, code: str) -> Callable[[Any], Any]:
    def read(body: Any) -> Any:
        raise kind(code, status=status, code=code)

    return read


@dataclass
class ChiliPiper:
    """One calendar with a slot an hour, each for one meeting.

    A session lives for `lifetime` and is spent when the request for it is read, which is acted upon at most
    `processing` later; a meeting is in the list at most `list_lag` after it was made. `says_lifetime` is whether an
    offer does, `codes` whether a lost slot is answered in a coded 4xx or in a 200, and `offset` how its clock differs
    from true time. `made` is called with each meeting.
    """

    time: Time
    made: Callable[[Meeting], None]
    lifetime: float = inf
    processing: float = inf
    list_lag: float = inf
    says_lifetime: bool = True
    codes: bool = True
    offset: float = 0.0
    shows_log: bool = False
    sessions: dict[str, Session] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)
    meetings: list[Meeting] = field(default_factory=list)
    taken: set[datetime] = field(default_factory=set)

    def shows_end_of(self, session: str | None) -> bool:
        """Whether the log says of a session that it timed out; it may say so while a request is still worked on."""
        ended = self.sessions.get(session or "")
        is_booked = any(each.session is ended and each.meeting for each in self.requests)
        return self.shows_log and ended is not None and self.time.now >= ended.ends and not is_booked

    def ask(self, call: Call[Any], lead: str) -> Any:
        """Answer a call that may be repeated."""
        if call.operation == OPENING:
            return call.read(self._open(call.body["form"]["PersonEmail"], lead))
        if call.operation == LISTING:
            return call.read({"data": {"list": self._listed(call.body)}, "hasMore": "No"})
        if call.operation == "concierge-list-routers":
            return call.read([{"workspaceId": "w1", "router": {"id": "r1", "slug": "in"}}])
        if call.operation == "concierge-logs":
            return call.read({"results": self._logged(), "hasMore": "No"})
        raise AssertionError(f"nobody should ask {call.operation}")

    def send(self, call: Call[Any]) -> Request:
        """A booking call is on the wire."""
        session = self.sessions[call.path.split("/")[5]]
        self.requests.append(Request(session, datetime.fromisoformat(call.body["startTime"]), call.read))
        return self.requests[-1]

    def read(self, request: Request) -> None:
        """The request arrives. A session is spent once, and within its life."""
        if request.state != "on its way":
            return
        request.state, session = "read", request.session
        if session.is_spent or self.time.now >= session.ends:
            request.answer = {}
            request.reader = refusing(errors.SessionGone, 404, "RoutingSessionExpired")
        session.is_spent = True
        if self.processing < inf:
            self.time.at(self.time.now + self.processing, lambda: self.act(request))

    def act(self, request: Request) -> None:
        """The request that was read comes to a meeting, or not."""
        if request.state != "read":
            return
        request.state = "done"
        if request.answer is None and request.start in self.taken:
            request.answer = {"type": "Failure", "reason": "the slot is taken"}
            if self.codes:
                request.reader = refusing(errors.SlotGone, 409, "TimeslotTaken")
        if request.answer is None:
            request.meeting = self._make(request)
            request.answer = {"meetingId": request.meeting.id}

    def _open(self, guest: str, lead: str) -> dict[str, Any]:
        session = Session(f"session-{len(self.sessions)}", lead, guest, self.time.now + self.lifetime)
        self.sessions[session.id] = session
        starts = [slot.isoformat() for slot in SLOTS if slot not in self.taken]
        lifetime = {"timeoutInMS": self.lifetime * 1000} if self.says_lifetime and self.lifetime < inf else {}
        return {"routeId": session.id, "schedulingData": {"startTimes": starts, **lifetime}}

    def _make(self, request: Request) -> Meeting:
        now, session = self.time.now, request.session
        booked_at = datetime.fromtimestamp(EPOCH + now + self.offset, UTC)
        name = f"meeting-{len(self.meetings)}"
        meeting = Meeting(name, session.lead, session.guest, request.start, now, now + self.list_lag, booked_at)
        self.taken.add(request.start)
        self.meetings.append(meeting)
        self.made(meeting)
        return meeting

    def _logged(self) -> list[dict[str, Any]]:
        if not self.shows_log:
            raise errors.NotAllowed("the log is closed", status=403)
        booked = {request.session.id: request.meeting.id for request in self.requests if request.meeting}
        statuses = {id_: "Scheduled" if id_ in booked else "TimedOut" for id_ in self.sessions}
        return [
            {"id": id_, "status": status, "meetingId": booked.get(id_), "triggeredAt": "2026-11-02T09:00:00Z"}
            for id_, status in statuses.items()
            if id_ in booked or self.shows_end_of(id_)
        ]

    def _listed(self, asked: dict[str, Any]) -> list[dict[str, Any]]:
        shown = [meeting for meeting in self.meetings if meeting.shown_at <= self.time.now]
        if not shown:
            return []
        start, end = (datetime.fromisoformat(asked[name]) for name in ("start", "end"))
        guests, statuses = [asked["guestEmail"]] if "guestEmail" in asked else None, asked.get("status")
        return [
            meeting.new_entry()
            for meeting in shown
            if start <= meeting.start < end
            and (guests is None or meeting.guest in guests)
            and (statuses is None or meeting.status in statuses)
        ]
