"""Calls over real sockets, by either transport."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Callable
from typing import Any

import httpx

from airflow_chilipiper.api.call import Call
from airflow_chilipiper.api.errors import ChiliPiperError
from airflow_chilipiper.api.http.client import Client, ClientSettings
from tests.raw_server import RawServer

Clock = Callable[[], float]
Ask = Callable[..., list[Any]]
FINE = {"fine": "yes"}


def booking(**more: Any) -> Call[Any]:
    return Call(
        operation="concierge-schedule",
        permission="concierge.schedule",
        method="POST",
        path="/v1/org/concierge/routing/r-1/schedule-simple",
        body={"startTime": "2026-11-02T15:00:00Z"},
        read=lambda body: body,
        **more,
    )


def over_aiohttp(settings: ClientSettings, *calls: Call[Any], clock: Clock = time.monotonic) -> list[Any]:
    return asyncio.run(_awaiting(settings, calls, clock, None))


def over_httpx(settings: ClientSettings, *calls: Call[Any], clock: Clock = time.monotonic) -> list[Any]:
    """httpx's own transport, injected."""
    verify = ssl.create_default_context(cafile=settings.verify) if isinstance(settings.verify, str) else True
    return asyncio.run(
        _awaiting(settings, calls, clock, httpx.AsyncHTTPTransport(verify=verify, proxy=settings.proxy_url))
    )


async def _awaiting(
    settings: ClientSettings, calls: tuple[Call[Any], ...], clock: Clock, transport: httpx.AsyncBaseTransport | None
) -> list[Any]:
    async with Client(settings, transport, clock=clock) as client:
        outcomes: list[Any] = []
        for call in calls:
            try:
                outcomes.append(await client.ask(call))
            except ChiliPiperError as error:
                outcomes.append(error)
        return outcomes


def settings(port: int, *, scheme: str = "http", timeout: float = 3.0, **more: Any) -> ClientSettings:
    more = {"verify": scheme == "https"} | more  # loading the authorities takes longer than most of these tests
    return ClientSettings(token="secret-token", base_url=f"{scheme}://127.0.0.1:{port}", timeout=timeout, **more)


def through(proxy: RawServer, *, scheme: str = "https", **more: Any) -> ClientSettings:
    """Settings for a host that is reached through that proxy; port 9 answers nobody else."""
    return settings(9, scheme=scheme, proxy_url=f"http://127.0.0.1:{proxy.port}", **more)
