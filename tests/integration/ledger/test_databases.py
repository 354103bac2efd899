"""What a server's defaults may not take from the ledger."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from airflow_chilipiper.booking.ledger.entry import LedgerFailed
from airflow_chilipiper.booking.ledger.sql.databases import doubts, mysql_doubts, set_up
from airflow_chilipiper.booking.ledger.sql.faults import BUSY
from airflow_chilipiper.booking.ledger.sql.ledger import SqlLedger

Open = Callable[..., sa.engine.Engine]


@contextmanager
def transaction(url: Any, **options: Any) -> Iterator[sa.engine.Connection]:
    engine = sa.create_engine(url, poolclass=sa.pool.NullPool, **options)
    set_up(engine)
    set_up(engine)
    with engine.begin() as db:
        yield db


def test_sqlite_syncs_fully_and_takes_the_write_lock_first(tmp_path: Path) -> None:
    engine = sa.create_engine(f"sqlite:///{tmp_path}/ledger.db")
    SqlLedger(engine).create()
    statements: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda db, cursor, text, *rest: statements.append(text))
    with engine.begin() as db:
        synchronous = db.exec_driver_sql("pragma synchronous").scalar()
    assert (statements[0], synchronous) == ("begin immediate", 2)
    engine.dispose()


def test_postgres_commits_durably_where_that_is_not_its_default(shared_postgres_url: str) -> None:
    with transaction(shared_postgres_url, connect_args={"options": "-csynchronous_commit=off -clock_timeout=0"}) as db:
        found = [db.exec_driver_sql(f"show {name}").scalar() for name in ("synchronous_commit", "lock_timeout")]
    assert found == ["on", "10s"]


@pytest.mark.parametrize("mode", ["", "ANSI_QUOTES"])
def test_mysql_raises_where_a_value_does_not_fit(mariadb_url: str, mode: str) -> None:
    """Where it would cut it by default; what else is set stays."""
    connect = {"init_command": f"set sql_mode = '{mode}'"}
    with transaction(mariadb_url, connect_args=connect) as db:
        db.exec_driver_sql("create table words (word varchar(3))")
        with pytest.raises(sa.exc.DataError):
            db.exec_driver_sql("insert into words values ('long')")
        asked = "@@sql_mode", "@@innodb_lock_wait_timeout", "@@tx_isolation"
        modes, wait, isolation = db.exec_driver_sql(f"select {', '.join(asked)}").one()
    assert (wait, isolation) == (10, "READ-COMMITTED")
    assert mode in modes


def test_nothing_waits_for_ever_for_a_table_that_another_has_locked(mariadb_url: str) -> None:
    """As a migration or a backup does; MySQL's own policy with those is a day."""
    engine = sa.create_engine(mariadb_url, poolclass=sa.pool.NullPool)
    ledger = SqlLedger(engine, sleep=lambda _: None)
    ledger.create()
    with transaction(mariadb_url) as db:
        assert db.exec_driver_sql("select @@lock_wait_timeout").scalar() == 10
    event.listen(engine, "connect", lambda connection, _: connection.cursor().execute("set lock_wait_timeout = 0"))
    with engine.connect() as other:
        other.exec_driver_sql("lock tables chilipiper_ledger write")
        with pytest.raises(LedgerFailed, match=BUSY):
            ledger.get(["a"])


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, []),
        ({"innodb_flush_log_at_trx_commit": "1", "log_bin": "ON", "sync_binlog": "1", "read_only": "OFF"}, []),
        ({"log_bin": "OFF", "sync_binlog": "0"}, []),
        ({"innodb_flush_log_at_trx_commit": "2"}, ["innodb_flush_log_at_trx_commit is 2, not 1"]),
        ({"log_bin": "ON", "sync_binlog": "0"}, ["sync_binlog is 0, not 1"]),
        ({"read_only": "ON"}, ["read_only is ON"]),
    ],
)
def test_settings_of_mysql_that_lose_entries_are_named(settings: dict[str, str], expected: list[str]) -> None:
    found = mysql_doubts(settings)
    assert len(found) == len(expected)
    assert all(doubt.startswith(beginning) for doubt, beginning in zip(found, expected, strict=True))


def test_doubts_are_about_the_server_that_is_asked(engine: sa.engine.Engine) -> None:
    """The servers of the tests may be set to lose entries, for speed."""
    asked = {"postgresql": "show fsync", "mysql": "select @@innodb_flush_log_at_trx_commit", "sqlite": "select 'on'"}
    with engine.connect() as db:
        is_safe = str(db.exec_driver_sql(asked[engine.dialect.name]).scalar()) in ("on", "1")
    assert any("lost" in doubt for doubt in SqlLedger(engine).doubts()) is not is_safe


@pytest.mark.parametrize(("fsync", "expected"), [("on", 0), ("off", 1)])
def test_postgres_without_fsync_is_doubted(fsync: str, expected: int) -> None:
    assert len(doubts(server("postgresql", fsync))) == expected


def test_a_database_that_nobody_has_tested_is_doubted() -> None:
    set_up(server("oracle"))
    assert "oracle" in doubts(server("oracle"))[0]


def server(name: str, setting: str = "") -> Any:
    answer = SimpleNamespace(scalar=lambda: setting)
    return SimpleNamespace(dialect=SimpleNamespace(name=name), exec_driver_sql=lambda _: answer)
