"""A request goes out once, and its whole answer is read: over aiohttp, or an injected transport of httpx.

Neither keeps cookies, follows a redirect or writes an address to the log, as httpx's own clients would.
"""

from __future__ import annotations

from collections.abc import AsyncIterable, Callable, Mapping
from typing import Any, NamedTuple, Protocol, TypeVar

import httpx

from airflow_chilipiper.api.http.send_guard import SendGuard

LARGEST_ANSWER = 64 * 2**20
T = TypeVar("T")
Read = Callable[[int, Mapping[str, str], bytes], T]
"""What makes an answer of its status, headers and body, or raises."""


class Request(NamedTuple):
    """What is sent, ready for the wire, and whether over a connection of its own."""

    method: str
    url: str
    headers: Mapping[str, str]
    content: bytes
    alone: bool


class Exchange(Protocol):
    """Tells the guard before the first byte of a request can leave."""

    async def send(self, request: Request, guard: SendGuard, read: Read[T]) -> T: ...

    async def aclose(self) -> None: ...


class HttpxExchange:
    """Over any transport of httpx. Only httpx's own says when it sends: another may do so from the start."""

    def __init__(self, transport: httpx.AsyncBaseTransport) -> None:
        self._transport = transport
        self._proves = isinstance(transport, httpx.AsyncHTTPTransport)
        self.aclose = transport.aclose

    async def send(self, request: Request, guard: SendGuard, read: Read[T]) -> T:
        async def trace(event: str, info: Mapping[str, Any]) -> None:
            """A CONNECT is the proxy's business: the request itself comes after it, through the tunnel."""
            if event.endswith("send_request_headers.started") and info["request"].method != b"CONNECT":
                guard.about_to_send()

        if not self._proves:
            guard.about_to_send()
        method, url, headers, content, _ = request
        message = httpx.Request(method, url, headers=headers, content=content, extensions={"trace": trace})
        reply = await self._transport.handle_async_request(message)
        try:
            return read(reply.status_code, reply.headers, await whole(reply.aiter_bytes()))
        finally:
            await reply.aclose()


async def whole(chunks: AsyncIterable[bytes]) -> bytes:
    """An answer's body; ValueError where it is longer than any that we know."""
    content = bytearray()
    async for chunk in chunks:
        if len(content) + len(chunk) > LARGEST_ANSWER:
            raise ValueError(f"the answer is longer than {LARGEST_ANSWER} bytes")
        content += chunk
    return bytes(content)
