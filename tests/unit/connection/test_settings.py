"""What a connection says, in every form in which Airflow lets people write one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk import Connection

from airflow_chilipiper.api.errors import Invalid
from airflow_chilipiper.api.http.settings import ClientSettings
from airflow_chilipiper.booking.guests import guest_allowed
from airflow_chilipiper.connection.settings import ChiliPiperSettings, settings_of

TOKEN = "made-up-token"
REAL = "https://fire.chilipiper.com/api/fire-edge"


def settings(*, password: str | None = TOKEN, extra: Any = None, **fields: Any) -> ChiliPiperSettings:
    text = extra if isinstance(extra, str) or extra is None else json.dumps(extra)
    return settings_of(Connection(conn_id="some_one", conn_type="chilipiper", password=password, extra=text, **fields))


def problem(**fields: Any) -> str:
    with pytest.raises(Invalid) as raised:
        settings(**fields)
    text = str(raised.value)
    assert text.startswith("connection 'some_one': ")
    assert TOKEN not in text
    return text


def test_a_token_is_enough() -> None:
    """All else has the client's own defaults, and the real address."""
    found = settings()
    assert found.client.address == REAL
    assert found == ChiliPiperSettings(client=ClientSettings(token=TOKEN, user_agent=found.client.user_agent))


def test_the_token_is_not_shown() -> None:
    assert TOKEN not in repr(settings())


@pytest.mark.parametrize(
    ("host", "address"),
    [
        (None, REAL),
        ("", REAL),
        ("fire.chilipiper.com", REAL),
        ("FIRE.chilipiper.com/", REAL),
        (" https://fire.chilipiper.com ", REAL),
        ("https://fire.chilipiper.com/", REAL),
        ("https://fire.chilipiper.com/api/fire-edge", REAL),
        ("https://fire.chilipiper.com/api/fire-edge//", REAL),
        ("fire.chilipiper.com/api/fire-edge/v1/org", REAL),
        ("https://fire.chilipiper.com:8443/api/fire-edge", "https://fire.chilipiper.com:8443/api/fire-edge"),
        ("fire.chilipiper.com:8443", "https://fire.chilipiper.com:8443/api/fire-edge"),
        ("https://gateway.example.com/chili", "https://gateway.example.com/chili/api/fire-edge"),
        ("https://gateway.example.com/chili/api/fire-edge/v1", "https://gateway.example.com/chili/api/fire-edge"),
        ("http://127.0.0.1:8765", "http://127.0.0.1:8765/api/fire-edge"),
        ("127.0.0.1:8765", "http://127.0.0.1:8765/api/fire-edge"),
        ("localhost:8765", "http://localhost:8765/api/fire-edge"),
        ("https://localhost:8765", "https://localhost:8765/api/fire-edge"),
        ("http://[::1]:8765", "http://[::1]:8765/api/fire-edge"),
        ("http://chili.localhost", "http://chili.localhost/api/fire-edge"),
    ],
)
def test_the_host_in_all_its_forms(host: str | None, address: str) -> None:
    assert settings(host=host).client.address == address


def test_the_port_field_counts() -> None:
    assert settings(host="127.0.0.1", port=8765).client.address == "http://127.0.0.1:8765/api/fire-edge"
    assert settings(host="127.0.0.1:8765", port=8765).client.address == "http://127.0.0.1:8765/api/fire-edge"
    assert "port is 1, but host names port 8765" in problem(host="127.0.0.1:8765", port=1)


@pytest.mark.parametrize("host", ["http://fire.chilipiper.com", "http://10.0.0.7:8000", "http://127.0.0.1.example.com"])
def test_a_host_without_tls_is_refused(host: str) -> None:
    """The token would travel in the clear; who wants that has to say so."""
    assert "host has no TLS" in problem(host=host)
    assert settings(host=host, extra={"allow_http": True}).client.address.startswith(host)


