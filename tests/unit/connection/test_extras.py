"""What stands in a connection's extra."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from airflow.sdk import Connection

from airflow_chilipiper.connection.settings import settings_of
from tests.unit.connection.made_up import TOKEN, problem, settings


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
