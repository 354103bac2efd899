"""Where evidence of a booking is looked for: in the meeting list, and in Concierge's routing log."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from airflow_chilipiper.api.errors import ChiliPiperError
from airflow_chilipiper.api.resources.meeting import Meeting
from airflow_chilipiper.api.resources.meetings import meetings
from airflow_chilipiper.api.resources.routers import Router, routers
from airflow_chilipiper.api.resources.routing_log import concierge_log
from airflow_chilipiper.api.runtime import Runtime
from airflow_chilipiper.booking.doubt.evidence import NONE, Evidence, slot_start
from airflow_chilipiper.booking.ledger.entry import Entry
from airflow_chilipiper.booking.ledger.lead_key import digest

HORIZON = timedelta(days=60)  # how far after its slot a meeting may have been moved to and still be found
MINUTE = timedelta(minutes=1)
LOGGED_BEFORE, LOGGED_AFTER = timedelta(hours=25), timedelta(days=2)  # around the call; the log takes 30 days


async def at_slot(entry: Entry, guests: Sequence[str], runtime: Runtime) -> list[Meeting]:
    """The meetings at the recorded slot, of any status: of *guests*, or of everybody if none are named."""
    start = slot_start(entry)
    return await _listed(start, start + MINUTE, guests, runtime) if start else []


async def since_sending(
    entries: Iterable[Entry], guests: Sequence[str], runtime: Runtime, *, skew: float
) -> list[Meeting]:
    """The meetings from the first call on until the booking horizon, for what was moved to another time."""
    entries = list(entries)
    sent = [_moment(entry.sent_at or 0.0) for entry in entries]
    slots = [start for start in map(slot_start, entries) if start]
    return await _listed(min(sent) - timedelta(seconds=skew), max([*sent, *slots]) + HORIZON, guests, runtime)


async def _listed(start: datetime, end: datetime, guests: Sequence[str], runtime: Runtime) -> list[Meeting]:
    found: dict[str, Meeting] = {}
    for guest in guests or (None,):
        listed = await meetings(runtime, start=start, end=end, guest=guest)
        found |= {meeting.meeting_id: meeting for meeting in listed}
    return list(found.values())


class RoutingLog:
    """Concierge's log, for as many entries as there are; it is no evidence where the token may not read it.

    The routers are asked for once, since their list is long.
    """

    def __init__(self) -> None:
        self._routers: Mapping[str, Router] | None = None

    async def evidence(self, entry: Entry, runtime: Runtime) -> Evidence:
        """What the log says of the session of *entry*. A session that timed out was not spent, and never will be."""
        if not entry.session:
            return NONE
        try:
            router = (await self._known(runtime)).get(entry.pattern)
            if not (router and router.workspace_id):
                return NONE
            sent = _moment(entry.sent_at or 0.0)
            window = {"start": sent - LOGGED_BEFORE, "end": sent + LOGGED_AFTER}
            listed = await concierge_log(runtime, workspace_id=router.workspace_id, router_id=router.id, **window)
        except ChiliPiperError:
            return NONE
        own = [each for each in listed if each.is_of(entry.session)]
        booked = {each.meeting_id for each in own if each.meeting_id}
        if len(booked) == 1:
            return Evidence(meeting_id=booked.pop())
        if booked:
            return Evidence(ambiguous=f"the routing log has {len(booked)} meetings for its session")
        return Evidence(proven_absent=bool(own) and all(each.is_timed_out for each in own))

    async def _known(self, runtime: Runtime) -> Mapping[str, Router]:
        """By what an entry has on record about its target; nothing from now on, once they could not be asked for."""
        if self._routers is None:
            try:
                found = await routers(runtime)
            except ChiliPiperError:
                found = []
            self._routers = {digest("concierge", router.slug): router for router in found}
        return self._routers


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
