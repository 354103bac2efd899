"""A SQL ledger that tells the wrong run that it won, or forgets what was told; on real databases."""

from __future__ import annotations

from contextlib import suppress

import pytest
from sqlalchemy import event

from tests.entries import changed
from tests.integration.ledger.test_sql_ledger import TRIES, LosesAnswers
from tests.integration.ledger.test_sql_locks import Holder
from tests.protocol.mutants.broken import Change, Mutant, catch, law
from tests.protocol.mutants.desk import Desk, a_lead, book
from tests.protocol.mutants.sql import Open, before, created, ledger_over, new_ledger, on_record, updated


def two_runs_one_after_the_other(open_engine: Open) -> None:
    """The second has read its entries before, and has another one in its group."""
    ledger, other = new_ledger(open_engine), ledger_over(open_engine())
    entries = created(ledger, "ab")
    first = updated(ledger, changed(entries[0], "sent"))
    second = updated(other, *(changed(entry, "sent") for entry in entries))
    law(second[1], "I6: a lead is lost that nobody else wanted")
    law([*first, *second[:1]].count(True) == 1, "I1: not one run, but two or none may send for a lead")


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


def a_second_meeting(open_engine: Open) -> None:
    ledger = new_ledger(open_engine)
    (entry,) = created(ledger, "a")
    told = [ledger.update([changed(entry, "booked", meeting_id=meeting)])[0] for meeting in ("m-1", "m-2")]
    law(on_record(open_engine, entry).meeting_id == "m-1", "I5: a meeting was made that is on no record")
    law(isinstance(told[1], Exception), "I5: two meetings for one lead, and no alarm")


def an_answer_that_comes_late(open_engine: Open) -> None:
    """A person has set the lead free meanwhile, and was wrong."""
    ledger, desk = new_ledger(open_engine), Desk()
    (entry,) = ledger.get_or_create([a_lead().new_entry()])
    ledger.update([sent := changed(entry, "sent")])
    ledger.update([changed(sent, "planned")])
    ledger.update([changed(sent, "booked", meeting_id="m-late")])
    book(a_lead(), desk, ledger)
    law(not desk.meetings, "I1: two meetings for one lead, since nobody wrote down the first")


def a_second_run(open_engine: Open) -> None:
    ledger, desk = new_ledger(open_engine), Desk()
    for _ in range(2):
        book(a_lead(), desk, ledger)
    law(desk.meetings == 1, f"I1: {desk.meetings} meetings for one lead")


def two_leads_that_bring_one_meeting(open_engine: Open) -> None:
    ledger = new_ledger(open_engine)
    took = updated(ledger, *(changed(entry, "booked", meeting_id="m-1") for entry in created(ledger, "ab")))
    law(took.count(True) == 1, f"I5: one meeting stands in {took.count(True)} entries")


def a_commit_that_is_lost(open_engine: Open) -> None:
    """Each time that it is tried."""
    from airflow_chilipiper.booking.ledger.entry import LedgerFailed

    (entry,) = created(new_ledger(open_engine), "a")
    LosesAnswers(engine := open_engine(), times=TRIES, after=False)
    with suppress(LedgerFailed):
        (may_send,) = updated(ledger_over(engine), changed(entry, "sent"))
        law(
            not may_send or on_record(open_engine, entry).state == "sent",
            "I3: a booking call without an entry on record",
        )


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


def what_was_won_is_known_as_won(open_engine: Open) -> None:
    ledger = new_ledger(open_engine)
    (entry,) = created(ledger, "a")
    took = updated(ledger, sent := changed(entry, "sent"))
    law(
        took == [on_record(open_engine, entry).version == sent.version], "I6: a lead is `sent`, and nobody sends for it"
    )


LEDGER, TABLE = "booking.ledger.sql.ledger", "booking.ledger.sql.table"
COMPARES, IS_FREE = 'column.version == sa.bindparam("replaces")', 'column.state != "booked"'
ANY_MARK = f'sa.or_(column.version != "", {COMPARES})'
WRITES = "self._transact(lambda db: db.execute(self._table.change, changes))"
COUNTS = f"changed = {WRITES[:-1]}.rowcount)"
READS = "current = self._read_back(entries)"
IS_OURS = "now if now.version == entry.version else"
FAILED = "except (IntegrityError, Unfit) as fault:"
PASSING = "(isinstance(error, passing) or is_passing(error))"
ABSENT = "absent = [self._table.values(wanted[key]) for key in sorted(wanted.keys() - present.keys())]"
LOOK = "return self._transact(lambda db: self._select(db, keys))"

