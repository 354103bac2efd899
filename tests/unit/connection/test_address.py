"""The API's address, out of a connection's host, port and schema."""

from __future__ import annotations

import pytest

from tests.unit.connection.made_up import REAL, TOKEN, problem, settings


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