@pytest.mark.parametrize("schema", ["http", "https", "api/fire-edge", ""])
def test_the_schema_may_say_what_others_keep_in_it(schema: str) -> None:
    """Airflow's HTTP connections keep the scheme there, and a URI's path ends up there."""
    found = settings(host="chili.example.com", schema=schema, extra={"allow_http": True}).client.address
    assert found == f"{schema if schema == 'http' else 'https'}://chili.example.com/api/fire-edge"


def test_another_schema_is_refused() -> None:
    assert "schema is not used" in problem(schema="public")


@pytest.mark.parametrize(
    "host",
    [
        "ftp://x.example.com",
        f"https://{TOKEN}@x.example.com",
        "https://x.example.com?a=1",
        "https://x.example.com#a",
        "https://x.example.com:port",
        "https://x.example.com:70000",
        "https://x.example.com:0",
        "https://",
        "https://[",
        "x y.example.com",
        "x%20y.example.com",
        "::1",
    ],
)
def test_a_host_that_is_no_address_is_refused(host: str) -> None:
    """It is named by its field only: a token may stand in it."""
    assert "host " in problem(host=host)


@pytest.mark.parametrize("password", [None, "", "  ", "Bearer "])
def test_without_a_token_it_is_said_where_tokens_are_made(password: str | None) -> None:
    text = problem(password=password)
    assert "password is empty" in text
    assert "Integrations > Credentials > API Access Tokens" in text


@pytest.mark.parametrize("password", [f" {TOKEN}\n", f"Bearer {TOKEN}"])
def test_a_token_as_it_is_pasted(password: str) -> None:
    assert settings(password=password).client.token == TOKEN


@pytest.mark.parametrize("password", [f"{TOKEN} {TOKEN}", f"{TOKEN}\n{TOKEN}", f"{TOKEN}é"])
def test_a_token_that_no_header_can_carry_is_refused(password: str) -> None:
    """HTTP libraries quote a bad header, token and all, in their errors."""
    assert "password holds blanks" in problem(password=password)


def test_every_extra_is_read(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    bundle = tmp_path / "ca.pem"
    bundle.touch()
    found = settings(
        extra={
            "timeout": 12,
            "requests_per_second": 0.5,
            "proxy_url": "http://me:hidden@proxy:3128",
            "verify": str(bundle),
            "ledger_conn_id": "ledger",
            "meeting_list_lag": "12.5",
            "allowed_guest_domains": ["Example.com", "@example.org"],
        }
    )
    assert (found.client.timeout, found.client.requests_per_second) == (12, 0.5)
    assert found.client.proxy_url == "http://me:hidden@proxy:3128"
    assert found.client.verify == str(bundle)
    assert found.ledger_conn_id == "ledger"
    assert found.meeting_list_lag == 12.5
    assert found.allowed_guest_domains == ("example.com", "example.org")
    assert caplog.messages == []


def test_without_a_number_of_requests_there_is_no_ceiling() -> None:
    """The pace is then found out from answers."""
    assert settings().client.requests_per_second is None


def test_text_is_understood() -> None:
    """Connections written as URIs, and the form of Airflow 3.1, give everything as text."""
    query = "timeout=30&requests_per_second=2.5&verify=False&allow_http=true&allowed_guest_domains=a.com,%20b.com"
    found = settings_of(Connection.from_uri(f"chilipiper://http://:{TOKEN}@10.0.0.7:8000/?{query}", conn_id="some_one"))
    assert found.client.address == "http://10.0.0.7:8000/api/fire-edge"
    assert (found.client.timeout, found.client.requests_per_second, found.client.verify) == (30, 2.5, False)
    assert found.allowed_guest_domains == ("a.com", "b.com")


@pytest.mark.parametrize("host", ["https://fire.chilipiper.com/api/fire-edge/", "127.0.0.1:8765", None])
def test_it_survives_being_written_as_a_uri(host: str | None) -> None:
    """The test button and Airflow's own cache hand connections over as URIs."""
    extra = json.dumps({"timeout": 3, "allow_http": False, "verify": "no"})
    before = Connection(conn_id="some_one", conn_type="chilipiper", host=host, password=f"{TOKEN}/+@:", extra=extra)
    assert settings_of(Connection.from_uri(before.get_uri(), conn_id="some_one")) == settings_of(before)


def test_empty_fields_of_the_form_are_no_fields() -> None:
    names = ("timeout", "requests_per_second", "proxy_url", "verify", "ledger_conn_id", "allowed_guest_domains")
    assert settings(extra=dict.fromkeys(names) | {"allow_http": None}) == settings()
    assert settings(extra=dict.fromkeys(names, "")) == settings()


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("timeout", "soon", "a number above 0"),
        ("timeout", 0, "a number above 0"),
        ("timeout", -1, "a number above 0"),
        ("timeout", True, "a number above 0"),
        ("timeout", [30], "a number above 0"),
        ("timeout", "nan", "a number above 0"),
        ("requests_per_second", "inf", "a number above 0"),
        ("requests_per_second", 10**400, "a number above 0"),
        ("verify", "/no/such/bundle.pem", "path of a CA bundle"),
        ("verify", {"a": 1}, "path of a CA bundle"),
        ("allow_http", "perhaps", "true or false"),
        ("ledger_conn_id", 7, "the id of an SQL connection"),
        ("ledger_conn_id", " ", "the id of an SQL connection"),
        ("proxy_url", 7, "expected an address"),
        ("proxy_url", "proxy:3128", "http://proxy.example.com:3128"),
        ("proxy_url", "socks5://proxy:3128", "http://proxy.example.com:3128"),
        ("allowed_guest_domains", " , ", "expected domains"),
        ("allowed_guest_domains", [], "expected domains"),
        ("allowed_guest_domains", {}, "expected domains"),
        ("allowed_guest_domains", [1], "expected domains"),
        ("allowed_guest_domains", "*.example.com", "expected domains"),
        ("allowed_guest_domains", "somebody@example.com", "expected domains"),
    ],
)
def test_a_bad_extra_is_named(name: str, value: Any, expected: str) -> None:
    """One error: the field, what was expected, what to do. A safety net of nothing does not mean everybody."""
    text = problem(extra={name: value})
    assert f": {name} " in text
    assert expected in text
    assert "somebody" not in text


