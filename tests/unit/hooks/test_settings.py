"""What the hook reads from its connection."""

from __future__ import annotations

import asyncio
from urllib.parse import quote

import pytest
from airflow.sdk.log import redact

from airflow_chilipiper import __version__
from airflow_chilipiper.hooks import ChiliPiperHook, aread_settings, read_settings
from airflow_chilipiper.sandbox import Sandbox
from airflow_chilipiper.version_compat import airflow_version
from tests.unit.hooks.conftest import DEFAULT, connected


def test_a_connection_by_uri(chili: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same as by JSON, although everything is text then."""
    uri = f"chilipiper://:{quote(chili.token)}@127.0.0.1:{chili.port}/?requests_per_second=1000&timeout=7"
    monkeypatch.setenv(DEFAULT, uri)
    hook = ChiliPiperHook()
    assert hook.get_conn().settings.client.timeout == 7
    assert hook.workspaces()
    hook.close()


def test_who_is_asking(hook: ChiliPiperHook) -> None:
    client = hook.get_conn().settings.client
    assert client.user_agent == f"airflow-provider-chilipiper/{__version__} airflow/{airflow_version()}"


def test_settings_are_the_same_on_both_ways_in(chili: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    hook = connected(monkeypatch, chili, chili.token)
    assert asyncio.run(aread_settings(hook.chilipiper_conn_id)) == read_settings(hook.chilipiper_conn_id)
    assert hook.get_conn().settings == read_settings(hook.chilipiper_conn_id)


def test_secrets_are_masked(chili: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """The token as it is sent, and the proxy's password as written and as sent, on both ways in."""
    for number, read in enumerate((read_settings, lambda conn_id: asyncio.run(aread_settings(conn_id)))):
        proxy = f"http://me:p%20ssword-{number}@proxy:3128"
        read(connected(monkeypatch, chili, f"Bearer secret-{number}-token", proxy_url=proxy).chilipiper_conn_id)
        shown = redact(f"secret-{number}-token p%20ssword-{number} p ssword-{number}")
        assert shown == "*** *** ***"


def test_unknown_extras_are_named_once(
    chili: Sandbox, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """However often the hook is used, and without their values."""
    hook = connected(monkeypatch, chili, chili.token, proxi_url="http://me:hidden@proxy")
    assert hook.workspaces() == hook.workspaces()
    assert caplog.text.count("proxi_url") == 1
    assert "hidden" not in caplog.text
    hook.close()
