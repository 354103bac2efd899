"""Chili Piper made of bare sockets: steps for `raw_server`, and the settings that lead there."""

from __future__ import annotations

import json
import ssl
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tests import raw_server as raw
from tests.protocol.mutants.desk import OFFER
from tests.raw_server import Peer, RawServer, Step

if TYPE_CHECKING:
    from airflow_chilipiper.api.http.client import ClientSettings


def settings(server: RawServer, *, scheme: str = "http", timeout: float = raw.LIMIT) -> ClientSettings:
    from airflow_chilipiper.api.http.client import ClientSettings

    return ClientSettings(token="t", base_url=f"{scheme}://127.0.0.1:{server.port}", timeout=timeout, verify=False)


def reply(status: bytes, *headers: bytes, body: Any = None) -> bytes:
    content = json.dumps(body).encode() if body else b""
    length = b"Content-Length: %d" % len(content)
    return b"\r\n".join([b"HTTP/1.1 " + status, b"Content-Type: application/json", length, *headers, b"", content])


def keeps(answer: bytes) -> Step:
    """Answer, and keep the connection."""

    def step(peer: Peer) -> None:
        peer.read_request()
        peer.answer_and_stay(answer)

    return step


def over_tls(then: Step, context: ssl.SSLContext, before: Callable[[], object] = bool) -> Step:
    def step(peer: Peer) -> None:
        before()
        peer.connection = context.wrap_socket(peer.connection, server_side=True)
        then(peer)

    return step


OPENS = keeps(reply(b"200 OK", body=OFFER))
OPENS_AND_CLOSES = raw.answers(reply(b"200 OK", b"Connection: close", body=OFFER))
BOOKS = keeps(reply(b"200 OK", body={"meetingId": "m-2"}))
