"""An imitation of Chili Piper in memory, for batches: it offers everybody the same slot, and counts its meetings."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from threading import Event
from typing import Any

from airflow_chilipiper.api.call import Call, Interval
from airflow_chilipiper.api.patterns.concierge import Concierge
from airflow_chilipiper.api.patterns.offer import Booked, Offer
from airflow_chilipiper.api.patterns.slots import Bookable, Slots
from airflow_chilipiper.api.runtime import block
from airflow_chilipiper.booking.lead import Lead

WEEK = Interval(datetime(2026, 11, 2, tzinfo=UTC))
START = "2026-11-03T09:30:00Z"


def a_lead(number: int, **facts: Any) -> Lead:
    email = f"lead{number}@example.com"
    pattern = Concierge(router_slug="in", trigger="InAppButton", form={"PersonEmail": email}, guest=email)
    told: dict[str, Any] = {"purpose": "spring", "key": str(number), "pattern": pattern, "interval": WEEK}
    return Lead(**told | {"choose": lambda offer, _: next(iter(offer.slots), None)} | facts)


class Office:
    """Answers every call, or fails it as `opening` and `booking` say by the lead's number.

    A booking of a lead in `held` is only answered once `go` is set; `busy` is called when it, or an opening of one in
    `held_openings`, waits.
    """

    def __init__(
        self,
        *,
        opening: Mapping[int, Exception | Offer] | None = None,
        booking: Mapping[int, Exception] | None = None,
        held: tuple[int, ...] = (),
        held_openings: tuple[int, ...] = (),
        busy: Callable[[], object] = bool,
        yields: bool = True,
    ) -> None:
        self.clock = time.monotonic
        self.meetings: Counter[str] = Counter()
        self.openings = 0
        self.go = Event()
        self._opening, self._booking, self._yields = opening or {}, booking or {}, yields
        self._held, self._held_openings, self._busy = held, held_openings, busy
        self._sessions: dict[str, str] = {}

    async def ask(self, call: Call[Any], /) -> Any:
        if self._yields:
            await asyncio.sleep(0)
        if call.operation == "concierge-route-by-slug":
            return await self._open(call.body["form"]["PersonEmail"])
        return await self._book(self._sessions.pop(call.path.split("/")[5]))

    async def _open(self, email: str) -> Offer:
        self.openings += 1
        await self._wait(number(email) in self._held_openings)
        told = self._opening.get(number(email))
        if isinstance(told, Exception):
            raise told
        session = f"session-{self.openings}-of-{number(email)}"
        self._sessions[session] = email
        address = f"/v1/org/concierge/routing/{session}/schedule-simple"
        return told or Offer(session=session, slots=Slots([Bookable(address, [START])]))

    async def _book(self, email: str) -> Booked:
        await self._wait(number(email) in self._held)
        if number(email) in self._booking:
            raise self._booking[number(email)]
        self.meetings[email] += 1
        return Booked(meeting_id=f"meeting-{self.meetings[email]}-of-{email}")

    async def _wait(self, held: bool) -> None:
        if held:
            self._busy()
            await asyncio.to_thread(self.go.wait, 10)


class AtOnce:
    """An office for a runtime that blocks."""

    def __init__(self, office: Office) -> None:
        self._office, self.clock = office, office.clock

    def ask(self, call: Call[Any], /) -> Any:
        return block(self._office.ask(call))


def number(email: str) -> int:
    return int(email.removeprefix("lead").partition("@")[0])
