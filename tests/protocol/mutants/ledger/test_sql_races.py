"""A SQL ledger that is wrong only while two transactions run at once; on Postgres and MariaDB."""

from __future__ import annotations

from contextlib import suppress

import pytest
from sqlalchemy import event

from tests.entries import changed
from tests.integration.ledger.test_sql_locks import Holder
from tests.protocol.copies import catch
from tests.protocol.laws import law
from tests.protocol.mutant import Change, Mutant
from tests.protocol.mutants.ledger.sql import Open, before, created, ledger_over, new_ledger, on_record, updated
from tests.protocol.mutants.ledger.sql_texts import ANY_VERSION, COMPARES, LEDGER, TABLE, WRITES


def two_runs_at_once(open_engine: Open) -> None:
    """One updates the entry while the other is in the middle of its transaction."""
    (entry,) = created(new_ledger(open_engine), "a")
    engine, other = open_engine(), ledger_over(open_engine())
    ours, won = ledger_over(engine), list[bool]()
    before(engine, "UPDATE", lambda: won.extend(updated(other, changed(entry, "sent"))))
    won += updated(ours, changed(entry, "sent"))
    law(won.count(True) == 1, f"I1: {won.count(True)} runs may send for one lead")


def two_meetings_at_once(open_engine: Open) -> None:
    """The server's default of isolation is the owner's affair; and one meeting too many must not go unseen."""
    (entry,) = created(new_ledger(open_engine), "a")
    engine, other = open_engine(), ledger_over(open_engine())
    ours = ledger_over(engine)
    event.listen(
        engine,
        "connect",
        lambda connection, _: connection.cursor().execute("set session transaction isolation level repeatable read"),
    )
    before(engine, "UPDATE", lambda: updated(other, changed(entry, "booked", meeting_id="m-1")))
    (answer,) = ours.update([changed(entry, "booked", meeting_id="m-2")])
    law(getattr(answer, "entry", entry).meeting_id == "m-1", "I5: two meetings for one lead, and no alarm")


def a_group_that_meets_a_lock(open_engine: Open) -> None:
    """Some other program holds the second of its entries for longer than we wait."""
    from airflow_chilipiper.booking.ledger.entry import LedgerFailed

    entries = created(new_ledger(open_engine), "abc")
    ours = ledger_over(engine := open_engine())
    event.listen(engine, "begin", lambda db: db.exec_driver_sql("set local lock_timeout = 1"))
    holder = Holder(open_engine(), entries[1])
    with suppress(LedgerFailed):
        updated(ours, *(changed(entry, "sent") for entry in entries))
    holder.let_go()
    in_doubt = sum(on_record(open_engine, entry).state == "sent" for entry in entries)
    law(not in_doubt, f"I6: {in_doubt} leads are in doubt for which nobody sent")


def a_change_beside_us(open_engine: Open) -> None:
    """Where the owner of the database has made a stricter isolation the default, it costs the whole transaction."""
    from airflow_chilipiper.booking.ledger.entry import LedgerFailed

    entries = created(new_ledger(open_engine), "ab")
    engine, beside = open_engine(isolation_level="REPEATABLE READ"), open_engine()

    def change() -> None:
        with beside.begin() as db:
            db.exec_driver_sql(f"update chilipiper_ledger set reason = 'x' where version = '{entries[1].version}'")

    ours, took = ledger_over(engine), list[bool]()
    before(engine, "UPDATE", change)
    with suppress(LedgerFailed):
        took = updated(ours, *(changed(entry, "sent") for entry in entries))
    law(took == [True, True], "I6: a group of leads is lost to a change beside it")


READS = "current = self._read_back(entries)"

PASSING = "(isinstance(error, passing) or is_passing(error))"

HALF_A_GROUP = Mutant(
    LEDGER,
    WRITES,
    "for change in changes:\n"
    "                self._transact(lambda db, change=change: db.execute(self._table.change, change))",
    shown=("I6", a_group_that_meets_a_lock),
)

NOT_REPEATED = Mutant(LEDGER, PASSING, "isinstance(error, passing)", shown=("I6", a_change_beside_us))

COMPARED_BY_READING = Mutant(
    TABLE,
    COMPARES,
    ANY_VERSION,
    Change(
        LEDGER,
        WRITES,
        """def compare_and_write(db: Connection) -> None:
                found = self._select(db, [entry.key for entry in entries])
                if free := [change for change in changes if found[change["of"]].version == change["replaces"]]:
                    db.execute(self._table.change, free)

            self._transact(compare_and_write)""",
    ),
    shown=("I1", two_runs_at_once),
)

READ_BACK_AT_ONCE = Mutant(
    LEDGER,
    WRITES,
    """def write_between_reads(db: Connection) -> dict[str, Entry]:
                self._select(db, [entry.key for entry in entries])
                db.execute(self._table.change, changes)
                return self._select(db, [entry.key for entry in entries])

            seen = self._transact(write_between_reads)""",
    Change(LEDGER, READS, "current = [seen[entry.key] for entry in entries]"),
    shown=("I5", two_meetings_at_once),
)


@pytest.mark.parametrize("open_engine", ["postgres", "mariadb"], indirect=True)
def test_an_update_compared_by_reading_it_first_is_caught(open_engine: Open) -> None:
    """Only where two transactions can be under way at once, which SQLite does not let them."""
    catch(COMPARED_BY_READING, open_engine)


@pytest.mark.parametrize("open_engine", ["mariadb"], indirect=True)
def test_a_winner_read_back_in_the_transaction_that_wrote_is_caught(open_engine: Open) -> None:
    """By the default isolation of MariaDB a transaction reads what was there at its first read. Postgres, where it has
    the same, refuses the write."""
    catch(READ_BACK_AT_ONCE, open_engine)


@pytest.mark.parametrize("open_engine", ["postgres"], indirect=True)
def test_half_a_group_that_is_committed_is_caught(open_engine: Open) -> None:
    catch(HALF_A_GROUP, open_engine)


@pytest.mark.parametrize("open_engine", ["postgres"], indirect=True)
def test_a_serialization_failure_that_is_not_repeated_is_caught(open_engine: Open) -> None:
    catch(NOT_REPEATED, open_engine)
