"""The ledger's table: its making, and names that belong to somebody else."""

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


def columns(db: sa.engine.Connection, table: str) -> set[str]:
    return {column["name"] for column in sa.inspect(db).get_columns(table)}


def test_the_table_has_exactly_the_fields_of_an_entry() -> None:
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
    refused = LedgerTable(version=VERSION + 1)
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
