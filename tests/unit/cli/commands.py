"""Commands as a person or a script gives them, and entries of a ledger for them to show."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from airflow_chilipiper.booking.ledger.entry import Entry, State, new_version
from airflow_chilipiper.booking.ledger.lead_key import entry_key
from airflow_chilipiper.booking.ledger.sql.ledger import SqlLedger

LEDGER = ("--ledger-conn-id", "ledger")
Run = Callable[..., tuple[int, str, str]]


def a_file(folder: Path) -> dict[str, Any]:
    return {"conn_type": "sqlite", "host": str(folder / "ledger.db")}


def connect(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_LEDGER", json.dumps(a_file(folder)))


def put(ledger: SqlLedger, lead: str, state: State, *, purpose: str = "spring", **facts: Any) -> Entry:
    """An entry whose silence counts since long ago."""
    known = {"sent_at": 1_793_577_600.0, "no_effect_after": 1_793_577_900.0, **facts}
    (entry,) = ledger.get_or_create(
        [Entry(key=entry_key(purpose, lead), purpose=purpose, version=new_version(), state=state, **known)]
    )
    return entry


def keys(out: str) -> set[str]:
    return {entry["key"] for entry in json.loads(out)}


def process(*arguments: str) -> subprocess.CompletedProcess[str]:
    """As a user's, without the line about Airflow's test mode."""
    env = {**os.environ, "AIRFLOW__CORE__UNIT_TEST_MODE": "False"}
    return subprocess.run([sys.executable, *arguments], env=env, capture_output=True, text=True, check=False)
