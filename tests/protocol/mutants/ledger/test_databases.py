"""A ledger that lets its database have its way: keys merged, values cut, commits that a power cut takes back."""

from __future__ import annotations

import sqlite3
from contextlib import closing, suppress
from functools import partial
from typing import Any

import pytest
from sqlalchemy import event

from tests.entries import changed
from tests.integration.ledger.test_proof import made_by_hand
from tests.protocol.copies import catch
from tests.protocol.laws import keeps, law, one_entry_a_meeting
from tests.protocol.mutant import Change, Mutant
from tests.protocol.mutants.ledger.sql import Open, before, created, ledger_over, new_ledger, updated


def keys_that_differ_by_case(open_engine: Open) -> None:
    from airflow_chilipiper.booking.ledger.entry import LedgerFailed

    ledger = new_ledger(open_engine)
    with suppress(LedgerFailed):
        created(ledger, "aA")
    law(len(ledger.list()) == 2, "I6: two leads are one, and the second is never booked")


def meetings_that_differ_by_case(open_engine: Open) -> None:
    ledger = new_ledger(open_engine)
    entries = created(ledger, "ab")
    took = updated(ledger, changed(entries[0], "booked", meeting_id="m"), changed(entries[1], "booked", meeting_id="M"))
    law(all(took), "I5: a meeting is taken for another, and is on no record")


def meetings_that_differ_at_their_ends(open_engine: Open) -> None:
    """In a database whose owner lets it cut what is too long."""
    ledger = new_ledger(partial(open_engine, connect_args={"init_command": "set sql_mode = ''"}))
    (entry,) = created(ledger, "a")
    updated(ledger, changed(entry, "booked", meeting_id=(meeting := "m" * 300)))
    recorded = {entry.meeting_id for entry in ledger.list(states=["booked"])}
    law(recorded <= {meeting}, "I5: the meeting on record is none that was ever made")


def a_table_without_keys(open_engine: Open) -> None:
    """As a warehouse has it. Whoever proves that at the start begins nothing."""
    from airflow_chilipiper.booking.ledger.entry import LedgerFailed

    with open_engine().begin() as db:
        db.exec_driver_sql("drop table if exists chilipiper_ledger")
    made_by_hand(open_engine(), without=("key", "meeting_id"))
    ledger = ledger_over(open_engine())
    with suppress(LedgerFailed):
        ledger.create()
        updated(ledger, *(changed(entry, "booked", meeting_id="m-1") for entry in created(ledger, "ab")))
        keeps(one_entry_a_meeting(ledger.list()))


def a_file_whose_readers_let_others_write(open_engine: Open) -> None:
    """SQLite's WAL mode: who has read and then writes is refused if somebody else has written in between."""
    from airflow_chilipiper.booking.ledger.entry import LedgerFailed

    new_ledger(open_engine)
    ours = ledger_over(engine := open_engine())
    with closing(sqlite3.connect(engine.url.database or "", timeout=0, isolation_level=None)) as other:
        other.execute("pragma journal_mode = wal")

        def write() -> None:
            with suppress(sqlite3.OperationalError):
                other.execute("create table if not exists others (number)")
                other.execute("insert into others values (1)")

        before(engine, "INSERT", write, at=range(99))
        try:
            created(ours, "a")
        except LedgerFailed:
            law(False, "I6: a run that came first is refused halfway, as often as it tries")


def commits_of(open_engine: Open, *, hasty: str, asks: str, lasting: set[object]) -> None:
    """Where all connections are set to be hasty: what each commit promises, asked at that very moment."""
    new_ledger(open_engine)
    engine, promised = open_engine(), list[object]()

    @event.listens_for(engine, "connect")
    def make_hasty(connection: Any, _: Any) -> None:
        connection.cursor().execute(hasty)
        connection.commit()

    ledger = ledger_over(engine)
    event.listen(engine, "commit", lambda db: promised.append(db.exec_driver_sql(asks).scalar()))
    updated(ledger, *(changed(entry, "sent") for entry in created(ledger, "a")))
    law(bool(promised) and {*promised} <= lasting, f"I3: a power cut takes back what was updated ({promised})")


def commits_to_a_file(open_engine: Open) -> None:
    commits_of(open_engine, hasty="pragma synchronous = off", asks="pragma synchronous", lasting={2, 3})


def commits_to_a_server(open_engine: Open) -> None:
    commits_of(open_engine, hasty="set synchronous_commit = off", asks="show synchronous_commit", lasting={"on"})


TABLE, DATABASES, LEDGER = "booking.ledger.sql.table", "booking.ledger.sql.databases", "booking.ledger.sql.ledger"
MUTANTS = {
    ("keys merged by case", "sqlite"): Mutant(
        TABLE,
        "sa.String(length).with",
        'sa.String(length, collation="NOCASE").with',
        shown=("I6", keys_that_differ_by_case),
    ),
    ("keys merged by case", "mariadb"): Mutant(
        TABLE, '"ascii_bin" if', '"ascii_general_ci" if', shown=("I6", keys_that_differ_by_case)
    ),
    ("meetings merged by case", "mariadb"): Mutant(
        TABLE, 'else "utf8mb4_bin")', 'else "utf8mb4_general_ci")', shown=("I5", meetings_that_differ_by_case)
    ),
    ("values cut in silence", "mariadb"): Mutant(
        DATABASES,
        "'STRICT_ALL_TABLES', ",
        "",
        Change(TABLE, "is not None and len(value) > width:", "is False:"),
        shown=("I5", meetings_that_differ_at_their_ends),
    ),
    ("keys not proven", "sqlite"): Mutant(LEDGER, "self._prove()", "pass", shown=("I5", a_table_without_keys)),
    ("BEGIN DEFERRED", "sqlite"): Mutant(
        DATABASES, "begin immediate", "begin deferred", shown=("I6", a_file_whose_readers_let_others_write)
    ),
    ("synchronous = normal", "sqlite"): Mutant(
        DATABASES, "pragma synchronous = full", "pragma synchronous = normal", shown=("I3", commits_to_a_file)
    ),
    ("synchronous left as it is", "sqlite"): Mutant(
        DATABASES, 'connection.execute("pragma synchronous = full")', "pass", shown=("I3", commits_to_a_file)
    ),
    ("synchronous_commit left as it is", "postgres"): Mutant(
        DATABASES, "'synchronous_commit', 'on'", "'application_name', 'x'", shown=("I3", commits_to_a_server)
    ),
}


@pytest.mark.parametrize(("what", "open_engine"), MUTANTS, indirect=["open_engine"])
def test_a_ledger_that_trusts_its_database_is_caught(
    what: str, open_engine: Open, request: pytest.FixtureRequest
) -> None:
    catch(MUTANTS[what, request.node.callspec.params["open_engine"]], open_engine)
