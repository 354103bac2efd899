"""A task-state ledger without one of its safeguards: what a try wrote, the next one does not find."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import pytest

from tests.entries import changed
from tests.fake_chilipiper import a_lead
from tests.protocol.copies import catch
from tests.protocol.laws import keeps, law, one_entry_a_meeting
from tests.protocol.mutant import Change, Mutant
from tests.protocol.mutants.booked import a_chili, book, booked_once
from tests.unit.booking.ledger.task_store import FIRST, Arrive, Clock, TaskStore, a_try, breaks, calm, entries_of


def booked_by_each_try(store: TaskStore, *between: Callable[[], object]) -> None:
    """One lead, and one more try after each thing that happens to the store. Whoever cannot be sure books nobody."""
    from airflow_chilipiper.booking.ledger.entry import LedgerFailed

    chili = a_chili()
    for happens in (bool, *between):
        happens()
        with suppress(LedgerFailed):
            book(a_lead(1), chili, a_try(store))
    booked_once(chili.meetings.total())


def reads_find_nothing() -> None:
    """As past a proxy that has lost its way; what is written arrives."""
    store = TaskStore()
    booked_by_each_try(store, lambda: setattr(store, "get", lambda key, /: None))


def the_task_instance_is_replaced() -> None:
    """Its reads find nothing, and its writes fail."""
    store = TaskStore()
    booked_by_each_try(store, lambda: setattr(store, "replaced", True))


def a_page_is_gone() -> None:
    store = TaskStore()
    booked_by_each_try(store, lambda: store.values.pop(FIRST))


def writes_fail_after_the_first() -> None:
    store, chili, writes = TaskStore(), a_chili(), list[str]()

    def on_set(key: str, arrive: Arrive) -> None:
        writes.append(key)
        if writes.count(FIRST) > 1:
            raise ConnectionError("the supervisor is away")
        arrive()

    from airflow_chilipiper.booking.ledger.entry import LedgerFailed

    store.on_set = on_set
    with suppress(LedgerFailed):
        book(a_lead(1), chili, a_try(store))
    store.on_set = calm
    (entry,) = a_try(store).list()
    law(entry.state != "planned" or not chili.meetings, "I3: a booking call whose `sent` is not on record")


def many_leads_in_one_task() -> None:
    """More than one value of the store can hold."""
    from airflow_chilipiper.booking.ledger.entry import LedgerFailed

    store = TaskStore()
    try:
        ledger = a_try(store)
        sent = [
            changed(entry, "sent", sender="a_dag/run/book#1")
            for entry in ledger.get_or_create(entries_of(*range(1_000)))
        ]
        updated = [answer for answer in ledger.update(sent) if not isinstance(answer, Exception)]
    except LedgerFailed as failed:
        law(False, f"I6: a thousand leads are too many ({failed})")
    on_record = a_try(store).get([entry.key for entry in updated])
    missed = sum(key not in on_record or on_record[key].state != "sent" for key in (entry.key for entry in updated))
    law(not missed, f"I3: {missed} of {len(updated)} leads are sent, and not on record")


def a_write_arrives_late() -> None:
    """It was slow, so Airflow's client has repeated it; the first of the two comes after a newer one."""
    store, clock, late = TaskStore(), Clock(), list[Arrive]()

    def on_set(key: str, arrive: Arrive) -> None:
        store.on_set = calm
        late.append(arrive)
        clock.now += 1.2
        arrive()

    ledger = a_try(store, clock)
    (entry,) = ledger.get_or_create(entries_of(1))
    store.on_set = on_set
    ledger.update([sent := changed(entry, "sent")])
    ledger.update([changed(sent, "booked", meeting_id="m-1")])
    late[0]()
    law(a_try(store).get([entry.key])[entry.key].state == "booked", "I5: a meeting that is on no record")


