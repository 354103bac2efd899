"""A broken batch: an outcome told twice or never, a lead begun without its entry, a slot that nobody is told of."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from threading import Event
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.protocol.mutants.broken import Change, Mutant, catch, law
from tests.protocol.mutants.desk import OFFER, START, Desk, a_lead, a_ledger

if TYPE_CHECKING:
    from airflow_chilipiper.booking.batch.batch import Batch
    from airflow_chilipiper.booking.batch.runtime import BatchRuntime
    from airflow_chilipiper.booking.lead import Lead

LATER = "2026-11-03T10:30:00Z"


@dataclass
class Run:
    """A batch one lead after another at a desk, and what it tells of each."""

    leads: Iterator[tuple[int, Lead]]
    desk: Callable[[httpx.Request], httpx.Response]
    told: Counter[int] = field(default_factory=Counter)

    def batch(self, **settings: Any) -> Batch:
        from airflow_chilipiper.booking.batch.batch import Batch

        return Batch(
            self.leads, self._open, on_outcome=lambda number, _: self.reported.update([number]), at_once=1, **settings
        )

    @asynccontextmanager
    async def _open(self) -> AsyncIterator[BatchRuntime]:
        from airflow_chilipiper.api.http.client import Client, ClientSettings
        from airflow_chilipiper.api.pace.limiter import RateLimiter
        from airflow_chilipiper.booking.batch.runtime import BatchRuntime

        settings = ClientSettings(token="t", verify=False)
        async with Client(settings, transport=httpx.MockTransport(self.desk)) as client:
            yield BatchRuntime(client, RateLimiter(None), a_ledger())


def leads(count: int) -> Iterator[tuple[int, Lead]]:
    return ((number, a_lead(key=str(number))) for number in range(count))


def told_once(run: Run, count: int) -> None:
    law(run.told == dict.fromkeys(range(count), 1), f"I6: {count} leads, and told of each: {dict(run.told)}")


def all_is_well() -> None:
    (run := Run(leads(3), Desk())).batch().run()
    told_once(run, 3)


def an_answer_that_comes_after_the_drain() -> None:
    asked, go, desk = Event(), Event(), Desk()

    def answers_late(request: httpx.Request) -> httpx.Response:
        asked.set()
        go.wait(10)
        return desk(request)

    def stop_once_asked() -> None:
        if asked.is_set():
            batch.stop()

    batch = (run := Run(leads(3), answers_late)).batch(drain=0.0)
    batch.run(stop_once_asked, every=0.001)
    go.set()
    for loop in (thread for thread in threading.enumerate() if thread.name == "chilipiper-batch"):
        loop.join(10)
    told_once(run, 3)


def leads_that_can_be_read_no_further() -> None:
    def breaks_off() -> Iterator[tuple[int, Lead]]:
        yield from leads(3)
        raise OSError

    (run := Run(breaks_off(), Desk())).batch().run()
    told_once(run, 3)


def what_is_added_fails() -> None:
    async def stumbles(outcome: Any, runtime: Any) -> Any:
        raise ZeroDivisionError

    run = Run(leads(3), Desk())
    try:
        run.batch(finish=stumbles).run()
    except BaseExceptionGroup as torn:
        law(False, f"I6: the flows were torn by {torn}")
    told_once(run, 3)


def a_lead_that_comes_twice() -> None:
    """The second time it is on record as booked. Chili Piper is asked for one session."""
    opened = 0
    desk = Desk()

    def counts(request: httpx.Request) -> httpx.Response:
        nonlocal opened
        opened += request.url.path.endswith("/rest")
        return desk(request)

    Run(enumerate([a_lead(), a_lead()]), counts).batch().run()
    law(opened == 1, f"I8: {opened} sessions for one lead")


def a_lead_beside_one_that_has(*answers: httpx.Response | Exception, at: str) -> None:
    """Both were offered the same two slots before either booked. The second one's is to start then."""
    from airflow_chilipiper.api.http.client import BlockingClient, ClientSettings
    from airflow_chilipiper.api.pace.limiter import BlockingRateLimiter
    from airflow_chilipiper.api.runtime import block
    from airflow_chilipiper.booking.batch.runtime import SingleRuntime
    from airflow_chilipiper.booking.book import book, open_session
    from airflow_chilipiper.booking.slots.choice import Choice
    from airflow_chilipiper.booking.slots.reservations import Reservations

    desk, sent, reservations = Desk(*answers), [], Reservations()

    def offers_two(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/rest"):
            return httpx.Response(200, json=OFFER | {"schedulingData": {"startTimes": [START, LATER]}})
        sent.append(request.content.decode())
        return desk(request)

    def choosing(key: str) -> Lead:
        choice = Choice(lambda offer: [], None, "in", reservations)
        return a_lead(key=key, choose=choice.choose, settle=choice.settle, max_sessions=1)

    with BlockingClient(ClientSettings(token="t", verify=False), httpx.MockTransport(offers_two)) as client:
        runtime = SingleRuntime(client, BlockingRateLimiter(None), a_ledger(), sleep=lambda seconds: None)
        first, second = choosing("1"), choosing("2")
        sessions = [block(open_session(lead, runtime)) for lead in (first, second)]
        block(book(first, runtime, session=sessions[0]))
        block(book(second, runtime, session=sessions[1]))
    law(at in sent[-1], f"two calls a booking: the second lead asks for another slot than {at}")


def beside_a_booking() -> None:
    a_lead_beside_one_that_has(at=LATER)


def beside_a_lost_answer() -> None:
    a_lead_beside_one_that_has(httpx.ReadTimeout("lost"), at=LATER)


def beside_a_lost_slot() -> None:
    gone = {"type": "Failure", "reason": "taken"}
    a_lead_beside_one_that_has(httpx.Response(200, json=gone), at=LATER)


def beside_a_call_that_was_not_let_in() -> None:
    a_lead_beside_one_that_has(httpx.Response(429), at=START)


BATCH, WORLDS, BOOK = "booking.batch.batch", "booking.batch.runtime", "booking.book"
BEGIN = "return self._begun.pop(entry.key, None) or await self._commits.get_or_create(entry)"
FATE = 'resolution = "taken" if entry.state != "planned" else "free" if isinstance(answer, SLOT_UNTOUCHED) else "gone"'
MUTANTS = {
    "told again after the drain": Mutant(
        "I6",
        an_answer_that_comes_after_the_drain,
        [
            Change(
                BATCH,
                "            if number in self._unreported:\n                self",
                "            if True:\n                self",
            )
        ],
    ),
    "told as often as one likes": Mutant(
        "I6", an_answer_that_comes_after_the_drain, [Change(BATCH, "        if not is_told:", "        if True:")]
    ),
    "never told without a turn": Mutant(
        "I6", leads_that_can_be_read_no_further, [Change(BATCH, "self._unreported[number] = NOT_ATTEMPTED", "pass")]
    ),
    "told at the end of what is in flight only": Mutant(
        "I6",
        an_answer_that_comes_after_the_drain,
        [Change(BATCH, "for number, outcome in list(self._unreported.items()):", "for number, outcome in []:")],
    ),
    "not told where all is well": Mutant(
        "I6",
        all_is_well,
        [
            Change(BATCH, "self._tell(number, await self._finished(outcome, runtime))", "pass"),
            Change(BATCH, "for number, outcome in list(self._unreported.items()):", "for number, outcome in []:"),
        ],
    ),
    "torn by what is to be added": Mutant(
        "I6",
        what_is_added_fails,
        [Change(BATCH, "        except Exception:  # noqa: BLE001  # such", "        except Stopping:  # such")],
    ),
    "begun without an entry": Mutant(
        "I8", a_lead_that_comes_twice, [Change(WORLDS, BEGIN, "return self._begun.pop(entry.key, entry)")]
    ),
    "an entry that was read ahead used twice": Mutant(
        "I8", a_lead_that_comes_twice, [Change(WORLDS, BEGIN, BEGIN.replace(".pop(", ".get("))]
    ),
    "a slot never settled": Mutant(
        "two calls",
        beside_a_call_that_was_not_let_in,
        [Change(BOOK, "        lead.settle(resolution)\n", "        pass\n")],
    ),
    "a slot given back though it was booked": Mutant(
        "two calls", beside_a_booking, [Change(BOOK, FATE, 'resolution = "free"')]
    ),
    "a slot given back though it may have been booked": Mutant(
        "two calls",
        beside_a_lost_answer,
        [Change(BOOK, FATE, FATE.replace('!= "planned"', '== "booked"').replace('else "gone"', 'else "free"'))],
    ),
    "a slot given back though it was lost": Mutant(
        "two calls", beside_a_lost_slot, [Change(BOOK, FATE, FATE.replace('"gone"', '"free"'))]
    ),
    "a slot lost though nobody was asked for it": Mutant(
        "two calls", beside_a_call_that_was_not_let_in, [Change(BOOK, FATE, FATE.replace('"free"', '"gone"'))]
    ),
}


@pytest.mark.parametrize("what", MUTANTS)
def test_a_broken_batch_is_caught(what: str) -> None:
    catch(MUTANTS[what])
