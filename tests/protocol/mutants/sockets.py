"""Chili Piper made of bare sockets: steps for `raw_server`, and the settings that lead there."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tests import raw_server as raw
from tests.fake_chilipiper import START
from tests.raw_server import Peer, RawServer, Step

if TYPE_CHECKING:
    from airflow_chilipiper.api.http.client import ClientSettings
    from airflow_chilipiper.booking.lead import Lead
    from airflow_chilipiper.booking.outcome import Outcome

OFFER = {"routeId": "r-1", "schedulingData": {"startTimes": [START]}}


def settings(server: RawServer, *, scheme: str = "http", timeout: float = raw.LIMIT) -> ClientSettings:
    from airflow_chilipiper.api.http.client import ClientSettings

    return ClientSettings(token="t", base_url=f"{scheme}://127.0.0.1:{server.port}", timeout=timeout, verify=False)


def one_run(settings: ClientSettings, lead: Lead, **options: Any) -> Outcome:
    """What a run with these settings makes of *lead*."""
    return asyncio.run(run(settings, lead, **options))


async def run(settings: ClientSettings, lead: Lead, **options: Any) -> Outcome:
    from airflow_chilipiper.api.http.client import Client
    from airflow_chilipiper.api.pace.limiter import RateLimiter
    from airflow_chilipiper.booking.book import book
    from airflow_chilipiper.booking.ledger.memory import MemoryLedger
    from airflow_chilipiper.booking.ledger.runtime import RecordingRuntime

    async with Client(settings, **options) as client:
        runtime = RecordingRuntime(client, RateLimiter(None), MemoryLedger(), sleep=lambda _: asyncio.sleep(0))
        return await book(lead, runtime)


def reply(status: bytes, *headers: bytes, body: Any = None) -> bytes:
    content = json.dumps(body).encode() if body else b""
    length = b"Content-Length: %d" % len(content)
    return b"\r\n".join([b"HTTP/1.1 " + status, b"Content-Type: application/json", length, *headers, b"", content])


def keeps(answer: bytes) -> Step:
    """Answer, and keep the connection."""

    def step(peer: Peer) -> None:
        peer.read_request()
        peer.answer_and_stay(answer)

    return step


def over_tls(then: Step, context: ssl.SSLContext, before: Callable[[], object] = bool) -> Step:
    def step(peer: Peer) -> None:
        before()
        peer.connection = context.wrap_socket(peer.connection, server_side=True)
        then(peer)

    return step


OPENS_ANOTHER = keeps(reply(b"200 OK", body=OFFER | {"routeId": "r-2"}))
OPENS = keeps(reply(b"200 OK", body=OFFER))
OPENS_AND_CLOSES = raw.answers(reply(b"200 OK", b"Connection: close", body=OFFER))
BOOKS = keeps(reply(b"200 OK", body={"meetingId": "m-2"}))
