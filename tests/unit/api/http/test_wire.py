"""The wire itself: each way in which a request can fail, with the error that says what the caller may do next.

The rule above all: NotSent only where the server saw not one byte of the request.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import gzip
import ipaddress
import json
import ssl
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from threading import Event
from typing import Any

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from airflow_chilipiper.api.call import Call
from airflow_chilipiper.api.errors import ChiliPiperError, NoAnswer, NotSent, ServerBroken, Unreadable
from airflow_chilipiper.api.http.client import Client, ClientSettings
from tests.unit.api.http import raw_server as raw
from tests.unit.api.http.raw_server import RawServer, Step

Clock = Callable[[], float]
Ask = Callable[..., list[Any]]
FINE = {"fine": "yes"}


def booking(**more: Any) -> Call[Any]:
    return Call(
        operation="concierge-schedule",
        permission="concierge.schedule",
        method="POST",
        path="/v1/org/concierge/routing/r-1/schedule-simple",
        body={"startTime": "2026-11-02T15:00:00Z"},
        read=lambda body: body,
        **more,
    )


def over_aiohttp(settings: ClientSettings, *calls: Call[Any], clock: Clock = time.monotonic) -> list[Any]:
    return asyncio.run(_awaiting(settings, calls, clock, None))


def over_httpx(settings: ClientSettings, *calls: Call[Any], clock: Clock = time.monotonic) -> list[Any]:
    """httpx's own transport, injected."""
    verify = ssl.create_default_context(cafile=settings.verify) if isinstance(settings.verify, str) else True
    return asyncio.run(
        _awaiting(settings, calls, clock, httpx.AsyncHTTPTransport(verify=verify, proxy=settings.proxy_url))
    )


async def _awaiting(
    settings: ClientSettings, calls: tuple[Call[Any], ...], clock: Clock, transport: httpx.AsyncBaseTransport | None
) -> list[Any]:
    async with Client(settings, transport, clock=clock) as client:
        outcomes: list[Any] = []
        for call in calls:
            try:
                outcomes.append(await client.ask(call))
            except ChiliPiperError as error:
                outcomes.append(error)
        return outcomes


def settings(port: int, *, scheme: str = "http", timeout: float = 3.0, **more: Any) -> ClientSettings:
    more = {"verify": scheme == "https"} | more  # loading the authorities takes longer than most of these tests
    return ClientSettings(token="secret-token", base_url=f"{scheme}://127.0.0.1:{port}", timeout=timeout, **more)


@pytest.fixture(params=[over_aiohttp, over_httpx], ids=lambda ask: ask.__name__)
def ask(request: pytest.FixtureRequest) -> Ask:
    chosen: Ask = request.param
    return chosen


@pytest.fixture(params=["fresh", "reused"])
def earlier(request: pytest.FixtureRequest) -> int:
    """How many calls the connection has served before."""
    return 0 if request.param == "fresh" else 1


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


@pytest.mark.parametrize("step", [raw.talks_no_tls, raw.closed_before], ids=["garbage", "closed"])
def test_a_failed_tls_handshake_is_not_sent(ask: Ask, step: Step) -> None:
    """Without a tunnel there is no way for the request."""
    with raw.raw_server(*[step] * 3) as server:
        (last,) = ask(settings(server.port, scheme="https"), booking())
    assert type(last) is NotSent, last
    assert server.saw == b""


@pytest.mark.parametrize("trusted", [True, False])
def test_a_certificate_is_checked(ask: Ask, trusted: bool, authority: Path, server_tls: ssl.SSLContext) -> None:
    """An authority named in `verify` is trusted; an unknown one ends the call before anything is sent."""

    def wrapped(peer: raw.Peer) -> None:
        peer.connection = server_tls.wrap_socket(peer.connection, server_side=True)
        raw.fine(peer)

    with raw.raw_server(wrapped) as server:
        (last,) = ask(settings(server.port, scheme="https", verify=str(authority) if trusted else True), booking())
    assert last == FINE if trusted else type(last) is NotSent, last
    assert server.requests == int(trusted)


@pytest.mark.parametrize("status", [b"502 Bad Gateway", b"407 Proxy Authentication Required"])
def test_a_refused_tunnel_is_not_sent(ask: Ask, status: bytes) -> None:
    """What a proxy answers to CONNECT, it answers before the request could leave."""
    with raw.raw_server(raw.connect_refused(status)) as proxy:
        (last,) = ask(through(proxy), booking())
    assert type(last) is NotSent, last
    assert proxy.saw == b""


def test_a_tunnel_without_tls_is_not_sent(ask: Ask) -> None:
    """The tunnel is open, but the handshake inside it fails."""
    with raw.raw_server(raw.tunnel(raw.talks_no_tls, None)) as proxy:
        (last,) = ask(through(proxy), booking())
    assert type(last) is NotSent, last
    assert proxy.saw == b""


