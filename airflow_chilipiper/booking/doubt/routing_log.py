"""Concierge's routing log: what it says of the session that a booking call was to spend."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from airflow_chilipiper.api.errors import ChiliPiperError
from airflow_chilipiper.api.resources.routers import Router, routers
from airflow_chilipiper.api.resources.routing_log import concierge_log
from airflow_chilipiper.api.runtime import Runtime
from airflow_chilipiper.booking.doubt.evidence import NONE, Evidence
from airflow_chilipiper.booking.doubt.meeting_search import moment
from airflow_chilipiper.booking.ledger.entry import Entry
from airflow_chilipiper.booking.ledger.lead_key import digest

LOGGED_BEFORE, LOGGED_AFTER = timedelta(hours=25), timedelta(days=2)  # around the call; the log takes 30 days


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
            sent = moment(entry.sent_at or 0.0)
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
