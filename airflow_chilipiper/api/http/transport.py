"""Requests over aiohttp. It calls `SendGuard.about_to_send` before the first byte of one.

Importing it costs 330 ms; httpx's own transport is many times slower.
"""

from __future__ import annotations

from base64 import b64encode
from contextvars import ContextVar
from typing import Any

import aiohttp
import httpx
from aiohttp.client import ClientTimeout
from aiohttp.client_reqrep import ClientRequest
from aiohttp.connector import Connection
from aiohttp.tracing import Trace

from airflow_chilipiper.api.http import environment
from airflow_chilipiper.api.http.exchange import Reply, Request, whole
from airflow_chilipiper.api.http.send_guard import SendGuard
from airflow_chilipiper.api.http.settings import ClientSettings

KEEP_ALIVE_SECONDS = 15.0
sending: ContextVar[SendGuard] = ContextVar("sending")


class _Connector(aiohttp.TCPConnector):
    """Knows the moment at which a connection, fresh or reused, is handed to a request.

    aiohttp's trace hooks know it too, but a connection is leaked when the hook of a fresh one raises.
    """

    async def connect(self, req: ClientRequest, traces: list[Trace], timeout: ClientTimeout) -> Connection:  # noqa: ASYNC109  # aiohttp's name
        connection = await super().connect(req, traces, timeout)
        try:
            sending.get().about_to_send()
        except BaseException:
            connection.close()
            raise
        return connection


class AiohttpExchange:
    """Its session is made at the first request, inside the event loop that it then belongs to."""

    def __init__(self, settings: ClientSettings) -> None:
        self._tls, self._proxy = environment.tls(settings.verify), environment.proxy(settings)
        self._max_connections = settings.max_connections
        self._session: aiohttp.ClientSession | None = None

    async def send(self, request: Request, guard: SendGuard) -> Reply:
        session = self._session = self._session or self._opened()
        way = _through(self._proxy, request) if self._proxy else {"headers": request.headers}
        token = sending.set(guard)
        try:
            async with session.request(
                request.method, request.url, data=request.content or None, allow_redirects=False, **way
            ) as answer:
                return answer.status, httpx.Headers(answer.raw_headers), await whole(answer.content.iter_any())
        finally:
            sending.reset(token)

    def _opened(self) -> aiohttp.ClientSession:
        """Without aiohttp's own time-outs: each takes a timer, and none ends before the whole call does."""
        connector = _Connector(ssl=self._tls, limit=self._max_connections, keepalive_timeout=KEEP_ALIVE_SECONDS)
        return aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar(), timeout=ClientTimeout())

    async def aclose(self) -> None:
        if self._session:
            await self._session.close()


def _through(proxy: httpx.Proxy, request: Request) -> dict[str, Any]:
    """The password goes with the request itself, or with the CONNECT that asks for a tunnel."""
    password = {}
    if proxy.auth:
        password["Proxy-Authorization"] = "Basic " + b64encode(":".join(proxy.auth).encode("latin1")).decode()
    if request.url.startswith("https:"):
        return {"proxy": str(proxy.url), "proxy_headers": password, "headers": request.headers}
    return {"proxy": str(proxy.url), "headers": {**request.headers, **password}}
