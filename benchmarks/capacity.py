"""What the servers can do by themselves: the lean one that the benchmarks load, and the sandbox.

Bare sockets ask as fast as they are answered, so that a server is never waited for by a client that is slower. Each
call opens a session.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing import get_context
from multiprocessing.connection import Connection
from urllib.parse import urlsplit

from airflow_chilipiper.sandbox.server import sandbox
from benchmarks.server import lean_server

OPEN = "/api/fire-edge/v1/org/concierge/routers/inbound-demo/rest"


@dataclass(frozen=True, kw_only=True)
class Server:
    """Under load from here; `cpu_seconds` is what its process has used so far."""

    url: str
    token: str
    cpu_seconds: Callable[[], float]


Served = AbstractContextManager[Server]


@dataclass(frozen=True, kw_only=True)
class Capacity:
    what: str
    calls: int
    seconds: float
    cpu_seconds: float

    def __str__(self) -> str:
        rate, cpu_ms = self.calls / self.seconds, self.cpu_seconds / self.calls * 1000
        return f"{rate:8,.0f} calls a second, {cpu_ms:.2f} ms CPU a call: {self.what} alone"


@contextmanager
def lean(slots: int) -> Iterator[Server]:
    with lean_server(slots=slots, endless=True) as server:
        yield Server(url=server.url, token=server.token, cpu_seconds=lambda: server.stats().cpu_seconds)


@contextmanager
def faithful() -> Iterator[Server]:
    """The sandbox in a process of its own, as `python -m airflow_chilipiper.sandbox` is."""
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve_sandbox, args=(theirs,), daemon=True)
    process.start()
    theirs.close()
    url, token = ours.recv()

    def cpu_seconds() -> float:
        ours.send("cpu")
        used: float = ours.recv()
        return used

    try:
        yield Server(url=url, token=token, cpu_seconds=cpu_seconds)
    finally:
        ours.send("end")
        process.join()
        process.close()
        ours.close()


def _serve_sandbox(pipe: Connection) -> None:
    with sandbox() as served:
        pipe.send((served.url, served.token))
        while pipe.recv() == "cpu":
            pipe.send(time.process_time())


class Asker(asyncio.Protocol):
    """Asks the same thing over one connection as often as *left* says, then closes it."""

    def __init__(self, question: bytes, left: Iterator[int]) -> None:
        self.closed = asyncio.get_running_loop().create_future()
        self._question, self._left = question, left
        self._missing = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._ask()

    def connection_lost(self, exc: Exception | None) -> None:
        self.closed.set_exception(exc) if exc else self.closed.set_result(None)

    def data_received(self, data: bytes) -> None:
        if not self._missing:
            head, _, body = data.partition(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200"), data[:300]
            self._missing = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]) - len(body)
        else:
            self._missing -= len(data)
        if not self._missing:
            self._ask()

    def _ask(self) -> None:
        if next(self._left, None) is None:
            self._transport.close()
        else:
            self._transport.write(self._question)


async def load(server: Server, calls: int, at_once: int) -> float:
    """How many seconds so many calls take."""
    address, left, question = urlsplit(server.url), iter(range(calls)), _question(server)
    loop, started = asyncio.get_running_loop(), time.perf_counter()
    opened = [
        await loop.create_connection(lambda: Asker(question, left), address.hostname, address.port)
        for _ in range(at_once)
    ]
    await asyncio.gather(*(asker.closed for _, asker in opened))
    return time.perf_counter() - started


def _question(server: Server) -> bytes:
    interval = {"startsAt": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"), "duration": "P7D"}
    form = {"PersonEmail": "lead@prospect.example"}
    body = json.dumps({"form": form, "options": {"trigger": "InAppButton"}, "interval": interval}).encode()
    head = (
        f"POST {OPEN} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {server.token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def measure(what: str, served: Served, *, calls: int, at_once: int = 64) -> Capacity:
    with served as server:
        before = server.cpu_seconds()
        seconds = asyncio.run(load(server, calls, at_once))
        return Capacity(what=what, calls=calls, seconds=seconds, cpu_seconds=server.cpu_seconds() - before)


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.capacity", description=__doc__.partition("\n")[0])
    parser.add_argument("--calls", type=int, default=10_000)
    calls = parser.parse_args(arguments).calls
    print(measure("the lean server, one slot,", lean(1), calls=calls))
    print(measure("the lean server, 500 slots,", lean(500), calls=calls // 4))
    print(measure("the sandbox", faithful(), calls=calls // 20))


if __name__ == "__main__":
    main(sys.argv[1:])
