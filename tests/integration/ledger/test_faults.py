"""What a database's error is reported as, by real databases where they can be brought to it."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psycopg2
import pymysql
import pytest
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError, IntegrityError, InternalError, OperationalError, ProgrammingError

from airflow_chilipiper.booking.ledger.entry import Entry, LedgerFailed, new_version
from airflow_chilipiper.booking.ledger.sql.faults import (
    AWAY,
    BUSY,
    FULL,
    NO_WRITES,
    NOT_ALLOWED,
    NOT_OURS,
    UNFIT,
    Unfit,
    failure,
    is_passing,
    meaning,
)
from airflow_chilipiper.booking.ledger.sql.ledger import SqlLedger
from tests.entries import changed


def an_entry(key: str = "a", **facts: Any) -> Entry:
    return Entry(key=key * 64, purpose="spring", version=new_version(), **facts)


def ledger_at(url: Any, **connect_args: Any) -> SqlLedger:
    return SqlLedger(sa.create_engine(url, poolclass=sa.pool.NullPool, connect_args=connect_args), sleep=lambda _: None)


def test_a_postgres_that_takes_no_writes(postgres_schema_url: str) -> None:
    """As a read replica answers."""
    ledger_at(postgres_schema_url).create()
    url = sa.engine.make_url(postgres_schema_url)
    read_only = ledger_at(
        url.update_query_dict({"options": f"{url.query['options']} -cdefault_transaction_read_only=on"})
    )
    for ask in (read_only.create, lambda: read_only.get_or_create([an_entry()])):
        with pytest.raises(LedgerFailed, match=NO_WRITES):
            ask()


def test_a_mariadb_that_takes_no_writes(mariadb_url: str) -> None:
    ledger_at(mariadb_url).create()
    with pytest.raises(LedgerFailed, match=NO_WRITES):
        ledger_at(mariadb_url, init_command="set session transaction read only").get_or_create([an_entry()])


def test_a_file_that_takes_no_writes(tmp_path: Path) -> None:
    ledger_at(f"sqlite:///{tmp_path}/ledger.db").create()
    with pytest.raises(LedgerFailed, match=NO_WRITES):
        ledger_at(f"sqlite:///file:{tmp_path}/ledger.db?mode=ro&uri=true").get_or_create([an_entry()])


def test_a_user_who_may_only_read(postgres_schema_url: str) -> None:
    ledger_at(postgres_schema_url).create()
    url = sa.engine.make_url(postgres_schema_url)
    schema = url.query["options"].removeprefix("-csearch_path=")
    owner = sa.create_engine(url, poolclass=sa.pool.NullPool, isolation_level="AUTOCOMMIT")
    with owner.connect() as db:
        db.exec_driver_sql(f"create role reader_{schema}")
        try:
            db.exec_driver_sql(f"grant usage on schema {schema} to reader_{schema}")
            db.exec_driver_sql(f"grant select on all tables in schema {schema} to reader_{schema}")
            reader = ledger_at(url.update_query_dict({"options": f"{url.query['options']} -crole=reader_{schema}"}))
            assert reader.get(["a" * 64]) == {}
            with pytest.raises(LedgerFailed, match=NOT_ALLOWED):
                reader.create()
        finally:
            db.exec_driver_sql(f"drop owned by reader_{schema}")
            db.exec_driver_sql(f"drop role reader_{schema}")


def test_a_disk_that_is_full(tmp_path: Path) -> None:
    engine = sa.create_engine(f"sqlite:///{tmp_path}/ledger.db", poolclass=sa.pool.NullPool)
    ledger = SqlLedger(engine, sleep=lambda _: None)
    ledger.create()
    (entry,) = ledger.get_or_create([an_entry()])
    event.listen(engine, "connect", lambda connection, _: connection.execute("pragma max_page_count = 1"))
    with pytest.raises(LedgerFailed, match=FULL):
        ledger.update([changed(entry, "sent", reason="because " * 10_000)])
    assert ledger.get([entry.key]) == {entry.key: entry}


def postgres(code: str) -> Any:
    return SimpleNamespace(pgcode=code, args=("secret",))


def psycopg(code: str) -> Any:
    return SimpleNamespace(sqlstate=code, args=("secret",))


def sqlite(name: str) -> Any:
    return SimpleNamespace(sqlite_errorname=name, args=("secret",))


def mysql(number: int) -> Exception:
    return pymysql.err.OperationalError(number, "secret")


@pytest.mark.parametrize(
    ("kind", "original", "message"),
    [
        (OperationalError, psycopg2.OperationalError("secret"), AWAY),
        (OperationalError, mysql(2013), AWAY),
        (OperationalError, mysql(1045), AWAY),
        (OperationalError, psycopg("57P01"), AWAY),
        (OperationalError, sqlite("SQLITE_CANTOPEN"), AWAY),
        (OperationalError, postgres("40P01"), BUSY),
        (OperationalError, psycopg("40001"), BUSY),
        (DBAPIError, mysql(1205), BUSY),
        (InternalError, mysql(1213), BUSY),
        (OperationalError, sqlite("SQLITE_BUSY_SNAPSHOT"), BUSY),
        (OperationalError, postgres("53100"), FULL),
        (OperationalError, mysql(1114), FULL),
        (OperationalError, mysql(1290), NO_WRITES),
        (InternalError, psycopg("25006"), NO_WRITES),
        (OperationalError, sqlite("SQLITE_READONLY_DBMOVED"), NO_WRITES),
        (OperationalError, mysql(1142), NOT_ALLOWED),
        (ProgrammingError, postgres("42501"), NOT_ALLOWED),
        (ProgrammingError, postgres("42703"), NOT_OURS),
        (OperationalError, mysql(1054), NOT_OURS),
        (IntegrityError, sqlite("SQLITE_CONSTRAINT_TRIGGER"), NOT_OURS),
        (OperationalError, mysql(1366), UNFIT),
        (OperationalError, mysql(4242), None),
        (ProgrammingError, sqlite3.ProgrammingError("secret"), None),
    ],
)
def test_an_error_is_named_by_its_code_and_in_our_words(
    kind: type[DBAPIError], original: Any, message: str | None
) -> None:
    error = kind("insert", {"session": "secret"}, original)
    assert meaning(error) == message
    assert (type(failure("ledger", error)) is Unfit) is (message == UNFIT)
    assert str(failure("ledger", error)) == f"ledger: {kind.__name__}" + (f": {message}" if message else "")


def test_what_may_pass_is_tried_again() -> None:
    """Locks whatever class the driver gives them, and connections that broke."""
    assert is_passing(OperationalError("", {}, mysql(4242)))
    assert is_passing(InternalError("", {}, mysql(1213)))
    assert is_passing(DBAPIError("", {}, Exception(), connection_invalidated=True))
    assert not is_passing(ProgrammingError("", {}, postgres("42501")))
    assert not is_passing(ValueError())