def two_runs_of_one_process() -> None:
    ledger = a_try(TaskStore())
    (entry,) = ledger.get_or_create(entries_of(1))
    answers = [ledger.update([changed(entry, "sent", sender=sender)])[0] for sender in ("a", "b")]
    winners = sum(not isinstance(answer, Exception) for answer in answers)
    law(winners == 1, f"I1: {winners} may send for one lead")


def two_leads_that_bring_one_meeting() -> None:
    ledger = a_try(TaskStore())
    entries = ledger.get_or_create(entries_of(1, 2))
    ledger.update([changed(entry, "booked", meeting_id="m-1") for entry in entries])
    keeps(one_entry_a_meeting(ledger.list()))


def an_update_fails_that_may_have_arrived() -> None:
    """Nobody sent after it; but it may be on record, so the lead is not to be left in doubt."""
    from airflow_chilipiper.booking.ledger.entry import LedgerFailed

    store = TaskStore()
    ledger = a_try(store)
    entries = ledger.get_or_create(entries_of(1, 2))
    breaks(store, arrives=True)
    with suppress(LedgerFailed):
        ledger.update([changed(entries[0], "sent")])
    ledger.update([changed(entries[1], "sent")])
    state = a_try(store).get([entries[0].key])[entries[0].key].state
    law(state == "planned", f"I6: a lead for which nobody sent is left {state}")


LEDGER, LOG, PAGE = (f"booking.ledger.task_state{part}" for part in ("", "_log", "_page"))
BELIEVES_READS = Change(LOG, "if self._get(HEAD) != head:", "if False:")
BELIEVES_WRITES = Change(
    LOG, 'raise LedgerFailed(f"{key} may not be in the task state store: {reason_of(error)}") from error', "pass"
)
NO_ROOM = "            if self._is_closed or self._size + size > MOST_BYTES:\n                self._next_page()\n"
MUTANTS = {
    "reads that find nothing believed": Mutant(*BELIEVES_READS, shown=("I1", reads_find_nothing)),
    "a task instance that was replaced taken for a new one": Mutant(
        *BELIEVES_READS, BELIEVES_WRITES, shown=("I1", the_task_instance_is_replaced)
    ),
    "a page that is gone not missed": Mutant(LOG, "if number < counted:", "if False:", shown=("I1", a_page_is_gone)),
    "a failed write taken for success": Mutant(*BELIEVES_WRITES, shown=("I3", writes_fail_after_the_first)),
    "entries cut off where a value is full": Mutant(
        LOG,
        NO_ROOM,
        NO_ROOM.replace("self._is_closed or self._size", "not self._is_closed and self._size").replace(
            "self._next_page()", "continue\n            if self._is_closed:\n                self._next_page()"
        ),
        shown=("I3", many_leads_in_one_task),
    ),
    "a value larger than the store takes": Mutant(
        PAGE, "MOST_BYTES = 60_000", "MOST_BYTES = 600_000", shown=("I6", many_leads_in_one_task)
    ),
    "a page written over that was slow": Mutant(
        LOG, "was_closed or self._clock() - began > SINGLE_ATTEMPT", "was_closed", shown=("I5", a_write_arrives_late)
    ),
    "a version not compared": Mutant(
        "booking.ledger.entry",
        "return current.version == entry.replaces",
        "return True",
        shown=("I1", two_runs_of_one_process),
    ),
    "one meeting in two entries": Mutant(
        "booking.ledger.memory",
        "if entry.meeting_id and self._is_held(",
        "if False and self._is_held(",
        shown=("I5", two_leads_that_bring_one_meeting),
    ),
    "an update that failed left as it may be": Mutant(
        LEDGER,
        'self._overruling = [known.get(each.key, each) if each.state == "sent" else each for each in entries]',
        "self._overruling = entries",
        shown=("I6", an_update_fails_that_may_have_arrived),
    ),
}


@pytest.mark.parametrize("what", MUTANTS)
def test_a_broken_task_state_ledger_is_caught(what: str) -> None:
    catch(MUTANTS[what])
