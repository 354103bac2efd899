"""What a client is made of."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from airflow_chilipiper.api.errors import Invalid
from airflow_chilipiper.api.http.client import ClientSettings

SETTINGS = ClientSettings(token="secret-token")


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
