"""The client: it sends a call once, and reads its answer.

Nothing is asked again. It hands requests to a transport itself: httpx's own clients would write each address to the
log, keep cookies, and can follow redirects.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, Self, TypeVar

import httpx

from airflow_chilipiper.api.call import Call
from airflow_chilipiper.api.errors import Invalid
from airflow_chilipiper.api.http import answer
from airflow_chilipiper.api.http.send_guard import Clock, SendGuard, sending
from airflow_chilipiper.api.http.settings import ClientSettings

__all__ = ["Client", "ClientSettings", "Requests"]

T = TypeVar("T")
Reply = tuple[int, Mapping[str, str], bytes]
LARGEST_ANSWER = 64 * 2**20
_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)


class Requests:
    """Writes calls as requests; what all of them carry is made once."""

    def __init__(self, settings: ClientSettings) -> None:
        self._address = settings.address
        self._url = lru_cache(maxsize=64)(httpx.URL)  # parsing is most of the work, and all leads open the same one
        self._headers = httpx.Headers(
            {
                "Authorization": f"Bearer {settings.token}",
                "User-Agent": settings.user_agent,
                "Accept": "application/json, text/plain",
                "Accept-Encoding": "gzip, deflate",
            }
        ).raw

    def write(self, call: Call[Any], **extensions: Any) -> httpx.Request:
        """What is sent for *call*; Invalid where its body cannot be written as JSON."""
        try:
            body = b"" if call.body is None else _JSON.encode(call.body).encode()
            url = self._url(self._address + call.path)
            request = httpx.Request(
                call.method,
                url,
                params=call.query or None,
                headers=[(b"Host", url.netloc), *self._headers, *_headers_of(call, body)],
                stream=httpx.ByteStream(body),
                extensions=extensions,
            )
        except (TypeError, ValueError, httpx.InvalidURL) as error:
            raise Invalid(f"{call.operation}: the request cannot be written ({type(error).__name__})") from None
        request.read()
        return request


def _headers_of(call: Call[Any], body: bytes) -> Iterator[tuple[bytes, bytes]]:
    if body:
        yield b"Content-Type", b"application/json"
    if body or call.method in ("POST", "PUT", "PATCH"):
        yield b"Content-Length", b"%d" % len(body)


class Client:
    """A client for one event loop.

    An injected *transport* that is not httpx's own cannot prove that nothing left: its failures are NoAnswer.
    """

    def __init__(
        self,
        settings: ClientSettings,
        transport: httpx.AsyncBaseTransport | None = None,
        *,
        clock: Clock = time.monotonic,
    ) -> None:
        self.clock = clock
        self._settings = settings
        self._proves = transport is None or isinstance(transport, httpx.AsyncHTTPTransport)
        if transport is None:
            from airflow_chilipiper.api.http.transport import aiohttp_transport

            transport = aiohttp_transport(settings)
        self._requests = Requests(settings)
        self._transport = transport

    async def ask(self, call: Call[T]) -> T:
        """Send *call* once. Raises any ChiliPiperError; the whole takes no longer than the settings' timeout.

        A cancelled call raises CancelledError and no error of ours: the request may have been acted on.
        """
        guard = SendGuard(call, self.clock)
        # Without the transport's own time-outs: each takes a timer, and none ends before the whole does.
        message = self._requests.write(call, trace=guard.trace)
        token = sending.set(guard)
        try:
            guard.check() if self._proves else guard.about_to_send()
            async with asyncio.timeout(self._settings.timeout):
                reply = await self._exchange(message)
        except Exception as error:  # noqa: BLE001  # whatever it is, the guard knows what it means
            raise guard.failure(error, secret=self._settings.token) from None
        finally:
            sending.reset(token)
        return answer.read(call, *reply, secret=self._settings.token)

    async def _exchange(self, message: httpx.Request) -> Reply:
        reply = await self._transport.handle_async_request(message)
        content = bytearray()
        try:
            async for chunk in _chunks(reply):
                _grow(content, chunk)
        finally:
            await reply.aclose()
        return reply.status_code, reply.headers, bytes(content)

    async def aclose(self) -> None:
        await self._transport.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()


def _chunks(reply: httpx.Response) -> AsyncIterable[bytes]:
    """httpx's way to take a content encoding off costs three generators, and is spared where there is none."""
    if "Content-Encoding" in reply.headers:
        return reply.aiter_bytes()
    assert isinstance(reply.stream, httpx.AsyncByteStream)  # noqa: S101  # for mypy: awaiting transports have no other
    return reply.stream


def _grow(content: bytearray, chunk: bytes) -> None:
    if len(content) + len(chunk) > LARGEST_ANSWER:
        raise ValueError(f"the answer is longer than {LARGEST_ANSWER} bytes")
    content += chunk
