"""Empty warehouses of each kind behind the Airflow connection `warehouse`, and a line to them that can be cut."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa
from airflow.providers.common.sql.hooks.sql import DbApiHook
from airflow.providers.postgres.hooks.postgres import PostgresHook
from airflow.providers.sqlite.hooks.sqlite import SqliteHook

from tests.booking_task import chili, clock, desk, ledger
from tests.integration.ledger_troubles.mysql_hook import MySqlHook
from tests.integration.warehouse.duckdb_hook import DuckDbHook

__all__ = ["chili", "clock", "desk", "ledger"]  # fixtures

KINDS = ("sqlite", "postgres", "mysql", "duckdb")


@dataclass
class Warehouse:
    """`hook` makes one as an operator has it; `table` is a name that no other test uses."""

    kind: str
    hook: Callable[[], DbApiHook]
    table: str = field(default_factory=lambda: f"results_{uuid4().hex[:12]}")
    made: set[str] = field(default_factory=set)

    def execute(self, *statements: str) -> None:
        with closing(self.hook().get_conn()) as connection, closing(connection.cursor()) as cursor:
            for statement in statements:
                cursor.execute(statement)
            if self.kind != "duckdb":  # which commits by itself
                connection.commit()

    def rows(self, columns: str, table: str | None = None) -> list[tuple[Any, ...]]:
        with closing(self.hook().get_conn()) as connection, closing(connection.cursor()) as cursor:
            cursor.execute(f"SELECT {columns} FROM {table or self.table} ORDER BY 1, 2")
            return [tuple(row) for row in cursor.fetchall()]


@pytest.fixture(params=KINDS)
def home(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Warehouse:
    return warehouse(request.param, request, tmp_path, monkeypatch)


@pytest.fixture
def sqlite_home(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Warehouse:
    return warehouse("sqlite", request, tmp_path, monkeypatch)


@pytest.fixture
def postgres_home(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Warehouse:
    return warehouse("postgres", request, tmp_path, monkeypatch)


def warehouse(kind: str, request: pytest.FixtureRequest, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Warehouse:
    def connect(**fields: Any) -> None:
        monkeypatch.setenv("AIRFLOW_CONN_WAREHOUSE", json.dumps({"conn_type": kind, **fields}))

    if kind in ("sqlite", "duckdb"):
        connect(host=str(folder / f"warehouse.{kind}"))
    else:
        name = {"postgres": "postgres_schema_url", "mysql": "shared_mariadb_url"}[kind]
        url = sa.make_url(request.getfixturevalue(name))
        known = {"host": url.host, "port": url.port, "login": url.username, "password": url.password}
        connect(**known, schema=url.database, extra=dict(url.query))
    return Warehouse(kind, HOOKS[kind])


HOOKS: dict[str, Callable[[], DbApiHook]] = {
    "sqlite": lambda: SqliteHook(sqlite_conn_id="warehouse"),
    "postgres": lambda: PostgresHook(postgres_conn_id="warehouse", enable_log_db_messages=True),
    "mysql": lambda: MySqlHook(mysql_conn_id="warehouse"),
    "duckdb": lambda: DuckDbHook(duckdb_conn_id="warehouse"),
}


@dataclass
class Said:
    """Whatever reached a log, Airflow's own or Python's, down to the last level."""

    caplog: pytest.LogCaptureFixture
    capsys: pytest.CaptureFixture[str]

    @property
    def text(self) -> str:
        return self.caplog.text + "".join(self.capsys.readouterr())


@pytest.fixture
def said(caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]) -> Said:
    caplog.set_level(logging.DEBUG)
    return Said(caplog, capsys)


class Line:
    """The way to a database; `trouble` is called before and after each commit, with True once it is done."""

    def __init__(self, hook: DbApiHook) -> None:
        self.trouble: Callable[[bool], None] = bool  # type: ignore[assignment]
        self.opened = self.closed = 0
        self._connect = hook.get_conn
        hook.get_conn = self.connect  # type: ignore[method-assign]

    def connect(self) -> Any:
        self.opened += 1
        return Cut(self._connect(), self)


class Cut:
    """A connection over such a line; or a cursor, where it is one too, as DuckDB's."""

    def __init__(self, inner: Any, line: Line, *, is_cursor: bool = False) -> None:
        self._inner, self._line, self._is_cursor = inner, line, is_cursor

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def cursor(self) -> Any:
        cursor = self._inner.cursor()
        return Cut(cursor, self._line, is_cursor=True) if hasattr(cursor, "begin") else cursor

    def commit(self) -> None:
        self._line.trouble(False)
        self._inner.commit()
        self._line.trouble(True)

    def close(self) -> None:
        self._line.closed += not self._is_cursor
        self._inner.close()


def once(error: Exception, *, after: bool) -> Callable[[bool], None]:
    """Raise that error at the first commit, before it or after it, and never again."""
    left = [error]

    def trouble(is_done: bool) -> None:
        if left and is_done == after:
            raise left.pop()

    return trouble


def outcome(key: str | None, status: str = "booked", meeting: str | None = None, **others: Any) -> dict[str, Any]:
    """An outcome row as the operators make it."""
    return {
        "lead_key": key,
        "status": status,
        "meeting_id": meeting,
        "start_time": "2026-11-02T09:00:00Z" if meeting else None,
        "session_id": None,
        "reason": "",
        "attempts": 1,
        "purpose": "q3",
        "pattern": "concierge",
        "host": None,
        "assignees": [],
        **others,
    }


def outcomes(*keys: str) -> Sequence[dict[str, Any]]:
    return [outcome(key, meeting=f"m-{key}") for key in keys]
