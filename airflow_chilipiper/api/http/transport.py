"""Requests over aiohttp. It calls `SendGuard.about_to_send` before the first byte of one.

Importing it costs 330 ms; httpx's own transport is many times slower.
"""

from __future__ import annotations

import select
from base64 import b64encode
from collections.abc import Callable
from contextvars import ContextVar
from functools import partial
from typing import Any
from weakref import WeakSet

import aiohttp
import httpx
from aiohttp.client import ClientTimeout
from aiohttp.client_proto import ResponseHandler
from aiohttp.client_reqrep import ClientRequest
from aiohttp.connector import Connection
from aiohttp.tracing import Trace

from airflow_chilipiper.api.http import environment
from airflow_chilipiper.api.http.exchange import Read, Request, T, whole
from airflow_chilipiper.api.http.send_guard import SendGuard
from airflow_chilipiper.api.http.settings import ClientSettings

KEEP_ALIVE_SECONDS = 15.0


class _Lease:
    """A connection that one request has, until its answer was read and believed.

    aiohttp gives it back at the answer's last byte. But whoever has read the answer of another call leaves his own
    behind, for the next one to read: so it goes back only after an answer in which there is nothing to doubt.
    """

    def __init__(self, guard: SendGuard) -> None:
        self._guard = guard
        self._connection: Connection | None = None
        self._give_back: Callable[[], object] = bool

    def begin(self, connection: Connection) -> None:
        self._guard.about_to_send()
        self.end(is_fit=False)  # of a connection before, on which aiohttp's first try went wrong
        self._connection, self._give_back = connection, connection.release
        if (protocol := connection.protocol) is not None:
            connection.release = partial(_rest, protocol)  # type: ignore[method-assign]
            protocol.__dict__.pop("data_received", None)

    def end(self, *, is_fit: bool) -> None:
        """Give the connection back, where it is fit for another request; else close it."""
        if is_fit:
            self._give_back()
        elif self._connection:
            self._connection.close()


def _rest(protocol: ResponseHandler) -> None:
    """From now on nobody has asked for whatever comes, and half a line is not seen by `should_close`."""
    protocol.data_received = lambda data: protocol.force_close() if data else None  # type: ignore[method-assign]


leased: ContextVar[_Lease] = ContextVar("leased")


class _Connector(aiohttp.TCPConnector):
    """Knows the moment at which a connection, fresh or reused, is handed to a request, and hands out none on which
    something waits: the request would read that as its own answer.

    aiohttp's trace hooks know the moment too, but a connection is leaked when the hook of a fresh one raises.
    """

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self._used: WeakSet[ResponseHandler] = WeakSet()

    async def connect(self, req: ClientRequest, traces: list[Trace], timeout: ClientTimeout) -> Connection:  # noqa: ASYNC109  # aiohttp's name
        while True:
            connection = await super().connect(req, traces, timeout)
            protocol = connection.protocol
            is_used = protocol in self._used
            try:
                if protocol is not None and _is_silent(protocol, is_used=is_used):
                    leased.get().begin(connection)
                    self._used.add(protocol)
                    return connection
                if not is_used:
                    raise aiohttp.ClientConnectionError("the server speaks before it is asked")
            except BaseException:
                connection.close()
                raise
            connection.close()


def _is_silent(protocol: ResponseHandler, *, is_used: bool) -> bool:
    """Whether nothing has come since the last answer, and the server has not closed. A fresh one may have TLS tickets
    waiting, which are read with the first answer.
    """
    if protocol.should_close or protocol.transport is None:
        return False
    if not is_used:
        return True
    poll = select.poll()
    poll.register(protocol.transport.get_extra_info("socket"), select.POLLIN)
    return not poll.poll(0)


class AiohttpExchange:
    """Its session is made at the first request, inside the event loop that it then belongs to."""

    def __init__(self, settings: ClientSettings) -> None:
        self._tls, self._proxy = environment.tls(settings.verify), environment.proxy(settings)
        self._max_connections = settings.max_connections
        self._sessions: dict[bool, aiohttp.ClientSession] = {}

    async def send(self, request: Request, guard: SendGuard, read: Read[T]) -> T:
        session = self._sessions.get(request.alone) or self._opened(alone=request.alone)
        way = _through(self._proxy, request) if self._proxy else {"headers": request.headers}
        lease, is_fit = _Lease(guard), False
        token = leased.set(lease)
        try:
            async with session.request(
                request.method, request.url, data=request.content or None, allow_redirects=False, **way
            ) as answer:
                content = await whole(answer.content.iter_any())
                found = read(answer.status, httpx.Headers(answer.raw_headers), content)
                is_fit = True  # nothing was raised: it is a 2xx, and what was asked for
                return found
        finally:
            leased.reset(token)
            lease.end(is_fit=is_fit)

    def _opened(self, *, alone: bool) -> aiohttp.ClientSession:
        """Without aiohttp's own time-outs: each takes a timer, and none ends before the whole call does."""
        kept: dict[str, Any] = {"force_close": True} if alone else {"keepalive_timeout": KEEP_ALIVE_SECONDS}
        session = self._sessions[alone] = aiohttp.ClientSession(
            connector=_Connector(ssl=self._tls, limit=self._max_connections, **kept),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=ClientTimeout(),
        )
        return session

    async def aclose(self) -> None:
        for session in self._sessions.values():
            await session.close()


def _through(proxy: httpx.Proxy, request: Request) -> dict[str, Any]:
    """The password goes with the request itself, or with the CONNECT that asks for a tunnel."""
    password = {}
    if proxy.auth:
        password["Proxy-Authorization"] = "Basic " + b64encode(":".join(proxy.auth).encode("latin1")).decode()
    if request.url.startswith("https:"):
        return {"proxy": str(proxy.url), "proxy_headers": password, "headers": request.headers}
    return {"proxy": str(proxy.url), "headers": {**request.headers, **password}}
