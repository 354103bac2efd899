"""What the code on the pages meets: a sandbox that answers, and databases behind the connections that it names."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from airflow_chilipiper.sandbox import Sandbox, sandbox

if TYPE_CHECKING:
    from airflow.sdk import DAG


@pytest.fixture
def box(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    with sandbox() as served:
        monkeypatch.setenv("AIRFLOW_CONN_CHILIPIPER_DEFAULT", served.connection)
        yield served


@pytest.fixture
def leads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A database with two leads behind `warehouse`; `ledger` leads to an empty one."""
    for name in ("warehouse", "ledger"):
        given = {"conn_type": "sqlite", "host": str(tmp_path / f"{name}.db")}
        monkeypatch.setenv(f"AIRFLOW_CONN_{name.upper()}", json.dumps(given))
    path = tmp_path / "warehouse.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE leads (lead_id TEXT, email TEXT, company TEXT, meeting_id TEXT)")
        rows = [(f"L{number}", f"lead{number}@example.com", "Acme", None) for number in (1, 2)]
        connection.executemany("INSERT INTO leads VALUES (?, ?, ?, ?)", rows)
    return path


@pytest.fixture
def parse() -> Callable[[Path], DAG]:
    """The one DAG of a file, as Airflow parses it: without an error."""
    from tests.dagbag import DagBag

    def parse(file: Path) -> DAG:
        bag = DagBag(file)
        assert bag.import_errors == {}
        (dag,) = bag.dags.values()
        return dag

    return parse
