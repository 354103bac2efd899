"""The two clients: one blocks, one awaits. Each sends a call once, and reads its answer.

Nothing is asked again and no redirect is followed here.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import Any, Self, TypeVar

import httpx

from airflow_chilipiper.api import answer
from airflow_chilipiper.api.calls import Call
from airflow_chilipiper.api.errors import Invalid
from airflow_chilipiper.api.settings import ClientSettings
from airflow_chilipiper.api.transport.blocking import BlockingTransport, deadline
from airflow_chilipiper.api.wire import Clock, Departure, departing

__all__ = ["AwaitingClient", "BlockingClient", "ClientSettings", "request"]

T = TypeVar("T")
Reply = tuple[int, Mapping[str, str], bytes]
LARGEST_ANSWER = 64 * 2**20


def request(settings: ClientSettings, call: Call[Any]) -> httpx.Request:
    """What is sent for *call*; Invalid where its body cannot be written as JSON."""
    headers = {
        "Authorization": f"Bearer {settings.token}",
        "User-Agent": settings.user_agent,
        "Accept": "application/json, text/plain",
        "Accept-Encoding": "gzip, deflate",
    }
    timeout = httpx.Timeout(settings.timeout).as_dict()
    url = settings.address + call.path
    try:
        return httpx.Request(
            call.method,
            url,
            params=call.query or None,
            headers=headers,
            json=call.body,
            extensions={"timeout": timeout},
        )
    except (TypeError, ValueError, httpx.InvalidURL) as error:
        raise Invalid(f"{call.operation}: the request cannot be written ({type(error).__name__})") from None


class BlockingClient:
    """A client for one thread or many.

    An injected *transport* that is not httpx's own cannot prove that nothing left: its failures are NoAnswer.
    """

    def __init__(
        self, settings: ClientSettings, transport: httpx.BaseTransport | None = None, *, clock: Clock = time.monotonic
    ) -> None:
        self.clock = clock
        self._settings = settings
        self._proves = transport is None or isinstance(transport, httpx.HTTPTransport)
        self._http = httpx.Client(transport=transport or BlockingTransport(settings), trust_env=False)

    def ask(self, call: Call[T]) -> T:
        """Send *call* once. Raises any ChiliPiperError; the whole takes no longer than the settings' timeout."""
        message, departure = request(self._settings, call), Departure(call, self.clock)
        message.extensions["trace"] = departure.trace
        token = deadline.set(time.monotonic() + self._settings.timeout)
        try:
            departure.check() if self._proves else departure.leave()
            reply = self._exchange(message)
        except Exception as error:  # noqa: BLE001  # whatever it is, the wire tells what it means
            raise departure.failure(error, secret=self._settings.token) from None
        finally:
            deadline.reset(token)
        return answer.read(call, *reply, secret=self._settings.token)

    def _exchange(self, message: httpx.Request) -> Reply:
        reply = self._http.send(message, stream=True)
        try:
            content = bytearray()
            for chunk in reply.iter_bytes():
                _grow(content, chunk)
        finally:
            reply.close()
        return reply.status_code, reply.headers, bytes(content)

    def close(self) -> None:
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class AwaitingClient:
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
            from airflow_chilipiper.api.transport.awaiting import awaiting_transport

            transport = awaiting_transport(settings)
        self._http = httpx.AsyncClient(transport=transport, trust_env=False)

    async def ask(self, call: Call[T]) -> T:
        """Send *call* once. Raises any ChiliPiperError; the whole takes no longer than the settings' timeout.

        Cancelling it is told to nobody but the canceller: the request may have been acted on.
        """
        message, departure = request(self._settings, call), Departure(call, self.clock)
        message.extensions["trace"] = departure.awaiting_trace
        token = departing.set(departure)
        try:
            departure.check() if self._proves else departure.leave()
            async with asyncio.timeout(self._settings.timeout):
                reply = await self._exchange(message)
        except Exception as error:  # noqa: BLE001  # whatever it is, the wire tells what it means
            raise departure.failure(error, secret=self._settings.token) from None
        finally:
            departing.reset(token)
        return answer.read(call, *reply, secret=self._settings.token)

    async def _exchange(self, message: httpx.Request) -> Reply:
        reply = await self._http.send(message, stream=True)
        try:
            content = bytearray()
            async for chunk in reply.aiter_bytes():
                _grow(content, chunk)
        finally:
            await reply.aclose()
        return reply.status_code, reply.headers, bytes(content)

    async def aclose(self) -> None:
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()


def _grow(content: bytearray, chunk: bytes) -> None:
    if len(content) + len(chunk) > LARGEST_ANSWER:
        raise ValueError(f"the answer is longer than {LARGEST_ANSWER} bytes")
    content += chunk