@pytest.mark.parametrize("extra", ["{", "[]", "7", '"text"'])
def test_an_extra_that_is_no_object_is_refused(extra: str) -> None:
    assert "extra is no JSON object" in problem(extra=extra)


def test_unknown_extras_are_reported(caplog: pytest.LogCaptureFixture) -> None:
    """By name only: a mistyped `proxy_url` holds a password."""
    settings(extra={"proxy": "http://me:hidden@proxy", "time_out": 3})
    assert "extras that nobody reads: proxy, time_out. Known ones are ledger_conn_id, " in caplog.text
    assert "hidden" not in caplog.text


@pytest.mark.parametrize(("lag", "warns"), [(0, True), (4.9, True), (5, False), (None, False)])
def test_a_list_that_is_said_to_show_meetings_at_once_is_warned_about(
    lag: float | None, warns: bool, caplog: pytest.LogCaptureFixture
) -> None:
    assert settings(extra={"meeting_list_lag": lag}).meeting_list_lag == (30 if lag is None else lag)
    assert ("meeting list within less than 5 seconds" in caplog.text) is warns


@pytest.mark.parametrize("lag", [-1, "soon", True, float("inf")])
def test_a_lag_that_is_no_time_is_refused(lag: object) -> None:
    assert "meeting_list_lag is" in problem(extra={"meeting_list_lag": lag})


@pytest.mark.parametrize(
    ("email", "allowed"),
    [
        ("a@example.com", True),
        (" A@EXAMPLE.com ", True),
        ("a@sub.example.com", False),
        ("a@notexample.com", False),
        ("a@example.com.evil.org", False),
        ("a@evil.org,b@example.com", False),
        ("A <a@example.com>", False),
        ("@example.com", False),
        ("example.com", False),
        ("", False),
        (None, False),
    ],
)
def test_the_safety_net(email: str | None, allowed: bool) -> None:
    """The very domain, in whatever case; what is not known is not let through."""
    assert guest_allowed(email, ("example.com", "example.org")) is allowed
    assert guest_allowed(email, ()) is True
