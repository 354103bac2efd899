"""Ending a connection below ASGI, where even an application that raises gets a tidy 500 sent."""

from __future__ import annotations

import asyncio
import socket
import struct
from http import HTTPStatus
from typing import Any, Literal

from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from airflow_chilipiper.sandbox.http.answers import Answer

Ending = Literal["close", "reset", "half", "garbage"]


class Cut(Exception):
    """The connection ends here: at once, in the middle of the answer, or after bytes that are no HTTP."""

    def __init__(self, how: Ending, answer: Answer | None = None) -> None:
        super().__init__(how)
        self.how = how
        self.answer = answer


class CuttableProtocol(H11Protocol):
    """An HTTP/1.1 connection that lets the application see and cut it."""

    def __init__(self, config: Any, server_state: Any, app_state: dict[str, Any], _loop: Any = None) -> None:
        super().__init__(config, server_state, {**app_state, "connection": self}, _loop)
        self.access_log = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Head and body leave in two writes; without this the kernel waits 40 ms between them."""
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        super().connection_made(transport)

    def cut(self, last_words: bytes = b"", *, reset: bool = False) -> None:
        """End the connection after these bytes: politely, or with a reset."""
        if self.transport.is_closing():
            return
        if reset:
            linger = struct.pack("ii", 1, 0)
            self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self.transport.abort()
            return
        self.transport.write(last_words)
        self.transport.close()


class CutResponse(Response):
    def __init__(self, cut: Cut) -> None:
        super().__init__()
        self._cut = cut

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        connection = scope.get("state", {}).get("connection")
        if connection is None:
            raise ConnectionResetError(f"the sandbox cut this connection ({self._cut.how})")
        connection.cut(_last_words(self._cut), reset=self._cut.how == "reset")
        while (await receive())["type"] != "http.disconnect":
            pass


def _last_words(cut: Cut) -> bytes:
    if cut.how == "garbage":
        return b"\x16\x03garbage that is no HTTP\r\n\r\n"
    return _half(cut.answer) if cut.how == "half" and cut.answer else b""


def _half(answer: Answer) -> bytes:
    phrase = HTTPStatus(answer.status).phrase
    lines = (
        f"HTTP/1.1 {answer.status} {phrase}",
        f"Content-Type: {answer.media_type}",
        f"Content-Length: {len(answer.content)}",
        "\r\n",
    )
    return "\r\n".join(lines).encode() + answer.content[: len(answer.content) // 2]
