"""A sandbox for one test, on a real port, with a clock that only the test moves."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from airflow_chilipiper.sandbox import Sandbox, sandbox
from airflow_chilipiper.sandbox.http.endpoint import ROOT
from airflow_chilipiper.sandbox.http.times import read_instant
from airflow_chilipiper.sandbox.state.seed import fixed_uuid

MONDAY = "2026-11-02T00:00:00Z"
WEEK = {"startsAt": MONDAY, "duration": "7 days"}


@dataclass
class Clock:
    seconds: float = field(default_factory=lambda: read_instant(MONDAY))

    def __call__(self) -> float:
        return self.seconds

    def advance(self, seconds: float) -> None:
        self.seconds += seconds


class Edge(httpx.Client):
    """Asks as an ordinary client would, by path, with the full token unless it is given another."""

    def __init__(self, box: Sandbox) -> None:
        # a context without certificates: loading them takes longer than most of these tests
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        super().__init__(base_url=box.url + ROOT, headers={"Authorization": f"Bearer {box.token}"}, verify=tls)

    def route(self, email: str = "jo@example.com", **form: str) -> httpx.Response:
        asked = {"form": {"PersonEmail": email, **form}, "options": {"trigger": "InAppButton"}, "interval": WEEK}
        return self.post("/v1/org/concierge/routers/inbound-demo/rest", json=asked)

    def offer(self, email: str = "jo@example.com") -> tuple[str, list[str]]:
        """A routing session and the starts that it offers."""
        answer = self.route(email).json()
        return answer["routeId"], [slot["startTime"] for slot in answer["schedulingData"]["startTimes"]]

    def book(self, session: str, start: str) -> httpx.Response:
        return self.post(f"/v1/org/concierge/routing/{session}/schedule-simple", json={"startTime": start})

    def book_first(self, email: str = "jo@example.com") -> httpx.Response:
        session, starts = self.offer(email)
        return self.book(session, starts[0])

    def open_link(self, link: str = "link-rr-demo", kind: str = "RoundRobin", **fields: Any) -> httpx.Response:
        body = {"link": {"type": kind, "linkId": link}, "interval": WEEK, **fields}
        return self.post("/v1/org/schedulingLinks/init-simple", json=body)

    def book_link(self, session: str, start: str, **fields: Any) -> httpx.Response:
        body = {"startTime": start, "guestEmail": "jo@example.com", **fields}
        return self.post(f"/v1/org/schedulingLinks/routing/{session}/schedule-simple", json=body)

    def open_handoff(self, workspace: str = "ws-sales", booker: str = "u-sdr-1", **fields: Any) -> httpx.Response:
        whom = {} if "id" in fields else {"guestEmail": "jo@example.com"}
        body = {"type": "CrmRequest" if "id" in fields else "GuestEmailRequest", "interval": WEEK, **whom, **fields}
        return self.post(f"/v1/org/handoff/workspace/{workspace}/booker/{booker}/init-simple", json=body)

    def book_handoff(
        self, session: str, router: str, path: str, start: str, *, booker: str = "u-sdr-1"
    ) -> httpx.Response:
        place = f"{session}/router/{router}/path/{path}/booker/{booker}"
        return self.post(f"/v1/org/handoff/routing/{place}/schedule-simple", json={"startTime": start})

    def list_meetings(self, **fields: Any) -> httpx.Response:
        body = {"start": MONDAY, "end": "2026-11-09T00:00:00Z", **fields}
        return self.put("/v2/org/meetings/meetings", json=body)

    def log(self, **fields: Any) -> httpx.Response:
        """The routing log of the inbound router."""
        span = {"start": MONDAY, "end": "2026-11-09T00:00:00Z"}
        query = {"workspaceId": "ws-sales", "routerId": fixed_uuid("inbound"), **span, **fields}
        return self.post("/v1/org/concierge/logs", params={name: v for name, v in query.items() if v is not None})


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def box(clock: Clock) -> Iterator[Sandbox]:
    with sandbox(now=clock) as served:
        yield served


@pytest.fixture
def edge(box: Sandbox) -> Iterator[Edge]:
    with Edge(box) as client:
        yield client