@pytest.mark.parametrize("then", [raw.closed_before, raw.closed_after], ids=["closed before", "closed after"])
def test_a_request_in_a_tunnel_may_have_left(ask: Ask, then: Step, authority: Path, server_tls: ssl.SSLContext) -> None:
    """Behind the handshake the tunnel is a connection like any other."""
    with raw.raw_server(raw.tunnel(then, server_tls)) as proxy:
        (last,) = ask(through(proxy, verify=str(authority)), booking())
    assert type(last) is NoAnswer, last
    assert proxy.requests == (then is raw.closed_after)


def test_a_tunnel_works(ask: Ask, authority: Path, server_tls: ssl.SSLContext) -> None:
    """Twice over one tunnel."""
    with raw.raw_server(raw.tunnel(raw.fine, server_tls)) as proxy:
        assert ask(through(proxy, verify=str(authority)), booking(), booking()) == [FINE, FINE]


def test_a_plain_proxy_that_took_the_request_gives_no_answer(ask: Ask) -> None:
    """Without a tunnel the proxy gets the request itself, and may have passed it on."""
    with raw.raw_server(raw.closed_after) as proxy:
        (last,) = ask(through(proxy, scheme="http"), booking())
    assert type(last) is NoAnswer, last
    assert b"POST http://127.0.0.1:9/" in proxy.saw


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


@pytest.mark.parametrize(
    "encoding", [b"", b"Content-Encoding: gzip\r\n", b"Content-Encoding: deflate\r\n"], ids=["plain", "gzip", "deflate"]
)
def test_a_long_answer_comes_whole(ask: Ask, earlier: int, encoding: bytes) -> None:
    """In as many pieces as it likes, and with its encoding taken off."""
    long = {"fine": [*range(60_000)]}
    body = json.dumps(long).encode()
    body = gzip.compress(body) if b"gzip" in encoding else zlib.compress(body) if encoding else body
    head = b"HTTP/1.1 200 OK\r\n%bContent-Length: %d\r\n\r\n" % (encoding, len(body))
    with raw.raw_server(*[raw.fine] * earlier, raw.answers(head + body)) as server:
        *_, last = ask(settings(server.port), *[booking()] * (earlier + 1))
    assert last == long


def test_no_cookie_is_kept(ask: Ask) -> None:
    """A session at a gateway is no business of ours."""

    def sets_a_cookie(peer: raw.Peer) -> None:
        peer.read_request()
        peer.answer_and_stay(b"HTTP/1.1 200 OK\r\nSet-Cookie: gate=1; Path=/\r\nContent-Length: 1\r\n\r\n1")

    with raw.raw_server(sets_a_cookie) as server:
        assert ask(settings(server.port), booking(), booking()) == [1, FINE]
    assert b"cookie" not in server.saw.lower()


def test_a_redirect_is_not_followed(ask: Ask) -> None:
    """A redirect says nothing about what was done."""
    with raw.raw_server(raw.answers(b"HTTP/1.1 307 Go\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n")) as server:
        (last,) = ask(settings(server.port), booking())
    assert type(last) is ServerBroken
    assert server.requests == 1


def test_what_is_sent(ask: Ask) -> None:
    """One request with token, JSON body, versions, and ids that stay encoded; no secret of ours in an error."""
    call = Call(
        operation="user-find", permission="user.read", method="PUT", path="/v1/org/a%2Fb%20c", body={"a": "é"},
        query={"email": "jo+x@example.com", "page": 0}, read=lambda body: body, repeatable=True,
    )  # fmt: skip
    with raw.raw_server() as server:
        assert ask(settings(server.port, user_agent="ours/1 airflow/3"), call) == [FINE]
    head, _, body = server.saw.partition(b"\r\n\r\n")
    line, *headers = head.split(b"\r\n")
    target = line.split()[1]
    assert target.startswith(b"/api/fire-edge/v1/org/a%2Fb%20c?")
    assert httpx.URL(target.decode()).params.multi_items() == [("email", "jo+x@example.com"), ("page", "0")]
    sent = {name.lower(): value for name, value in (header.split(b": ", 1) for header in headers)}
    assert sent[b"authorization"] == b"Bearer secret-token"
    assert sent[b"user-agent"] == b"ours/1 airflow/3"
    assert sent[b"content-type"] == b"application/json"
    assert body == '{"a":"é"}'.encode()


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


def through(proxy: RawServer, *, scheme: str = "https", **more: Any) -> ClientSettings:
    """Settings for a host that is reached through that proxy; port 9 answers nobody else."""
    return settings(9, scheme=scheme, proxy_url=f"http://127.0.0.1:{proxy.port}", **more)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate for 127.0.0.1 with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = dt.datetime.now(dt.UTC)
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path_factory.mktemp("tls") / "both.pem"
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    file.write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain)
        + signed.public_bytes(serialization.Encoding.PEM)
    )
    return file


@pytest.fixture
def authority(certificate: Path) -> Path:
    return certificate


@pytest.fixture
def server_tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context
