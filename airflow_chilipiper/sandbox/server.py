"""The sandbox on a real port, in a thread of its own."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Event, Thread
from typing import Any

import uvicorn

from airflow_chilipiper.sandbox.endpoints import PERMISSIONS
from airflow_chilipiper.sandbox.faults import Faults
from airflow_chilipiper.sandbox.http.call import CallRecord
from airflow_chilipiper.sandbox.http.connection import CuttableProtocol
from airflow_chilipiper.sandbox.page import meetings_on_record
from airflow_chilipiper.sandbox.service import Service
from airflow_chilipiper.sandbox.state.seed import seeded
from airflow_chilipiper.sandbox.state.tenant import Tenant

TOKEN = "sandbox-token"  # noqa: S105 - opens nothing but the sandbox


class _Server(uvicorn.Server):
    """uvicorn without its polling: it says when it listens, stops at once, and drops what is still open."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = Event()
        self._stop = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._loop = asyncio.get_running_loop()
        self.listening.set()

    async def main_loop(self) -> None:
        while not self._stop.is_set():
            await self.on_tick(0)  # which sets the Date of the answers
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stop.wait(), 1)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        self._drop()
        tasks = list(self.server_state.tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def stop(self) -> None:
        self._soon(self._stop.set)

    def drop_connections(self) -> None:
        """Returns once they are closed: a transport closes one iteration of the loop after `close` was called."""
        closed = Event()
        self._soon(self._drop)
        self._soon(lambda: self._soon(closed.set))
        closed.wait(timeout=10)

    def _drop(self) -> None:
        for connection in list(self.server_state.connections):
            if isinstance(connection, CuttableProtocol):
                connection.cut()

    def _soon(self, what: Callable[[], None]) -> None:
        if self._loop and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(what)


class Sandbox:
    """A running imitation and everything that a test wants to ask of it or do to it."""

    def __init__(
        self, tenant: Tenant, *, host: str, port: int, latency: float, requests_per_second: float | None
    ) -> None:
        self.tenant = tenant
        self.token = TOKEN
        tenant.tokens[TOKEN] = PERMISSIONS
        self._requests_per_second = requests_per_second
        self._service = Service(tenant, latency=latency)
        self.app = self._service.app
        self._socket = socket.create_server((host, port))
        self.port: int = self._socket.getsockname()[1]
        self.url = f"http://{host}:{self.port}"
        config = uvicorn.Config(
            self.app,
            http=CuttableProtocol,
            ws="none",
            loop="asyncio",
            lifespan="off",
            log_config=None,
            timeout_keep_alive=75,
        )
        self._server = _Server(config)
        self._thread = Thread(target=self._server.run, args=([self._socket],), name="chilipiper-sandbox", daemon=True)

    @property
    def faults(self) -> Faults:
        return self._service.faults

    @property
    def calls(self) -> list[CallRecord]:
        """Every request to an operation so far, in order."""
        return list(self._service.calls)

    @property
    def meetings(self) -> list[dict[str, Any]]:
        """Every meeting ever made, with the session and the guest."""
        with self.tenant.lock:
            return meetings_on_record(self.tenant)

    @property
    def connection(self) -> str:
        """JSON for AIRFLOW_CONN_CHILIPIPER_DEFAULT."""
        return self.connection_with(self.token)

    def connection_with(self, token: str, **extra: Any) -> str:
        pace = {} if self._requests_per_second is None else {"requests_per_second": self._requests_per_second}
        connection = {"conn_type": "chilipiper", "host": self.url, "password": token, "extra": {**pace, **extra}}
        return json.dumps(connection)

    def token_with(self, *permissions: str) -> str:
        """Another token, with these permissions only."""
        if unknown := set(permissions) - PERMISSIONS:
            raise ValueError(f"no permission {', '.join(sorted(unknown))}; known: {', '.join(sorted(PERMISSIONS))}")
        with self.tenant.lock:
            token = self.tenant.new_id("token")
            self.tenant.tokens[token] = frozenset(permissions)
        return token

    def token_without(self, *permissions: str) -> str:
        return self.token_with(*(PERMISSIONS - set(permissions)))

    def drop_connections(self) -> None:
        """Close every open connection unseen, as a load balancer does with idle ones."""
        self._server.drop_connections()

    def start(self) -> None:
        self._thread.start()
        if not self._server.listening.wait(timeout=10):
            raise RuntimeError("the sandbox did not start")

    def stop(self) -> None:
        self._server.stop()
        self._thread.join(timeout=10)
        self._socket.close()

    def wait(self) -> None:
        """Until it is stopped."""
        self._thread.join()

    def raise_defects(self) -> None:
        if self._service.defects:
            raise self._service.defects[0]


@contextmanager
def sandbox(
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    seed: int = 0,
    hosts: int = 12,
    now: Callable[[], float] = time.time,
    latency: float = 0.0,
    requests_per_second: float | None = None,
) -> Iterator[Sandbox]:
    """Serve an imitation of the Edge API while the block runs; an error inside the server is raised at its end.

    `hosts` is the size of the inbound round robin, about 80 half-hour slots a week each. `now` is the tenant's clock in
    seconds since 1970. `latency` delays every answer. `requests_per_second` only goes into `connection`.
    """
    tenant = Tenant(seeded(hosts=hosts), now=now, seed=seed)
    served = Sandbox(tenant, host=host, port=port, latency=latency, requests_per_second=requests_per_second)
    served.start()
    try:
        yield served
    finally:
        served.stop()
    served.raise_defects()
