"""Proxies and authorities, by the settings and the environment."""

from __future__ import annotations

import os
from typing import Any

import pytest

from airflow_chilipiper.api.errors import Invalid
from airflow_chilipiper.api.http import environment
from airflow_chilipiper.api.http.client import ClientSettings


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
