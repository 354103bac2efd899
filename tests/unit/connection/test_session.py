"""A session over real sockets: shared, interrupted, closed, and left open."""

from __future__ import annotations

import asyncio
import gc
import signal
import subprocess
import sys
import threading
import warnings
from collections.abc import Iterator
from concurrent.futures import CancelledError, ThreadPoolExecutor
from threading import Event
from typing import Any

import pytest

from airflow_chilipiper.api.call import Call
from airflow_chilipiper.api.errors import NotSent
from airflow_chilipiper.api.http.settings import ClientSettings
from airflow_chilipiper.api.retry import with_retries
from airflow_chilipiper.connection.session import Session
from airflow_chilipiper.connection.settings import ChiliPiperSettings
from tests import raw_server as raw
from tests.raw_server import Peer, RawServer

FINE = {"fine": "yes"}
PING: Call[Any] = Call(
    operation="ping", permission="api.ping", method="GET", path="/ping", read=lambda body: body, repeatable=True
)


def settings(port: int) -> ChiliPiperSettings:
    address = f"http://127.0.0.1:{port}"
    return ChiliPiperSettings(client=ClientSettings(token="t", base_url=address, requests_per_second=1000))


@pytest.fixture
def server() -> Iterator[RawServer]:
    with raw.raw_server() as running:
        yield running


@pytest.fixture
def session(server: RawServer) -> Iterator[Session]:
    session = Session(settings(server.port))
    yield session
    session.close()


def threads() -> int:
    return sum(each.name == "chilipiper-calls" for each in threading.enumerate())


def test_a_call_and_a_flow(session: Session) -> None:
    """Over one connection, which is kept."""
    assert session.ask(PING) == FINE
    assert session.block(with_retries(PING, session.runtime)) == FINE


def test_an_error_is_the_callers() -> None:
    session = Session(settings(raw.closed_port()))
    with pytest.raises(NotSent):
        session.ask(PING)
    session.close()


def test_threads_share_its_client_and_its_pace(server: RawServer, session: Session) -> None:
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: session.block(with_retries(PING, session.runtime)), range(20)))
    assert answers == [FINE] * 20
    assert (session.runtime.limiter.taken, server.requests, threads()) == (20, 20, 1)


def test_it_may_be_used_where_a_loop_runs(session: Session) -> None:
    async def in_a_loop() -> Any:
        return session.ask(PING)

    assert asyncio.run(in_a_loop()) == FINE


def test_an_interrupted_call_is_cancelled_and_the_session_is_still_of_use() -> None:
    """Airflow's time-outs are raised in the main thread, and what is under way is closed, not waited for."""

    class TimeIsUp(BaseException):
        """As Airflow's is, no Exception."""

    def time_out(*_: Any) -> None:
        raise TimeIsUp

    main = threading.main_thread().ident
    assert main is not None
    closed = Event()

    def interrupts(peer: Peer) -> None:
        peer.read_request()
        signal.pthread_kill(main, signal.SIGALRM)
        if not peer.read():
            closed.set()

    before = signal.signal(signal.SIGALRM, time_out)
    try:
        with raw.raw_server(interrupts) as server:
            session = Session(settings(server.port))
            with pytest.raises(TimeIsUp):
                session.ask(PING)
            assert closed.wait(5)
            assert session.ask(PING) == FINE
            session.close()
    finally:
        signal.signal(signal.SIGALRM, before)


def test_closing_twice_and_while_another_thread_waits() -> None:
    asked = Event()

    def silent(peer: Peer) -> None:
        peer.read_request()
        asked.set()
        peer.read()

    with raw.raw_server(silent) as server, ThreadPoolExecutor(1) as pool:
        session = Session(settings(server.port))
        waiting = pool.submit(session.ask, PING)
        assert asked.wait(5)
        session.close()
        session.close()
        with pytest.raises(CancelledError):
            waiting.result(5)
        assert threads() == 0
        with pytest.raises(RuntimeError, match="closed"):
            session.ask(PING)


def test_what_was_never_used_leaves_no_thread(server: RawServer) -> None:
    session = Session(settings(server.port))
    assert threads() == 0
    session.close()
    del session
    gc.collect()
    assert threads() == 0


def test_what_nobody_holds_any_more_closes_its_connections(server: RawServer) -> None:
    """Without a warning of anything left open."""
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        session = Session(settings(server.port))
        assert session.ask(PING) == FINE
        (serving,) = (each for each in threading.enumerate() if each.name == "chilipiper-calls")
        del session
        gc.collect()
        serving.join(5)
        gc.collect()
    assert not serving.is_alive()
    assert [str(each.message) for each in seen] == []


NEVER_CLOSED = """
import sys
from tests.unit.connection.test_session import FINE, PING, Session, settings

session = Session(settings(int(sys.argv[1])))
assert session.ask(PING) == FINE
"""


def test_a_process_may_end_without_closing_it(server: RawServer) -> None:
    """It ends, at once and without a word."""
    asks = [sys.executable, "-X", "dev", "-c", NEVER_CLOSED, str(server.port)]
    ran = subprocess.run(asks, capture_output=True, text=True, check=True, timeout=20)
    assert "Traceback" not in ran.stderr
    assert "unclosed" not in ran.stderr
