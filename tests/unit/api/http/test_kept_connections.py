"""A connection is used again only after an answer that was good and whole, and only where nothing waits on it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from threading import Event
from typing import Any

import aiohttp
import pytest

from airflow_chilipiper.api.errors import NotSent, Unreadable
from airflow_chilipiper.api.http.client import Client
from tests import raw_server as raw
from tests.raw_server import OK, Peer, RawServer, Step
from tests.unit.api.http.wire import booking, over_aiohttp, settings

FINE = {"fine": "yes"}
STRAY = b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nstray"


def says(data: bytes) -> Step:
    """Answer, and keep the connection."""

    def step(peer: Peer) -> None:
        peer.read_request()
        peer.answer_and_stay(data)

    return step


def says_more(then: bytes, *, read: Event, said: Event) -> Step:
    """Answer, and once that is read say something that nobody has asked for."""

    def step(peer: Peer) -> None:
        peer.read_request()
        peer.answer_and_stay(OK)
        read.wait(raw.LIMIT)
        peer.send(then)
        said.set()

    return step


def asked_twice(*plan: Step) -> tuple[list[Any], RawServer]:
    with raw.raw_server(*plan) as server:
        return over_aiohttp(settings(server.port), booking(), booking()), server


def answer(status: bytes = b"200 OK", body: bytes = b'{"fine": "yes"}', *headers: bytes) -> bytes:
    said = headers or (b"Content-Length: %d" % len(body),)
    return b"\r\n".join([b"HTTP/1.1 " + status, b"Content-Type: application/json", *said, b"", body])


def test_after_a_good_answer_it_is_used_again() -> None:
    answers, server = asked_twice(says(OK), says(OK))
    assert answers == [FINE, FINE]
    assert server.connections == 1


def test_what_is_asked_alone_has_connections_of_its_own() -> None:
    """Beside those that are kept, which others still use."""
    with raw.raw_server() as server:
        assert over_aiohttp(settings(server.port), *(booking(alone=each) for each in (False, True, True, False)))
        assert server.connections == 3


@pytest.mark.parametrize("body", [b"[]", b'{"fine": }', b'{"errorCode": "Taken", "errorMessage": "Slot is taken"}'])
def test_after_an_answer_of_2xx_that_is_not_what_was_asked_for_it_is_closed(body: bytes) -> None:
    """It may be another's: then that of this call is still to come."""

    def read(body: Any) -> Any:
        if body != FINE:
            raise Unreadable("what is this?")
        return body

    call = replace(booking(), read=read)
    with raw.raw_server(says(answer(body=body)), says(OK)) as server:
        first, second = over_aiohttp(settings(server.port), call, call)
        assert isinstance(first, Unreadable)
        assert second == FINE
        assert server.connections == 2


@pytest.mark.parametrize(
    "first",
    [
        answer(b"200 OK", b'f\r\n{"fine": "yes"}\r\n0\r\n\r\n', b"Transfer-Encoding: chunked"),
        answer(b"201 Created"),
    ],
    ids=["chunked", "201"],
)
def test_any_2xx_that_says_where_it_ends_is_good(first: bytes) -> None:
    answers, server = asked_twice(says(first), says(OK))
    assert answers == [FINE, FINE]
    assert server.connections == 1


@pytest.mark.parametrize(
    "status", [b"400 Bad Request", b"404 Not Found", b"409 Conflict", b"429 Slow", b"500 Oh", b"302 Go"]
)
def test_after_any_other_answer_it_is_closed(status: bytes) -> None:
    (first, second), server = asked_twice(says(answer(status)), says(OK))
    assert isinstance(first, Exception)
    assert second == FINE
    assert server.connections == 2


@pytest.mark.parametrize(
    "first",
    [
        OK + STRAY,
        OK + OK.replace(b"yes", b"no!"),
        OK + b"{}",
        OK + b"\r\n\r\ngarbage",
        OK.replace(b"Content-Length: 15", b"Content-Length: 15\r\nTransfer-Encoding: identity"),
    ],
    ids=["stray", "another answer", "longer than it said", "garbage", "two lengths"],
)
def test_what_came_with_an_answer_is_nobodys(first: bytes) -> None:
    (_, second), server = asked_twice(says(first), says(OK))
    assert second == FINE
    assert server.connections == 2


@pytest.mark.parametrize(
    "stray",
    [STRAY, OK.replace(b"yes", b"no!"), b"H", b"x", b"\r\n"],
    ids=["400", "200", "half a line", "a byte", "a line"],
)
@pytest.mark.parametrize("is_read", [True, False], ids=["read by the loop", "in the socket"])
def test_what_came_after_an_answer_is_nobodys(stray: bytes, is_read: bool) -> None:
    """Also where the event loop had no turn to read it."""
    read, said = Event(), Event()

    async def asks(server: RawServer) -> list[Any]:
        async with Client(settings(server.port)) as client:
            first = await client.ask(booking())
            read.set()
            said.wait(raw.LIMIT)  # the loop stands still
            if is_read:
                await asyncio.sleep(0.01)
            return [first, await client.ask(booking())]

    with raw.raw_server(says_more(stray, read=read, said=said), says(OK)) as server:
        assert asyncio.run(asks(server)) == [FINE, FINE]
        assert server.connections == 2


def test_a_connection_that_the_server_has_closed_meanwhile_is_not_used() -> None:
    closed = Event()

    def closes(peer: Peer) -> None:
        peer.read_request()
        peer.send(OK)
        peer.connection.close()
        closed.set()

    async def asks(server: RawServer) -> list[Any]:
        async with Client(settings(server.port)) as client:
            first = await client.ask(booking())
            closed.wait(raw.LIMIT)
            return [first, await client.ask(booking())]

    with raw.raw_server(closes, says(OK)) as server:
        assert asyncio.run(asks(server)) == [FINE, FINE]


def test_an_answer_shorter_than_it_said_is_none_and_its_connection_is_closed() -> None:
    (first, second), server = asked_twice(raw.answers(OK.replace(b"15", b"16")), says(OK))
    assert isinstance(first, Exception)
    assert second == FINE
    assert server.connections == 2


def test_a_server_that_speaks_before_it_is_asked_is_asked_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    said, connect = Event(), aiohttp.TCPConnector.connect

    def speaks_first(peer: Peer) -> None:
        peer.send(STRAY)
        said.set()
        peer.read()

    async def once_it_has_spoken(self: Any, *given: Any) -> Any:
        connection = await connect(self, *given)
        await asyncio.to_thread(said.wait, raw.LIMIT)
        await asyncio.sleep(0.01)
        return connection

    monkeypatch.setattr(aiohttp.TCPConnector, "connect", once_it_has_spoken)
    with raw.raw_server(speaks_first) as server:
        (error,) = over_aiohttp(settings(server.port), booking())
        assert isinstance(error, NotSent)
        assert "the server speaks before it is asked" in str(error)
        assert server.saw == b""
