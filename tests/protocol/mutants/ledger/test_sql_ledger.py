"""A SQL ledger that answers the wrong run that it won, or forgets an update."""

from __future__ import annotations

from contextlib import suppress

import pytest

from tests.entries import changed
from tests.fake_chilipiper import a_lead
from tests.integration.ledger.test_sql_ledger import TRIES, LosesAnswers
from tests.protocol.copies import catch
from tests.protocol.laws import keeps, law, one_entry_a_meeting
from tests.protocol.mutant import Change, Mutant
from tests.protocol.mutants.booked import a_chili, book, booked_once
from tests.protocol.mutants.ledger.sql import Open, created, ledger_over, new_ledger, on_record, updated
from tests.protocol.mutants.ledger.sql_texts import ANY_VERSION, COMPARES, IS_FREE, LEDGER, TABLE, WRITES


def two_runs_one_after_the_other(open_engine: Open) -> None:
    """The second has read its entries before, and has another one in its group."""
    ledger, other = new_ledger(open_engine), ledger_over(open_engine())
    entries = created(ledger, "ab")
    first = updated(ledger, changed(entries[0], "sent"))
    second = updated(other, *(changed(entry, "sent") for entry in entries))
    law(second[1], "I6: a lead is lost that nobody else wanted")
    law([*first, *second[:1]].count(True) == 1, "I1: not one run, but two or none may send for a lead")


def a_second_meeting(open_engine: Open) -> None:
    ledger = new_ledger(open_engine)
    (entry,) = created(ledger, "a")
    answers = [ledger.update([changed(entry, "booked", meeting_id=meeting)])[0] for meeting in ("m-1", "m-2")]
    law(on_record(open_engine, entry).meeting_id == "m-1", "I5: a meeting was made that is on no record")
    law(isinstance(answers[1], Exception), "I5: two meetings for one lead, and no alarm")


def an_answer_that_comes_late(open_engine: Open) -> None:
    """A person has set the lead free meanwhile, and was wrong."""
    ledger, chili = new_ledger(open_engine), a_chili()
    (entry,) = ledger.get_or_create([a_lead(1).new_entry()])
    ledger.update([sent := changed(entry, "sent")])
    ledger.update([changed(sent, "planned")])
    ledger.update([changed(sent, "booked", meeting_id="m-late")])
    book(a_lead(1), chili, ledger)
    law(not chili.meetings, "I1: two meetings for one lead, since nobody wrote down the first")


def a_second_run(open_engine: Open) -> None:
    ledger, chili = new_ledger(open_engine), a_chili()
    for _ in range(2):
        book(a_lead(1), chili, ledger)
    booked_once(chili.meetings.total())


def two_leads_that_bring_one_meeting(open_engine: Open) -> None:
    ledger = new_ledger(open_engine)
    updated(ledger, *(changed(entry, "booked", meeting_id="m-1") for entry in created(ledger, "ab")))
    keeps(one_entry_a_meeting(ledger.list()))


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


def what_was_won_is_known_as_won(open_engine: Open) -> None:
    ledger = new_ledger(open_engine)
    (entry,) = created(ledger, "a")
    took = updated(ledger, sent := changed(entry, "sent"))
    law(
        took == [on_record(open_engine, entry).version == sent.version], "I6: a lead is `sent`, and nobody sends for it"
    )


COUNTS = f"changed = {WRITES[:-1]}.rowcount)"

IS_OURS = "now if now.version == entry.version else"

FAILED = "except (IntegrityError, Unfit) as fault:"

ABSENT = "absent = [self._table.values(wanted[key]) for key in sorted(wanted.keys() - present.keys())]"

LOOK = "return self._transact(lambda db: self._select(db, keys))"

ON_SQLITE = {
    "a version not compared": Mutant(TABLE, COMPARES, ANY_VERSION, shown=("I1", two_runs_one_after_the_other)),
    "winners known by the count of their group": Mutant(
        LEDGER,
        WRITES,
        COUNTS,
        Change(LEDGER, IS_OURS, "now if changed else"),
        shown=("I1", two_runs_one_after_the_other),
    ),
    "losers known by the count of their group": Mutant(
        LEDGER,
        WRITES,
        COUNTS,
        Change(LEDGER, IS_OURS, "now if changed == len(entries) else"),
        shown=("I6", two_runs_one_after_the_other),
    ),
    "a booked id overwritten": Mutant(TABLE, IS_FREE, 'column.state != ""', shown=("I5", a_second_meeting)),
    "a meeting refused since the entry was changed": Mutant(
        TABLE, IS_FREE, COMPARES, shown=("I1", an_answer_that_comes_late)
    ),
    "an entry on record created anew": Mutant(
        LEDGER,
        ABSENT,
        "db.execute(self._table.entries.delete().where(self._table.entries.c.key.in_(wanted)))\n"
        "            present, absent = {}, [self._table.values(entry) for entry in wanted.values()]",
        shown=("I1", a_second_run),
    ),
    "one meeting in two entries": Mutant(
        TABLE, "exact(255), unique=True", "exact(255)", shown=("I5", two_leads_that_bring_one_meeting)
    ),
    "a commit that failed taken for done": Mutant(
        LEDGER,
        FAILED,
        f"except LedgerFailed:\n            return entries\n        {FAILED}",
        shown=("I3", a_commit_that_is_lost),
    ),
    "read back from a replica that lags": Mutant(
        LEDGER,
        LOOK,
        "now = self._transact(lambda db: self._select(db, keys))\n"
        "        self._lagging = now | getattr(self, '_lagging', {})\n"
        "        return {key: self._lagging[key] for key in now}",
        shown=("I6", what_was_won_is_known_as_won),
    ),
}


@pytest.mark.parametrize("open_engine", ["sqlite"], indirect=True)
@pytest.mark.parametrize("what", ON_SQLITE)
def test_a_broken_ledger_is_caught(what: str, open_engine: Open) -> None:
    catch(ON_SQLITE[what], open_engine)
