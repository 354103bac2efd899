"""The blocking transport: httpcore, with a deadline for the whole of a call.

httpx's own time-outs count from byte to byte, so that an answer which drips outlives them, and its transport offers no
place for anything else. httpcore does: its network backend.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterable, Iterator
from contextvars import ContextVar
from typing import Any

import httpcore
import httpx

from airflow_chilipiper.api.http import environment
from airflow_chilipiper.api.http.settings import ClientSettings

KEEP_ALIVE_SECONDS = 15.0

deadline: ContextVar[float] = ContextVar("deadline")


class BlockingTransport(httpx.BaseTransport):
    """httpx over httpcore; every wait ends at `deadline`, a reading of the monotonic clock."""

    def __init__(self, settings: ClientSettings) -> None:
        proxy = environment.proxy(settings)
        pool: dict[str, Any] = {
            "ssl_context": environment.tls(settings.verify),
            "max_connections": settings.max_connections,
            "keepalive_expiry": KEEP_ALIVE_SECONDS,
            "network_backend": _Backend(),
        }
        self._pool = httpcore.ConnectionPool(**pool) if proxy is None else httpcore.HTTPProxy(**pool, **_facts(proxy))

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url
        answer = self._pool.handle_request(
            httpcore.Request(
                request.method,
                httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
                headers=request.headers.raw,
                content=request.stream,
                extensions=request.extensions,
            )
        )
        return httpx.Response(answer.status, headers=answer.headers, stream=_Body(answer), extensions=answer.extensions)

    def close(self) -> None:
        self._pool.close()


def _facts(proxy: httpx.Proxy) -> dict[str, Any]:
    url = proxy.url
    return {
        "proxy_url": httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
        "proxy_auth": proxy.raw_auth,
        "proxy_headers": proxy.headers.raw,
        "proxy_ssl_context": proxy.ssl_context,
    }


class _Body(httpx.SyncByteStream):
    def __init__(self, answer: httpcore.Response) -> None:
        self._answer = answer

    def __iter__(self) -> Iterator[bytes]:
        return self._answer.iter_stream()

    def close(self) -> None:
        self._answer.close()


class _Backend(httpcore.NetworkBackend):
    def __init__(self) -> None:
        self._inner = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        left = _left(httpcore.ConnectTimeout)
        return _Stream(self._inner.connect_tcp(host, port, left, local_address, socket_options))


class _Stream(httpcore.NetworkStream):
    def __init__(self, inner: httpcore.NetworkStream) -> None:
        self._inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, _left(httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, _left(httpcore.WriteTimeout))

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        left = _left(httpcore.ConnectTimeout)
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, left))

    def close(self) -> None:
        self._inner.close()

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


def _left(passed: type[Exception]) -> float:
    """What is left of the call's time; httpx's own time-outs are never shorter."""
    left = deadline.get() - time.monotonic()
    if left <= 0:
        raise passed("the time of the call is up")
    return left
