"""An imitation of Chili Piper in memory, for flows: it offers everybody the same slot, and counts its meetings."""

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

START = "2026-11-03T09:30:00Z"


def a_lead(number: int, **facts: Any) -> Lead:
    return leads.a_lead(**{"key": str(number), "guest": f"lead{number}@example.com"} | facts)


class FakeChiliPiper:
    """Answers every call, or fails it as `opening` and `booking` say by the lead's number.

    A booking of a lead in `held` is only answered once `go` is set; `busy` is called when it, or an opening of one in
    `held_openings`, waits. The meeting list shows what is `listed`, whatever it is asked for; by default it may not be
    read. Without `yields` it never suspends, so that a test may drive the flow by hand.
    """

    def __init__(
        self,
        *,
        opening: Mapping[int, Exception | Offer] | None = None,
        booking: Mapping[int, Exception] | None = None,
        held: tuple[int, ...] = (),
        held_openings: tuple[int, ...] = (),
        busy: Callable[[], object] = bool,
        listed: Sequence[Mapping[str, Any]] | None = None,
        yields: bool = True,
    ) -> None:
        self.clock = time.monotonic
        self.meetings: Counter[str] = Counter()
        self.openings = 0
        self.go = Event()
        self._opening, self._booking, self._listed = opening or {}, booking or {}, listed
        self._held, self._held_openings, self._busy, self._yields = held, held_openings, busy, yields
        self._sessions: dict[str, str] = {}

    async def ask(self, call: Call[Any], /) -> Any:
        if self._yields:
            await asyncio.sleep(0)
        if call.operation == "concierge-route-by-slug":
            return await self._open(call.body["form"]["PersonEmail"])
        if call.operation == "meeting-list-put":
            if self._listed is None:
                raise NotAllowed("the list is closed", status=403)
            return call.read({"data": {"list": list(self._listed)}, "hasMore": "No"})
        return await self._book(self._sessions.pop(call.path.split("/")[5]))

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
        return Offer(session=session, slots=Slots([Bookable(address, [START])]))

    async def _book(self, email: str) -> Booked:
        await self._wait(number_of(email) in self._held)
        if number_of(email) in self._booking:
            raise self._booking[number_of(email)]
        self.meetings[email] += 1
        return Booked(meeting_id=f"meeting-{self.meetings[email]}-of-{email}")

    async def _wait(self, held: bool) -> None:
        if held:
            self._busy()
            await asyncio.to_thread(self.go.wait, 10)


def number_of(email: str) -> int:
    return int(email.removeprefix("lead").partition("@")[0])
