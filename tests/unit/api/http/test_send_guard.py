"""Each way in which a request can fail, with the error that says what the caller may do next.

The rule above all: NotSent only where the server saw not one byte of the request.
"""

from __future__ import annotations

import asyncio
import time
from threading import Event
from typing import Any

import pytest

from airflow_chilipiper.api.errors import ChiliPiperError, NoAnswer, NotSent, Unreadable
from airflow_chilipiper.api.http.client import Client
from tests import raw_server as raw
from tests.raw_server import RawServer, Step
from tests.unit.api.http.wire import FINE, Ask, booking, settings

FAULTS: dict[str, tuple[Step, type[ChiliPiperError]]] = {
    "closed before the request": (raw.closed_before, NoAnswer),
    "closed during the request": (raw.closed_during, NoAnswer),
    "closed after the request": (raw.closed_after, NoAnswer),
    "reset": (raw.reset, NoAnswer),
    "half a head": (raw.answers(b"HTTP/1.1 200 O"), NoAnswer),
    "half a body": (raw.answers(b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"meet'), NoAnswer),
    "half a chunk": (raw.answers(b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n{"meet'), NoAnswer),
    "broken gzip": (
        raw.answers(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc"),
        NoAnswer,
    ),
    "garbage": (raw.answers(b"\x16\x03\x01 what?\r\n\r\n"), NoAnswer),
    "silence": (raw.silence, NoAnswer),
    "cut, without a length": (
        raw.answers(b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{"meet'),
        Unreadable,
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_has_its_class(ask: Ask, earlier: int, fault: str) -> None:
    """Whatever happens once a connection is in hand, the request may have been acted on; and it is never sent twice."""
    step, expected = FAULTS[fault]
    timeout = 0.3 if fault == "silence" else 3.0
    with raw.raw_server(*[raw.fine] * earlier, step) as server:
        *before, last = ask(settings(server.port, timeout=timeout), *[booking()] * (earlier + 1))
    assert before == [FINE] * earlier
    if fault == "closed before the request" and earlier and last == FINE:
        last = None  # the client saw in time that the kept connection was closed, and made another
        assert server.requests == 2
    else:
        assert type(last) is expected, last
        assert str(last).startswith("concierge-schedule: ")
        assert server.saw.count(b"POST ") <= earlier + 1


def test_a_refused_connection_is_not_sent(ask: Ask) -> None:
    """Nobody listens: nothing was sent."""
    (last,) = ask(settings(raw.closed_port()), booking())
    assert type(last) is NotSent, last


def test_a_server_that_went_away_is_not_sent_or_unanswered(ask: Ask) -> None:
    """A kept connection is gone, and so is the server: NotSent only where no byte came through."""

    def last_one(peer: raw.Peer) -> None:
        peer.server._listener.close()
        raw.answers(raw.OK)(peer)

    with raw.raw_server(last_one) as server:
        first, last = ask(settings(server.port), booking(), booking())
    assert first == FINE
    assert type(last) in {NotSent, NoAnswer}, last
    assert server.saw.count(b"POST ") == 1


@pytest.mark.parametrize("head", [b"HTTP/1.1 200 OK\r\nX: ", b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n"])
def test_a_dripping_answer_ends_with_the_time_of_the_call(ask: Ask, head: bytes) -> None:
    """Bytes that keep coming do not prolong a call, in the head or in the body."""
    with raw.raw_server(raw.drips(head)) as server:
        started = time.monotonic()
        (last,) = ask(settings(server.port, timeout=0.3), booking())
        took = time.monotonic() - started
    assert type(last) is NoAnswer, last
    assert 0.25 < took < 1.5


def test_a_call_without_time_is_not_sent(ask: Ask) -> None:
    """The time of the call is up before there is a connection."""
    with raw.raw_server() as server:
        (last,) = ask(settings(server.port, timeout=1e-9), booking())
    assert type(last) is NotSent, last
    assert server.saw == b""


def test_too_late_sends_nothing(ask: Ask, earlier: int) -> None:
    """The clock is read with the connection in hand: past `send_by` no byte leaves, and the connection is closed."""
    readings = iter([0.0, 9.0])  # before connecting, and with the connection in hand
    calls = [booking()] * earlier + [booking().by(5.0), booking()]
    with raw.raw_server(*[raw.fine] * earlier, raw.nothing_comes, raw.fine_once_closed) as server:
        *before, late, after = ask(settings(server.port), *calls, clock=lambda: next(readings))
    assert type(late) is NotSent, late
    assert "too late" in str(late)
    assert [*before, after] == [FINE] * (earlier + 1)
    assert server.requests == earlier + 1


def test_cancelling_is_left_to_the_canceller() -> None:
    """A cancelled call raises CancelledError, never an error of ours, and the client is still of use."""

    asked = Event()

    async def cancelled(server: RawServer) -> Any:
        async with Client(settings(server.port)) as client:
            task = asyncio.create_task(client.ask(booking()))
            await asyncio.to_thread(asked.wait, raw.LIMIT)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            return await client.ask(booking())

    def hears_and_waits(peer: raw.Peer) -> None:
        peer.read_request()
        asked.set()
        peer.read()
        raise ConnectionError

    with raw.raw_server(hears_and_waits) as server:
        assert asyncio.run(cancelled(server)) == FINE
