"""The client: it sends a call once, and reads its answer. Nothing is asked again."""

from __future__ import annotations

import asyncio
import json
import time
from functools import cached_property, partial
from typing import Any, Self, TypeVar
from urllib.parse import urlencode

import httpx

from airflow_chilipiper.api.call import Call
from airflow_chilipiper.api.errors import ChiliPiperError, Invalid
from airflow_chilipiper.api.http import answer
from airflow_chilipiper.api.http.exchange import Exchange, HttpxExchange, Request
from airflow_chilipiper.api.http.send_guard import Clock, SendGuard
from airflow_chilipiper.api.http.settings import ClientSettings

__all__ = ["Client", "ClientSettings", "Requests"]

T = TypeVar("T")
_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)


class Requests:
    """Writes calls as requests; what all of them carry is made once."""

    def __init__(self, settings: ClientSettings) -> None:
        self._settings = settings

    @cached_property
    def _address(self) -> httpx.URL:
        return httpx.URL(self._settings.address)

    @cached_property
    def _headers(self) -> dict[str, str]:
        return {
            "host": self._address.netloc.decode(),
            "authorization": f"Bearer {self._settings.token}",
            "user-agent": self._settings.user_agent,
            "accept": "application/json, text/plain",
            "accept-encoding": "gzip, deflate",
        }

    def write(self, call: Call[Any]) -> Request:
        """What is sent for *call*; Invalid where its body cannot be written as JSON."""
        try:
            body = b"" if call.body is None else _JSON.encode(call.body).encode()
            headers = self._headers | _headers_of(call, body)
            query = f"?{urlencode(call.query)}" if call.query else ""
            return Request(call.method, f"{self._address}{call.path}{query}", headers, body, call.alone)
        except (TypeError, ValueError, httpx.InvalidURL) as error:
            raise Invalid(f"{call.operation}: the request cannot be written ({type(error).__name__})") from None


def _headers_of(call: Call[Any], body: bytes) -> dict[str, str]:
    if body:
        return {"content-type": "application/json", "content-length": str(len(body))}
    return {"content-length": "0"} if call.method in ("POST", "PUT", "PATCH") else {}


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
        self._settings, self._requests = settings, Requests(settings)
        self._exchange = HttpxExchange(transport) if transport else _over_aiohttp(settings)

    async def ask(self, call: Call[T]) -> T:
        """Send *call* once. Raises any ChiliPiperError; the whole takes no longer than the settings' timeout.

        A cancelled call raises CancelledError and no error of ours: the request may have been acted on.
        """
        guard, request = SendGuard(call, self.clock), self._requests.write(call)
        read = partial(answer.read, call, secret=self._settings.token)
        try:
            guard.check()
            async with asyncio.timeout(self._settings.timeout):
                return await self._exchange.send(request, guard, read)
        except ChiliPiperError:
            raise
        except Exception as error:  # noqa: BLE001  # whatever it is, the guard knows what it means
            raise guard.failure(error, secret=self._settings.token) from None

    async def aclose(self) -> None:
        await self._exchange.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()


def _over_aiohttp(settings: ClientSettings) -> Exchange:
    from airflow_chilipiper.api.http.transport import AiohttpExchange

    return AiohttpExchange(settings)
