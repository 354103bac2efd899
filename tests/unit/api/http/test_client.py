"""What a client is made of, and what it does over an injected transport."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from airflow_chilipiper.api.call import Call
from airflow_chilipiper.api.errors import Invalid, NoAnswer, NotSent, Refused
from airflow_chilipiper.api.http.client import Client, ClientSettings, Requests
from airflow_chilipiper.api.http.exchange import LARGEST_ANSWER

SETTINGS = ClientSettings(token="secret-token")
Handler = Callable[[httpx.Request], httpx.Response]


def call(**more: Any) -> Call[Any]:
    facts = {"operation": "user-find", "permission": "user.read", "method": "POST", "path": "/v1/org/users/find"}
    return Call(**facts | {"read": lambda body: body} | more)


def ask(handler: Handler, asked: Call[Any], **more: Any) -> Any:
    async def asked_once() -> Any:
        async with Client(SETTINGS, httpx.MockTransport(handler), **more) as client:
            return await client.ask(asked)

    return asyncio.run(asked_once())


def test_a_transport_can_be_injected() -> None:
    def handler(asked: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"url": str(asked.url), "token": asked.headers["authorization"]})

    assert ask(handler, call(query={"page": 2})) == {
        "url": "https://fire.chilipiper.com/api/fire-edge/v1/org/users/find?page=2",
        "token": "Bearer secret-token",
    }


def test_an_application_can_be_the_transport() -> None:
    """The sandbox in process, for instance."""

    async def application(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
        await send({"type": "http.response.body", "body": scope["path"].encode()})

    async def ask() -> Any:
        async with Client(SETTINGS, httpx.ASGITransport(application)) as client:
            return await client.ask(call())

    assert asyncio.run(ask()) == "/api/fire-edge/v1/org/users/find"


@pytest.mark.parametrize("error", [httpx.ConnectError("no"), OSError("no"), ValueError("no"), httpx.PoolTimeout("no")])
def test_an_injected_transport_proves_nothing(error: Exception) -> None:
    """Whatever it raises, the request may have been acted on."""

    def handler(asked: httpx.Request) -> httpx.Response:
        raise error

    with pytest.raises(NoAnswer, match=r"^user-find: no answer, but it may have been acted on \(\w+: no\)$"):
        ask(handler, call())


def test_too_late_is_not_sent() -> None:
    """An injected transport is not even called."""

    def handler(asked: httpx.Request) -> httpx.Response:
        raise AssertionError("unreachable")

    with pytest.raises(NotSent, match="too late"):
        ask(handler, call(send_by=5.0), clock=lambda: 5.1)


def test_in_time_is_sent() -> None:
    assert ask(lambda asked: httpx.Response(200, json=1), call(send_by=5.0), clock=lambda: 5.0) == 1


def test_what_failed_is_named_without_token_or_lead() -> None:
    """HTTP libraries quote headers and addresses; the original is not chained, since logs print chains."""

    def handler(asked: httpx.Request) -> httpx.Response:
        raise httpx.LocalProtocolError("Bearer secret-token, jo@example.com, Doering")

    with pytest.raises(NoAnswer) as caught:
        ask(handler, call(body={"form": {"PersonLastName": "Doering"}}))
    assert str(caught.value).endswith("(LocalProtocolError: Bearer ***, <e-mail>, ***)")
    assert caught.value.__suppress_context__


def test_an_answer_has_a_largest_size() -> None:
    def handler(asked: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=bytes(LARGEST_ANSWER + 1))

    with pytest.raises(NoAnswer, match="longer than"):
        ask(handler, call())


def test_no_address_reaches_the_log(caplog: pytest.LogCaptureFixture) -> None:
    """httpx's own clients write each one there, with whatever is in it."""
    caplog.set_level(logging.INFO)
    assert ask(lambda asked: httpx.Response(200, json=1), call(query={"email": "jo@example.com"})) == 1
    assert not caplog.records


def test_a_refusal_comes_through() -> None:
    with pytest.raises(Refused, match="user-find: 401"):
        ask(lambda asked: httpx.Response(401), call())


@pytest.mark.parametrize("body", [{"at": object()}, {"n": float("nan")}, {"s": "\ud800"}, {1, 2}])
def test_a_body_that_is_no_json_is_invalid(body: Any) -> None:
    """It is seen before anything is sent, and named without values."""

    def handler(asked: httpx.Request) -> httpx.Response:
        raise AssertionError("unreachable")

    with pytest.raises(Invalid, match=r"^user-find: the request cannot be written"):
        ask(handler, call(body=body))


def test_a_request_carries_nothing_else() -> None:
    """No body, no content type; and no query, no question mark."""
    asked = Requests(SETTINGS).write(call(method="GET", repeatable=True))
    assert asked.content == b""
    assert sorted(asked.headers) == ["accept", "accept-encoding", "authorization", "host", "user-agent"]
    assert asked.url.endswith("/find")


def test_only_who_awaits_pays_for_aiohttp() -> None:
    """Importing the client loads no aiohttp, which costs 330 ms: the first use of one does."""
    program = (
        "import sys\n"
        "import airflow_chilipiper.api.http.client\n"
        "import airflow_chilipiper.api.http.client_runtime\n"
        "sys.exit('aiohttp' in sys.modules)\n"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
