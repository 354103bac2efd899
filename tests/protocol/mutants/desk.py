"""A lead, the runs that book it, and Chili Piper at the other end of an injected transport."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import httpx

from tests.leads import GUEST, a_lead

if TYPE_CHECKING:
    from airflow_chilipiper.api.http.client import ClientSettings
    from airflow_chilipiper.booking.batch.runtime import BatchRuntime
    from airflow_chilipiper.booking.lead import Lead
    from airflow_chilipiper.booking.ledger.store import Ledger
    from airflow_chilipiper.booking.outcome import Outcome

__all__ = ["GUEST", "a_lead"]

START = "2026-11-03T09:30:00Z"
OFFER = {"routeId": "r-1", "schedulingData": {"startTimes": [START]}}
MEETING = {"meetingId": "m-1", "dateTime": {"start": START}, "primaryGuest": {"value": GUEST}}


def a_page(*meetings: dict[str, Any], more: str = "No") -> dict[str, Any]:
    return {"data": {"list": list(meetings)}, "hasMore": more}


class Desk:
    """Makes a meeting for each booking call, and counts them. The first bookings get these *answers*.

    `listed` makes the meeting list of a page's number; by default the list lags, and shows none.
    """

    def __init__(
        self, *answers: httpx.Response | Exception, listed: Callable[[int], Any] = lambda page: a_page()
    ) -> None:
        self.meetings = 0
        self._answers, self._listed = list(answers), listed

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        if path.endswith("/rest"):
            return httpx.Response(200, json=OFFER)
        if path.endswith("/schedule-simple"):
            return self._booked()
        if path.endswith("/v2/org/meetings/meetings"):
            return httpx.Response(200, json=self._listed(json.loads(request.content)["page"]))
        return httpx.Response(403)

    def _booked(self) -> httpx.Response:
        self.meetings += 1
        fine = httpx.Response(200, json={"meetingId": f"m-{self.meetings}"})
        answer = self._answers.pop(0) if self._answers else fine
        if isinstance(answer, Exception):
            raise answer
        return answer


def a_ledger() -> Ledger:
    from airflow_chilipiper.booking.ledger.memory import MemoryLedger

    return MemoryLedger()


@asynccontextmanager
async def a_runtime(desk: Callable[[httpx.Request], httpx.Response]) -> AsyncIterator[BatchRuntime]:
    from airflow_chilipiper.api.http.client import Client, ClientSettings
    from airflow_chilipiper.api.pace.limiter import RateLimiter
    from airflow_chilipiper.booking.batch.runtime import BatchRuntime

    settings = ClientSettings(token="t", verify=False)
    async with Client(settings, transport=httpx.MockTransport(desk)) as client:
        yield BatchRuntime(client, RateLimiter(None), a_ledger(), sleep=lambda seconds: asyncio.sleep(0))


def book(lead: Lead, desk: Desk, ledger: Ledger) -> Outcome:
    """What one run makes of *lead* at this desk."""
    from airflow_chilipiper.api.http.client import ClientSettings

    return one_run(ClientSettings(token="t", verify=False), lead, ledger, transport=httpx.MockTransport(desk))


def one_run(settings: ClientSettings, lead: Lead, ledger: Ledger, **options: Any) -> Outcome:
    """What a run with these settings makes of *lead*."""
    return asyncio.run(run(settings, lead, ledger, **options))


async def run(settings: ClientSettings, lead: Lead, ledger: Ledger, **options: Any) -> Outcome:
    from airflow_chilipiper.api.http.client import Client
    from airflow_chilipiper.api.pace.limiter import RateLimiter
    from airflow_chilipiper.booking.book import book
    from airflow_chilipiper.booking.ledger.runtime import RecordingRuntime

    async with Client(settings, **options) as client:
        return await book(lead, RecordingRuntime(client, RateLimiter(None), ledger, sleep=lambda _: asyncio.sleep(0)))
