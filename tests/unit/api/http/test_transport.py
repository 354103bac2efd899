"""The transport over real sockets: TLS, proxies, what is sent, and what is read."""

from __future__ import annotations

import gzip
import json
import ssl
import zlib
from pathlib import Path

import httpx
import pytest

from airflow_chilipiper.api.call import Call
from airflow_chilipiper.api.errors import NoAnswer, NotSent, ServerBroken
from airflow_chilipiper.api.http.exchange import LARGEST_ANSWER
from tests import raw_server as raw
from tests.raw_server import Step
from tests.unit.api.http.wire import FINE, Ask, booking, settings, through


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


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_gets_its_password_and_no_error_shows_it(ask: Ask, scheme: str) -> None:
    """With the request, or with the CONNECT that asks for a tunnel."""
    with raw.raw_server(raw.answers(b"HTTP/1.1 407 Who are you?\r\nContent-Length: 0\r\n\r\n")) as proxy:
        named = settings(9, scheme=scheme, verify=False, proxy_url=f"http://jo:hush%21@127.0.0.1:{proxy.port}")
        (last,) = ask(named, booking())
    assert b"Proxy-Authorization: Basic am86aHVzaCE=\r\n" in proxy.saw
    assert isinstance(last, ServerBroken if scheme == "http" else NotSent)
    assert "hush" not in str(last)


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


def test_an_answer_has_a_largest_size_however_little_was_sent(ask: Ask) -> None:
    """It is counted with its encoding taken off."""
    body = gzip.compress(bytes(LARGEST_ANSWER + 1), compresslevel=1)
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(body)
    with raw.raw_server(raw.answers(head + body)) as server:
        (last,) = ask(settings(server.port, timeout=10.0), booking())
    assert isinstance(last, NoAnswer)
    assert "longer than" in str(last)


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
    """One request with token, JSON body, versions and nothing else, and ids that stay encoded."""
    call = Call(
        operation="user-find", permission="user.read", method="PUT", path="/v1/org/a%2Fb%20c", body={"a": "é"},
        query={"email": "jo+x@example.com", "page": 0}, read=lambda body: body, repeatable=True,
    )  # fmt: skip
    with raw.raw_server() as server:
        assert ask(settings(server.port, user_agent="ours/1 airflow/3"), call) == [FINE]
    head, _, body = server.saw.partition(b"\r\n\r\n")
    line, *headers = head.decode().split("\r\n")
    target = line.encode().split()[1]
    assert target.startswith(b"/api/fire-edge/v1/org/a%2Fb%20c?")
    assert httpx.URL(target.decode()).params.multi_items() == [("email", "jo+x@example.com"), ("page", "0")]
    assert headers == [
        f"host: 127.0.0.1:{server.port}",
        "authorization: Bearer secret-token",
        "user-agent: ours/1 airflow/3",
        "accept: application/json, text/plain",
        "accept-encoding: gzip, deflate",
        "content-type: application/json",
        "content-length: 10",
    ]
    assert body == '{"a":"é"}'.encode()
