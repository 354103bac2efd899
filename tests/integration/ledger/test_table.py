"""The ledger's table: its making, its versions, and names that belong to somebody else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from threading import Barrier, Thread
from typing import Any

import pytest
import sqlalchemy as sa

from airflow_chilipiper.booking.ledger.entry import Entry, LedgerFailed, new_version
from airflow_chilipiper.booking.ledger.sql.ledger import SqlLedger
from airflow_chilipiper.booking.ledger.sql.table import VERSION, LedgerTable, table_of

Open = Callable[..., sa.engine.Engine]


def an_entry(key: str = "a") -> Entry:
    return Entry(key=key * 64, purpose="spring", version=new_version())


def beside_each_other(*works: Callable[[], Any]) -> list[Any]:
    start, answers = Barrier(len(works)), list[Any]()

    def run(work: Callable[[], Any]) -> None:
        start.wait()
        answers.append(work())

    threads = [Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return answers


def add_a_note(db: sa.engine.Connection, entries: sa.Table) -> None:
    if "note" not in columns(db, entries.name):
        db.exec_driver_sql(f"alter table {entries.name} add column note varchar(8)")


def columns(db: sa.engine.Connection, table: str) -> set[str]:
    return {column["name"] for column in sa.inspect(db).get_columns(table)}


def the_next(migration: Callable[[sa.engine.Connection, sa.Table], None] = add_a_note) -> LedgerTable:
    """The table as a later version of this package will know it."""
    return LedgerTable(version=VERSION + 1, migrations={VERSION: migration})


def test_the_table_has_exactly_the_fields_of_a_row() -> None:
    """All but `replaces`, which says what is compared and is no fact."""
    assert {column.name for column in table_of("ledger").columns} == {field.name for field in fields(Entry)} - {
        "replaces"
    }


def test_create_says_whether_it_made_the_table(open_engine: Open) -> None:
    assert SqlLedger(open_engine()).create() is True
    assert SqlLedger(open_engine()).create() is False


def test_of_runs_that_create_at_once_one_makes_the_table_and_none_fails(open_engine: Open) -> None:
    made = beside_each_other(*(SqlLedger(open_engine()).create for _ in range(6)))
    assert sorted(made) == [False] * 5 + [True]


def test_two_ledgers_may_share_an_engine(open_engine: Open) -> None:
    engine = open_engine()
    spring, autumn = SqlLedger(engine), SqlLedger(engine, LedgerTable("autumn"))
    assert spring.create() is autumn.create() is True
    (entry,) = spring.get_or_create([an_entry()])
    assert autumn.get([entry.key]) == {}


def test_an_older_table_is_migrated_once_and_keeps_its_rows(open_engine: Open) -> None:
    """By runs that all start at once, as after an upgrade."""
    old = SqlLedger(open_engine())
    old.create()
    (entry,) = old.get_or_create([an_entry()])
    migrated: list[str] = []

    def migration(db: sa.engine.Connection, entries: sa.Table) -> None:
        migrated.append(db.dialect.name)
        add_a_note(db, entries)

    made = beside_each_other(*(SqlLedger(open_engine(), the_next(migration)).create for _ in range(4)))
    assert made == [False] * 4
    with open_engine().connect() as db:
        assert len(migrated) == 1 or db.dialect.name == "mysql"  # which gives up its lock at the first ALTER
        assert "note" in columns(db, "chilipiper_ledger")
        assert db.exec_driver_sql("select version from chilipiper_ledger_version").all() == [(VERSION + 1,)]
    assert SqlLedger(open_engine(), the_next()).get([entry.key]) == {entry.key: entry}


def test_a_migration_that_broke_off_is_taken_up_again(open_engine: Open) -> None:
    """MySQL keeps what it has done by then, the others roll it back."""
    SqlLedger(open_engine()).create()

    def breaks_off(db: sa.engine.Connection, entries: sa.Table) -> None:
        add_a_note(db, entries)
        raise sa.exc.InvalidRequestError("broke off")

    with pytest.raises(LedgerFailed):
        SqlLedger(open_engine(), the_next(breaks_off)).create()
    assert SqlLedger(open_engine()).create() is False
    assert SqlLedger(open_engine(), the_next()).create() is False


def test_several_versions_are_migrated_one_after_another(open_engine: Open) -> None:
    SqlLedger(open_engine()).create()
    steps: list[int] = []
    migrations = {VERSION + at: lambda db, entries, at=at: steps.append(at) for at in range(3)}
    latest = LedgerTable(version=VERSION + 3, migrations=migrations)
    assert SqlLedger(open_engine(), latest).create() is SqlLedger(open_engine(), latest).create() is False
    assert steps == [0, 1, 2]


def test_an_older_program_refuses_a_newer_table(open_engine: Open) -> None:
    SqlLedger(open_engine(), the_next()).create()
    with pytest.raises(LedgerFailed, match=rf"newer airflow-provider-.* version {VERSION + 1}, .* knows {VERSION};"):
        SqlLedger(open_engine()).create()


def test_a_creation_that_broke_off_is_taken_up_again(open_engine: Open) -> None:
    """MySQL makes one table after the other."""
    engine = open_engine()
    LedgerTable().entries.create(engine)
    assert SqlLedger(engine).create() is False
    with pytest.raises(LedgerFailed, match="newer"):
        SqlLedger(engine, LedgerTable(version=VERSION - 1)).create()


def test_a_table_that_somebody_dropped_is_made_as_of_now(open_engine: Open) -> None:
    engine = open_engine()
    SqlLedger(engine).create()
    with engine.begin() as db:
        db.exec_driver_sql("drop table chilipiper_ledger")
    refused = LedgerTable(version=VERSION + 1, migrations={})
    assert SqlLedger(open_engine(), refused).create() is True


def test_a_table_of_that_name_that_is_another_is_refused_and_left_alone(open_engine: Open) -> None:
    engine = open_engine()
    with engine.begin() as db:
        db.exec_driver_sql("create table chilipiper_ledger (version varchar(32), amount integer)")
    with pytest.raises(LedgerFailed, match=r"chilipiper_ledger: .*rename that table or give the ledger another"):
        SqlLedger(engine).create()
    with engine.connect() as db:
        assert sa.inspect(db).get_table_names() == ["chilipiper_ledger"]
        assert columns(db, "chilipiper_ledger") == {"version", "amount"}


def test_on_mysql_the_tables_are_transactional_whatever_the_default(mariadb_url: str) -> None:
    connect = {"init_command": "set default_storage_engine = MyISAM"}
    engine = sa.create_engine(mariadb_url, poolclass=sa.pool.NullPool, connect_args=connect)
    assert SqlLedger(engine).create() is True
    with engine.connect() as db:
        engines = db.exec_driver_sql("select engine from information_schema.tables where table_schema = database()")
        assert [*engines.scalars()] == ["InnoDB", "InnoDB"]