ON_SQLITE = {
    "a version not compared": Mutant("I1", two_runs_one_after_the_other, [Change(TABLE, COMPARES, ANY_MARK)]),
    "winners told by the count of their group": Mutant(
        "I1",
        two_runs_one_after_the_other,
        [Change(LEDGER, WRITES, COUNTS), Change(LEDGER, IS_OURS, "now if changed else")],
    ),
    "losers told by the count of their group": Mutant(
        "I6",
        two_runs_one_after_the_other,
        [Change(LEDGER, WRITES, COUNTS), Change(LEDGER, IS_OURS, "now if changed == len(entries) else")],
    ),
    "a booked id overwritten": Mutant("I5", a_second_meeting, [Change(TABLE, IS_FREE, 'column.state != ""')]),
    "a meeting refused since the entry was changed": Mutant(
        "I1", an_answer_that_comes_late, [Change(TABLE, IS_FREE, COMPARES)]
    ),
    "an entry on record created anew": Mutant(
        "I1",
        a_second_run,
        [
            Change(
                LEDGER,
                ABSENT,
                "db.execute(self._table.entries.delete().where(self._table.entries.c.key.in_(wanted)))\n"
                "            present, absent = {}, [self._table.values(entry) for entry in wanted.values()]",
            )
        ],
    ),
    "one meeting in two entries": Mutant(
        "I5", two_leads_that_bring_one_meeting, [Change(TABLE, "exact(255), unique=True", "exact(255)")]
    ),
    "a commit that failed taken for done": Mutant(
        "I3",
        a_commit_that_is_lost,
        [Change(LEDGER, FAILED, f"except LedgerFailed:\n            return entries\n        {FAILED}")],
    ),
    "read back from a replica that lags": Mutant(
        "I6",
        what_was_won_is_known_as_won,
        [
            Change(
                LEDGER,
                LOOK,
                "now = self._transact(lambda db: self._select(db, keys))\n"
                "        self._lagging = now | getattr(self, '_lagging', {})\n"
                "        return {key: self._lagging[key] for key in now}",
            )
        ],
    ),
}
HALF_A_GROUP = Mutant(
    "I6",
    a_group_that_meets_a_lock,
    [
        Change(
            LEDGER,
            WRITES,
            "for change in changes:\n"
            "                self._transact(lambda db, change=change: db.execute(self._table.change, change))",
        )
    ],
)
NOT_REPEATED = Mutant("I6", a_change_beside_us, [Change(LEDGER, PASSING, "isinstance(error, passing)")])
COMPARED_BY_READING = Mutant(
    "I1",
    two_runs_at_once,
    [
        Change(TABLE, COMPARES, ANY_MARK),
        Change(
            LEDGER,
            WRITES,
            """def compare_and_write(db: Connection) -> None:
                found = self._select(db, [entry.key for entry in entries])
                if free := [change for change in changes if found[change["of"]].version == change["replaces"]]:
                    db.execute(self._table.change, free)

            self._transact(compare_and_write)""",
        ),
    ],
)
READ_BACK_AT_ONCE = Mutant(
    "I5",
    two_meetings_at_once,
    [
        Change(
            LEDGER,
            WRITES,
            """def write_between_reads(db: Connection) -> dict[str, Entry]:
                self._select(db, [entry.key for entry in entries])
                db.execute(self._table.change, changes)
                return self._select(db, [entry.key for entry in entries])

            seen = self._transact(write_between_reads)""",
        ),
        Change(LEDGER, READS, "current = [seen[entry.key] for entry in entries]"),
    ],
)


@pytest.mark.parametrize("open_engine", ["sqlite"], indirect=True)
@pytest.mark.parametrize("what", ON_SQLITE)
def test_a_broken_ledger_is_caught(what: str, open_engine: Open) -> None:
    catch(ON_SQLITE[what], open_engine)


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
