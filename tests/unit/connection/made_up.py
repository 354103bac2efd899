"""Connections that are made up, and what is read of them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from airflow.sdk import Connection

from airflow_chilipiper.api.errors import Invalid
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
