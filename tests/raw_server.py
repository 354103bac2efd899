"""A server made of bare sockets that misbehaves to order, and records every byte it was sent."""

from __future__ import annotations

import socket
import ssl
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Event, Lock, Thread

LIMIT = 5.0  # nobody waits longer for anything

OK = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 15\r\n\r\n{"fine": "yes"}'


class Peer:
    """One connection, seen from the server."""

    def __init__(self, connection: socket.socket, server: RawServer) -> None:
        self.connection = connection
        self.server = server
        self.next: Step | None = server.next_step()

    def read(self, most: int = 65536) -> bytes:
        data = self.connection.recv(most)
        with self.server.lock:
            self.server.saw += data
        return data

    def read_request(self) -> None:
        """Read a whole request; ConnectionError where there is none."""
        data = b""
        while not _is_whole(data):
            more = self.read()
            if not more:
                raise ConnectionError
            data += more
        with self.server.lock:
            self.server.requests += 1

    def send(self, data: bytes) -> None:
        self.connection.sendall(data)

    def answer_and_stay(self, data: bytes) -> None:
        """Answer, and serve another request.

        Its step is taken first: once the client has the answer it may open a connection that asks for a step, too.
        """
        self.next = self.server.next_step()
        self.send(data)


def _is_whole(data: bytes) -> bool:
    head, blank, body = data.partition(b"\r\n\r\n")
    lengths = [line.split(b":")[1] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    return bool(blank) and len(body) >= int(lengths[0] if lengths else 0)


Step = Callable[[Peer], None]
"""Serves one request. The connection stays open after `Peer.answer_and_stay` only."""


class RawServer:
    """Takes the next step of its plan for each request, and answers fine when the plan is done.

    A connection has its first step from when it is accepted, so that connections have theirs in their order.
    """

    def __init__(self, *plan: Step) -> None:
        self.plan = list(plan)
        self.saw = b""
        self.requests = 0
        self.lock = Lock()
        self.stopped = Event()
        self.closed_by_client = Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self._threads = [Thread(target=self._accept, daemon=True)]
        self.port: int = self._listener.getsockname()[1]
        self._threads[0].start()

    @property
    def connections(self) -> int:
        return len(self._open)

    def next_step(self) -> Step:
        with self.lock:
            return self.plan.pop(0) if self.plan else fine

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                connection.settimeout(LIMIT)
                self._open.append(connection)
                thread = Thread(target=self._serve, args=(Peer(connection, self),), daemon=True)
                self._threads.append(thread)
                thread.start()

    def _serve(self, peer: Peer) -> None:
        with suppress(OSError):
            while step := peer.next:
                peer.next = None
                step(peer)
        with suppress(OSError):
            peer.connection.close()

    def close(self) -> None:
        self.stopped.set()
        for one in (self._listener, *self._open):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        for thread in self._threads:
            thread.join(LIMIT)


@contextmanager
def raw_server(*plan: Step) -> Iterator[RawServer]:
    server = RawServer(*plan)
    try:
        yield server
    finally:
        server.close()


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def fine(peer: Peer) -> None:
    peer.read_request()
    peer.answer_and_stay(OK)


def closed_before(peer: Peer) -> None:
    raise ConnectionError


def closed_during(peer: Peer) -> None:
    peer.read(20)
    raise ConnectionError


def closed_after(peer: Peer) -> None:
    peer.read_request()
    raise ConnectionError


def reset(peer: Peer) -> None:
    peer.read_request()
    peer.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    raise ConnectionError


def answers(data: bytes) -> Step:
    """Read the request, send that, and close."""

    def step(peer: Peer) -> None:
        peer.read_request()
        peer.send(data)
        raise ConnectionError

    return step


def silence(peer: Peer) -> None:
    peer.read_request()
    peer.read()
    raise ConnectionError


def nothing_comes(peer: Peer) -> None:
    """Wait for a request; what comes should be the end of the connection."""
    if not peer.read():
        peer.server.closed_by_client.set()
    raise ConnectionError


def fine_once_closed(peer: Peer) -> None:
    """Answer only when the connection before was closed, which a client does that leaks none."""
    peer.read_request()
    if peer.server.closed_by_client.wait(LIMIT):
        peer.answer_and_stay(OK)


def drips(head: bytes) -> Step:
    """Read the request, send *head*, then a byte now and then, for about two seconds."""

    def step(peer: Peer) -> None:
        peer.read_request()
        peer.send(head)
        for _ in range(100):
            if not peer.server.stopped.wait(0.02):
                peer.send(b" ")
        raise ConnectionError

    return step


def talks_no_tls(peer: Peer) -> None:
    peer.connection.recv(65536)  # the client's half of a handshake is no byte of a request
    peer.send(b"this is no TLS\r\n")
    raise ConnectionError


def connect_refused(status: bytes) -> Step:
    """A proxy that opens no tunnel."""

    def step(peer: Peer) -> None:
        peer.connection.recv(65536)
        peer.send(b"HTTP/1.1 " + status + b"\r\nContent-Length: 0\r\n\r\n")
        raise ConnectionError

    return step


def tunnel(then: Step, context: ssl.SSLContext | None) -> Step:
    """A proxy that opens the tunnel and plays the other end of it, too."""

    def step(peer: Peer) -> None:
        peer.connection.recv(65536)
        peer.send(b"HTTP/1.1 200 Connection established\r\n\r\n")
        if context:
            peer.connection = context.wrap_socket(peer.connection, server_side=True)
        then(peer)

    return step
