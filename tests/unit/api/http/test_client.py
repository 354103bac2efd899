"""What a client is made of, and what it does over an injected transport."""

from __future__ import annotations

import asyncio
import logging
import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from airflow_chilipiper.api.call import Call
from airflow_chilipiper.api.errors import Invalid, NoAnswer, NotSent, Refused
from airflow_chilipiper.api.http import client as module
from airflow_chilipiper.api.http import environment
from airflow_chilipiper.api.http.client import Client, ClientSettings, Requests

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
        return httpx.Response(200, content=bytes(module.LARGEST_ANSWER + 1))

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
    assert str(asked.url).endswith("/find")


@pytest.mark.parametrize(
    "url",
    ["https://eu.example.com", "https://eu.example.com/", "https://eu.example.com/api/fire-edge/"],
)
def test_an_address_may_be_written_in_many_ways(url: str) -> None:
    assert ClientSettings(token="t", base_url=url).address == "https://eu.example.com/api/fire-edge"


@pytest.mark.parametrize(
    "wrong",
    [
        {"token": ""},
        {"token": "two words"},
        {"token": "t\n"},
        {"token": "t\u2026"},
        {"base_url": "eu.example.com"},
        {"base_url": "ftp://eu.example.com"},
        {"base_url": "https://eu.example.com:port"},
        {"base_url": "https://[eu"},
        {"proxy_url": "proxy:3128"},
        {"proxy_url": "socks5://user:hush@proxy:3128"},
        {"timeout": 0},
        {"timeout": float("nan")},
    ],
)
def test_settings_that_cannot_work_are_invalid(wrong: dict[str, Any]) -> None:
    with pytest.raises(Invalid) as caught:
        ClientSettings(**{"token": "t"} | wrong)
    assert "hush" not in str(caught.value)


def test_settings_show_no_secret() -> None:
    settings = ClientSettings(token="secret-token", proxy_url="http://user:hush@proxy:3128")
    assert "secret" not in repr(settings)
    assert "hush" not in repr(settings)
    assert pickle.loads(pickle.dumps(settings)) == settings  # noqa: S301  # our own value


@pytest.fixture
def variables(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """An environment that names no proxy."""
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    return monkeypatch


def chosen(url: str, proxy_url: str | None = None) -> str | None:
    proxy = environment.proxy(ClientSettings(token="t", base_url=url, proxy_url=proxy_url))
    return proxy and str(proxy.url)


def test_the_environment_names_a_proxy(variables: pytest.MonkeyPatch) -> None:
    """By scheme, else for all; with or without a scheme of its own; but NO_PROXY and the settings come first."""
    assert chosen("https://eu.example.com") is None
    variables.setenv("ALL_PROXY", "http://all:1")
    variables.setenv("HTTPS_PROXY", "secure:2")
    assert chosen("https://eu.example.com") == "http://secure:2"
    assert chosen("http://eu.example.com") == "http://all:1"
    assert chosen("https://eu.example.com", "http://mine:3") == "http://mine:3"
    variables.setenv("NO_PROXY", "other.org, .example.com")
    assert chosen("https://eu.example.com") is None


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.9.9.9", "[::1]"])
def test_a_loopback_address_needs_no_proxy(variables: pytest.MonkeyPatch, host: str) -> None:
    """The sandbox is reached behind any company's proxy; who names a proxy in the settings means it."""
    variables.setenv("HTTP_PROXY", "http://proxy:1")
    assert chosen(f"http://{host}:8765") is None
    assert chosen(f"http://{host}:8765", "http://mine:3") == "http://mine:3"


def test_another_kind_of_proxy_is_invalid(variables: pytest.MonkeyPatch) -> None:
    variables.setenv("ALL_PROXY", "socks5://user:hush@proxy:1")
    with pytest.raises(Invalid, match="NO_PROXY") as caught:
        chosen("https://eu.example.com")
    assert "hush" not in str(caught.value)


def test_authorities_can_be_a_folder(tmp_path: Any) -> None:
    assert environment.tls(str(tmp_path)).cert_store_stats()["x509"] == 0
    assert environment.tls(verify=True).check_hostname
    assert not environment.tls(verify=False).check_hostname


def test_only_who_awaits_pays_for_aiohttp() -> None:
    """Importing the client loads no aiohttp, which costs 330 ms: the first use of one does."""
    program = (
        "import sys\n"
        "import airflow_chilipiper.api.http.client\n"
        "import airflow_chilipiper.api.http.client_runtime\n"
        "sys.exit('aiohttp' in sys.modules)\n"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
