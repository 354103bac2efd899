"""The same empty ledger of each kind: in memory, a SQLite file, Postgres and MariaDB."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from airflow_chilipiper.booking.ledger.entry import (
    Entry,
    new_version,
)
from airflow_chilipiper.booking.ledger.memory import MemoryLedger
from airflow_chilipiper.booking.ledger.sql.ledger import SqlLedger
from airflow_chilipiper.booking.ledger.store import Ledger


def an_entry(key: str = "a", **facts: Any) -> Entry:
    return Entry(key=key * 64, purpose="spring", version=new_version(), **facts)


@pytest.fixture(params=["memory", "sqlite", "postgres", "mariadb"])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], Ledger]]:
    """Opens the same ledger again and again, each time as another run would; it is empty at first."""
    memory, engines = MemoryLedger(), list[sa.engine.Engine]()
    url = f"sqlite:///{tmp_path}/ledger.db"
    if request.param in ("postgres", "mariadb"):
        url = request.getfixturevalue(f"shared_{request.param}_url")

    def open_() -> Ledger:
        if request.param == "memory":
            return memory
        engines.append(sa.create_engine(url, hide_parameters=True))
        ledger = SqlLedger(engines[-1])
        ledger.create()
        if len(engines) == 1:
            with engines[0].begin() as db:
                db.exec_driver_sql("delete from chilipiper_ledger")
        return ledger

    yield open_
    for engine in engines:
        engine.dispose()


@pytest.fixture
def ledger(opened: Callable[[], Ledger]) -> Ledger:
    return opened()
