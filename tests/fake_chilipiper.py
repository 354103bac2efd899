"""An imitation of Chili Piper in memory, for flows: it offers everybody the same slots, and counts its meetings."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from threading import Event
from typing import Any

from airflow_chilipiper.api.call import Call
from airflow_chilipiper.api.errors import NotAllowed
from airflow_chilipiper.api.patterns.offer import Booked, Offer
from airflow_chilipiper.api.patterns.slots import Bookable, Slots
from airflow_chilipiper.booking.lead import Lead
from tests import leads
from tests.wire_answer import WireAnswer

START = "2026-11-03T09:30:00Z"
ROUTERS = {"routers": [{"workspaceId": "w", "router": {"id": "r", "slug": "in"}}]}


def a_lead(number: int, **facts: Any) -> Lead:
    return leads.a_lead(**{"key": str(number), "guest": f"lead{number}@example.com"} | facts)


class FakeChiliPiper:
    """Answers every call, or as `opening` and `booking` say by the lead's number; `starts` are the slots of an offer.

    `calls` is what it was asked, `bookings` how often for each guest, whatever that was answered. A booking of a lead
    in `held` is only answered once `go` is set; `busy` is called when it, or an opening of one in `held_openings`,
    waits. The meeting list shows what is `listed`, or what that makes of the query, and the routing log of the router
    `in` what is `logged`; by default neither may be read.
    Without `yields` it never suspends, so that a test may drive the flow by hand.
    """

    def __init__(
        self,
        *,
        opening: Mapping[int, Exception | Offer] | None = None,
        booking: Mapping[int, Exception | WireAnswer] | None = None,
        held: tuple[int, ...] = (),
        held_openings: tuple[int, ...] = (),
        busy: Callable[[], object] = bool,
        listed: Sequence[Mapping[str, Any]] | Callable[[Mapping[str, Any]], Any] | None = None,
        logged: Sequence[Mapping[str, Any]] | None = None,
        starts: Sequence[str] = (START,),
        yields: bool = True,
    ) -> None:
        self.clock = time.monotonic
        self.meetings: Counter[str] = Counter()
        self.bookings: Counter[str] = Counter()
        self.openings = 0
        self.calls: list[Call[Any]] = []
        self.go = Event()
        self._opening, self._booking, self._starts = opening or {}, booking or {}, starts
        self._listed, self._logged = listed, logged
        self._held, self._held_openings, self._busy, self._yields = held, held_openings, busy, yields
        self._sessions: dict[str, str] = {}

    async def ask(self, call: Call[Any], /) -> Any:
        self.calls.append(call)
        if self._yields:
            await asyncio.sleep(0)
        if call.operation == "concierge-route-by-slug":
            return await self._open(call.body["form"]["PersonEmail"])
        if call.operation == "concierge-schedule":
            return await self._book(call, self._sessions.pop(call.path.split("/")[5]))
        if call.operation == "meeting-list-put" and self._listed is not None:
            return call.read(self._listed(call.body) if callable(self._listed) else a_page(self._listed, call.body))
        if call.operation in ("concierge-list-routers", "concierge-logs") and self._logged is not None:
            return call.read(self._logged if call.operation == "concierge-logs" else ROUTERS)
        raise NotAllowed(f"{call.operation} is closed", status=403)

    async def _open(self, email: str) -> Offer:
        self.openings += 1
        await self._wait(number_of(email) in self._held_openings)
        answer = self._opening.get(number_of(email))
        if isinstance(answer, Exception):
            raise answer
        session = f"session-{self.openings}-of-{number_of(email)}"
        self._sessions[session] = email
        return answer or self.offer(session)

    def offer(self, session: str) -> Offer:
        address = f"/v1/org/concierge/routing/{session}/schedule-simple"
        return Offer(session=session, slots=Slots([Bookable(address, self._starts)]))

    async def _book(self, call: Call[Any], email: str) -> Any:
        self.bookings[email] += 1
        await self._wait(number_of(email) in self._held)
        answer = self._booking.get(number_of(email))
        if isinstance(answer, Exception):
            raise answer
        if answer:
            from airflow_chilipiper.api.http.answer import read

            return answer.read_for(call, read)
        self.meetings[email] += 1
        return Booked(meeting_id=f"meeting-{self.meetings[email]}-of-{email}")

    async def _wait(self, held: bool) -> None:
        if held:
            self._busy()
            await asyncio.to_thread(self.go.wait, 10)


def a_page(meetings: Sequence[Mapping[str, Any]], asked: Mapping[str, Any]) -> dict[str, Any]:
    """The page that is asked for of those that start in time, or at no known time, whoever their guests are."""
    starts = [(each.get("dateTime", {}).get("start", asked["start"]), each) for each in meetings]
    shown = [each for start, each in starts if asked["start"] <= start < asked["end"]]
    first, last = asked["page"] * asked["pageSize"], (asked["page"] + 1) * asked["pageSize"]
    return {"data": {"list": shown[first:last]}, "hasMore": "Yes" if shown[last:] else "No"}


def number_of(email: str) -> int:
    return int(email.removeprefix("lead").partition("@")[0])
