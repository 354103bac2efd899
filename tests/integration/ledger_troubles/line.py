"""A line to a database server that can be cut: a TCP proxy of the test's own."""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextlib import suppress
from threading import Event, Lock, Thread


class Line:
    """Passes bytes on both ways between its port and the server, until something goes wrong."""

    def __init__(self, host: str, port: int) -> None:
        self._server = (host, port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.silent_at = Event()
        self._lock, self._ends = Lock(), list[socket.socket]()
        self._is_cut, self._is_silent = False, False
        self._awaited: list[bytes] = []
        self._then: Callable[[], None] = self.drop
        self._loses: socket.socket | None = None
        Thread(target=self._accept, daemon=True).start()

    def drop(self) -> None:
        """Break every connection; new ones are served, as by a server that was started again."""
        with self._lock:
            ends, self._ends = self._ends, []
        for end in ends:
            with suppress(OSError):  # the other side was faster
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def cut(self) -> None:
        """Break every connection and take no new one, until it is mended."""
        with self._lock:
            self._is_cut = True
        self.drop()

    def mend(self) -> None:
        self._is_cut = self._is_silent = False

    def silence(self) -> None:
        """From now on nothing arrives, in either direction, and nobody notices. `silent_at` is set at the first."""
        self._is_silent = True

    def lose_answer_to(self, *statements: bytes, then: Callable[[], None]) -> None:
        """Once these have gone by in this order, let the last arrive, and *then* do that instead of answering it."""
        self._awaited, self._then = list(statements), then

    def close(self) -> None:
        self.cut()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                ours = self._listener.accept()[0]
            except OSError:  # closed
                return
            with self._lock:
                if self._is_cut:
                    ours.close()
                    continue
                theirs = socket.create_connection(self._server)
                self._ends += [ours, theirs]
            for source, target in ((ours, theirs), (theirs, ours)):
                Thread(target=self._pass_on, args=(source, target, source is ours), daemon=True).start()

    def _pass_on(self, source: socket.socket, target: socket.socket, to_server: bool) -> None:
        with suppress(OSError):  # one of the ends was closed
            while data := source.recv(65_536):
                if self._is_silent:
                    self.silent_at.set()
                    continue
                if to_server:
                    self._hear(data, target)
                elif source is self._loses:
                    self._loses = None
                    self._then()
                    return
                target.sendall(data)
            target.shutdown(socket.SHUT_RDWR)

    def _hear(self, data: bytes, server: socket.socket) -> None:
        at = 0
        while self._awaited and (at := data.find(self._awaited[0], at)) >= 0:
            self._awaited.pop(0)
            if not self._awaited:
                self._loses = server
