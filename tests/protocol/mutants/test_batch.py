"""A broken batch: an outcome reported twice or never, a lead begun without its entry."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from threading import Event
from typing import TYPE_CHECKING, Any

import pytest

from airflow_chilipiper.api.pace.limiter import RateLimiter
from tests.fake_chilipiper import FakeChiliPiper, a_lead
from tests.protocol.copies import catch
from tests.protocol.laws import law
from tests.protocol.mutant import Change, Mutant
from tests.protocol.mutants.booked import a_ledger

if TYPE_CHECKING:
    from airflow_chilipiper.booking.batch.batch import Batch
    from airflow_chilipiper.booking.batch.runtime import BatchRuntime
    from airflow_chilipiper.booking.lead import Lead


@dataclass
class Run:
    """A batch of one lead after another, and the outcomes that it reports."""

    leads: Iterator[tuple[int, Lead]]
    chili: FakeChiliPiper = field(default_factory=FakeChiliPiper)
    reported: Counter[int] = field(default_factory=Counter)

    def batch(self, **settings: Any) -> Batch:
        from airflow_chilipiper.booking.batch.batch import Batch

        return Batch(
            self.leads, self._open, on_outcome=lambda number, _: self.reported.update([number]), at_once=1, **settings
        )

    @asynccontextmanager
    async def _open(self) -> AsyncIterator[BatchRuntime]:
        from airflow_chilipiper.booking.batch.runtime import BatchRuntime

        yield BatchRuntime(self.chili, RateLimiter(None), a_ledger())


def leads(count: int) -> Iterator[tuple[int, Lead]]:
    return ((number, a_lead(number)) for number in range(count))


def reported_once(run: Run, count: int) -> None:
    law(
        run.reported == dict.fromkeys(range(count), 1), f"I6: {count} leads, and reported of each: {dict(run.reported)}"
    )


def all_is_well() -> None:
    (run := Run(leads(3))).batch().run()
    reported_once(run, 3)


def an_answer_that_comes_after_the_drain() -> None:
    asked, go = Event(), Event()

    def hold_up_all() -> None:
        asked.set()
        go.wait(10)

    def stop_once_asked() -> None:
        if asked.is_set():
            batch.stop()

    chili = FakeChiliPiper(held=(0,), busy=hold_up_all)
    chili.go.set()
    batch = (run := Run(leads(3), chili)).batch(drain=0.0)
    batch.run(stop_once_asked, every=0.001)
    go.set()
    for loop in (thread for thread in threading.enumerate() if thread.name == "chilipiper-batch"):
        loop.join(10)
    reported_once(run, 3)


def leads_that_can_be_read_no_further() -> None:
    def breaks_off() -> Iterator[tuple[int, Lead]]:
        yield from leads(3)
        raise OSError

    (run := Run(breaks_off())).batch().run()
    reported_once(run, 3)


def what_is_added_fails() -> None:
    async def stumbles(outcome: Any, runtime: Any) -> Any:
        raise ZeroDivisionError

    run = Run(leads(3))
    try:
        run.batch(finish=stumbles).run()
    except BaseExceptionGroup as torn:
        law(False, f"I6: the flows were torn by {torn}")
    reported_once(run, 3)


def a_lead_that_comes_twice() -> None:
    """The second time it is on record as booked. Chili Piper is asked for one session."""
    run = Run(enumerate([a_lead(1, repeated_guests=True), a_lead(1, repeated_guests=True)]))
    run.batch().run()
    law(run.chili.openings == 1, f"I8: {run.chili.openings} sessions for one lead")


BATCH, RUNTIME = "booking.batch.batch", "booking.batch.runtime"
BEGIN = "return self._begun.pop(entry.key, None) or await super().get_or_create(entry)"
MUTANTS = {
    "reported again after the drain": Mutant(
        BATCH,
        "            if number in self._unreported:\n                self",
        "            if True:\n                self",
        shown=("I6", an_answer_that_comes_after_the_drain),
    ),
    "reported as often as one likes": Mutant(
        BATCH, "        if is_first:", "        if True:", shown=("I6", an_answer_that_comes_after_the_drain)
    ),
    "never reported without a place in the pace": Mutant(
        BATCH, "self._unreported[number] = NOT_ATTEMPTED", "pass", shown=("I6", leads_that_can_be_read_no_further)
    ),
    "reported at the end of what is in flight only": Mutant(
        BATCH,
        "for number, outcome in list(self._unreported.items()):",
        "for number, outcome in []:",
        shown=("I6", an_answer_that_comes_after_the_drain),
    ),
    "not reported where all is well": Mutant(
        BATCH,
        "self._report(number, await self._finished(outcome, runtime))",
        "pass",
        Change(BATCH, "for number, outcome in list(self._unreported.items()):", "for number, outcome in []:"),
        shown=("I6", all_is_well),
    ),
    "torn by what is to be added": Mutant(
        BATCH,
        "        except Exception:  # noqa: BLE001  # such",
        "        except Stopping:  # such",
        shown=("I6", what_is_added_fails),
    ),
    "begun without an entry": Mutant(
        RUNTIME, BEGIN, "return self._begun.pop(entry.key, entry)", shown=("I8", a_lead_that_comes_twice)
    ),
    "an entry that was read ahead used twice": Mutant(
        RUNTIME, BEGIN, BEGIN.replace(".pop(", ".get("), shown=("I8", a_lead_that_comes_twice)
    ),
}


@pytest.mark.parametrize("what", MUTANTS)
def test_a_broken_batch_is_caught(what: str) -> None:
    catch(MUTANTS[what])
