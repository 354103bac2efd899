"""What becomes of a transaction that comes upon a lock."""

from __future__ import annotations

from threading import Barrier, Thread
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from airflow_chilipiper.booking.ledger.entry import Conflict, Entry, LedgerFailed
from airflow_chilipiper.booking.ledger.sql.faults import BUSY
from airflow_chilipiper.booking.ledger.sql.ledger import LONGEST_PAUSE, TRIES, SqlLedger
from airflow_chilipiper.booking.ledger.sql.table import LedgerTable
from tests.entries import changed
from tests.integration.ledger.test_sql_ledger import Open, an_entry


class Holder:
    """Another program in the middle of a change of this entry; on SQLite that locks all entries."""

    def __init__(self, engine: sa.engine.Engine, entry: Entry) -> None:
        entries = LedgerTable().entries
        self._db = engine.connect()
        self._transaction = self._db.begin()
        self._db.execute(entries.update().where(entries.c.key == entry.key).values(reason="held"))

    def let_go(self, *_: object) -> None:
        self._transaction.rollback()
        self._db.close()


def impatient(engine: sa.engine.Engine, **options: Any) -> SqlLedger:
    """A ledger that waits for no lock."""
    ledger = SqlLedger(engine, **options)
    if engine.dialect.name == "postgresql":
        event.listen(engine, "begin", lambda db: db.exec_driver_sql("set local lock_timeout = 1"))
    else:
        no_wait = {"mysql": "set innodb_lock_wait_timeout = 0", "sqlite": "pragma busy_timeout = 0"}[
            engine.dialect.name
        ]
        event.listen(engine, "connect", lambda connection, _: connection.cursor().execute(no_wait))
    return ledger


def test_a_group_that_came_upon_a_lock_is_rolled_back_whole_and_repeated(
    open_ledger_engine: Open, ledger: SqlLedger
) -> None:
    """MySQL by itself would roll back the one statement that waited, and commit the rest."""
    entries = ledger.get_or_create([an_entry(key) for key in "abc"])
    holder, pauses = Holder(open_ledger_engine(), entries[1]), list[float]()
    other = impatient(open_ledger_engine(), sleep=pauses.append)
    with pytest.raises(LedgerFailed, match=BUSY):
        other.update([changed(entry, "sent") for entry in entries])
    assert len(pauses) == TRIES - 1
    assert all(0 <= pause <= tried * LONGEST_PAUSE for tried, pause in enumerate(pauses, 1))
    holder.let_go()
    assert [entry.state for entry in ledger.list()] == ["planned"] * 3


def test_a_lock_that_is_let_go_costs_one_more_try(open_ledger_engine: Open, ledger: SqlLedger) -> None:
    entries = ledger.get_or_create([an_entry(key) for key in "abc"])
    holder = Holder(open_ledger_engine(), entries[1])
    answers = impatient(open_ledger_engine(), sleep=holder.let_go).update([changed(entry, "sent") for entry in entries])
    assert [answer.state for answer in answers if isinstance(answer, Entry)] == ["sent"] * 3


def test_of_runs_that_the_database_cannot_serialize_each_is_repeated(
    open_ledger_engine: Open, ledger: SqlLedger
) -> None:
    """Where the owner of the database has made SERIALIZABLE the default, all but the first lose their whole group."""
    entries = ledger.get_or_create([an_entry(key) for key in "abcd"])
    start, answers = Barrier(4), list[list[Any]]()

    def update(other: SqlLedger) -> None:
        start.wait()
        answers.append(list(other.update([changed(entry, "sent") for entry in entries])))

    others = [SqlLedger(open_ledger_engine(isolation_level="SERIALIZABLE")) for _ in range(4)]
    threads = [Thread(target=update, args=(other,)) for other in others]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    by_row = [{type(answer) for answer in of_row} for of_row in zip(*answers, strict=True)]
    winners = [sum(isinstance(answer, Entry) for answer in of_row) for of_row in zip(*answers, strict=True)]
    assert len(answers) == 4
    assert by_row == [{Entry, Conflict}] * 4
    assert winners == [1] * 4
