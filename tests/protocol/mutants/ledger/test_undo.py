"""Broken undoing of records whose commit was not answered: each way to free somebody who was invited."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import pytest

from airflow_chilipiper.api.pace.limiter import RateLimiter
from tests.entries import changed
from tests.fake_chilipiper import FakeChiliPiper, a_lead
from tests.protocol.copies import catch
from tests.protocol.laws import law
from tests.protocol.mutant import Mutant


def undone(ledger: Any, chili: FakeChiliPiper, before: Callable[[], object] = bool, *, most_pauses: int = 99) -> None:
    """A lead is booked over this ledger, and at the end what is to be undone is."""
    from airflow_chilipiper.booking.book import book
    from airflow_chilipiper.booking.ledger.entry import LedgerFailed
    from airflow_chilipiper.booking.ledger.runtime import RecordingRuntime

    pauses, clock = 0, 0.0

    async def sleep(seconds: float) -> None:
        nonlocal pauses, clock
        pauses, clock = pauses + 1, clock + seconds
        law(pauses <= most_pauses, "never lost: the end of a run waits for a ledger that is away for good")

    async def flow() -> None:
        chili.clock = lambda: clock
        runtime = RecordingRuntime(chili, RateLimiter(None), ledger, sleep=sleep)
        with suppress(LedgerFailed):
            await book(a_lead(1), runtime)
        before()
        await runtime.undo_unsent()

    asyncio.run(flow())


def failing(fails: Callable[[Any], bool], *, takes: bool) -> Any:
    """A ledger whose update of such an entry is not answered, whether it *takes* it or not."""
    from airflow_chilipiper.booking.ledger.entry import Entry, LedgerFailed
    from airflow_chilipiper.booking.ledger.memory import MemoryLedger

    class Failing(MemoryLedger):
        def update(self, entries: Sequence[Entry], /) -> Sequence[Any]:
            if not any(map(fails, entries)):
                return super().update(entries)
            if takes:
                super().update(entries)
            raise LedgerFailed("not answered")

    return Failing()


def others_have_taken_over() -> None:
    from airflow_chilipiper.booking.ledger.memory import MemoryLedger

    ledger = failing(lambda entry: entry.state == "sent" and not entry.sender, takes=True)
    key = a_lead(1).new_entry().key

    def another() -> None:
        free = changed(ledger.get([key])[key], "planned")
        MemoryLedger.update(ledger, [free])
        MemoryLedger.update(ledger, [changed(free, "sent", sender="another")])

    undone(ledger, FakeChiliPiper(), another)
    law(ledger.get([key])[key].state == "sent", "I4: what another run has sent is free")


def a_call_whose_answer_could_not_be_recorded() -> None:
    """The ledger is away for that one update alone."""
    answers = iter([True])
    ledger = failing(lambda entry: entry.state == "booked" and next(answers, False), takes=False)
    undone(ledger, chili := FakeChiliPiper())
    undone(ledger, chili)
    law(chili.meetings.total() == 1, f"I1: {chili.meetings.total()} meetings for one lead")


def a_ledger_that_does_not_come_back() -> None:
    undone(failing(lambda entry: entry.attempt > 0, takes=True), FakeChiliPiper())


def a_ledger_that_comes_back() -> None:
    answers = iter([True])
    ledger = failing(lambda entry: entry.state == "sent" and next(answers, False), takes=True)
    undone(ledger, FakeChiliPiper())
    (entry,) = ledger.list()
    law(entry.state == "planned", f"never lost: nothing was sent, and the lead is {entry.state}")


RUNTIME, BOOK = "booking.ledger.runtime", "booking.book"
END = "end = self.now() + UNDOES_FOR\n"
FREED = 'entry.to_freed("nothing was sent: the ledger did not answer") for entry in self.unsent'
MUTANTS = {
    "undone whoever's change it is": Mutant(
        RUNTIME,
        f"[{FREED}]",
        '[(await self.get_or_create(entry)).to_freed("") for entry in self.unsent]',
        shown=("I4", others_have_taken_over),
    ),
    "undone though the call has left": Mutant(
        BOOK,
        "return await record_failure(failure, offer, lead, sent, runtime), failure\n",
        "return await record_failure(failure, offer, lead, sent, runtime), failure\n    runtime.unsent.append(sent)\n",
        shown=("I1", a_call_whose_answer_could_not_be_recorded),
    ),
    "undone by what is on record": Mutant(
        RUNTIME,
        END,
        f'{END}        self.unsent = [*self._commits._updates._write.__self__.list(states=("sent",))]\n',
        shown=("I1", a_call_whose_answer_could_not_be_recorded),
    ),
    "undone without an end": Mutant(
        RUNTIME,
        "while self.unsent and self.now() < end:",
        "while self.unsent:",
        shown=("never lost", a_ledger_that_does_not_come_back),
    ),
    "never undone": Mutant(BOOK, "runtime.unsent.append(sent)", "pass", shown=("never lost", a_ledger_that_comes_back)),
}


@pytest.mark.parametrize("what", MUTANTS)
def test_a_broken_undoing_is_caught(what: str) -> None:
    catch(MUTANTS[what])
