"""A broken batch: an outcome told twice or never, a lead begun without its entry, a slot that nobody is told of."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
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
    """A batch one lead after another at a desk, and the outcomes that it reports."""

    leads: Iterator[tuple[int, Lead]]
    desk: Callable[[httpx.Request], httpx.Response]
    reported: Counter[int] = field(default_factory=Counter)

    def batch(self, **settings: Any) -> Batch:
        from airflow_chilipiper.booking.batch.batch import Batch

        return Batch(
            self.leads, self._open, on_outcome=lambda number, _: self.reported.update([number]), at_once=1, **settings
        )

    def _open(self) -> AbstractAsyncContextManager[BatchRuntime]:
        return a_runtime(self.desk)


@asynccontextmanager
async def a_runtime(desk: Callable[[httpx.Request], httpx.Response]) -> AsyncIterator[BatchRuntime]:
    from airflow_chilipiper.api.http.client import Client, ClientSettings
    from airflow_chilipiper.api.pace.limiter import RateLimiter
    from airflow_chilipiper.booking.batch.runtime import BatchRuntime

    settings = ClientSettings(token="t", verify=False)
    async with Client(settings, transport=httpx.MockTransport(desk)) as client:
        yield BatchRuntime(client, RateLimiter(None), a_ledger(), sleep=lambda seconds: asyncio.sleep(0))


def leads(count: int) -> Iterator[tuple[int, Lead]]:
    return ((number, a_lead(key=str(number))) for number in range(count))


def reported_once(run: Run, count: int) -> None:
    law(
        run.reported == dict.fromkeys(range(count), 1), f"I6: {count} leads, and reported of each: {dict(run.reported)}"
    )


def all_is_well() -> None:
    (run := Run(leads(3), Desk())).batch().run()
    reported_once(run, 3)


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
    reported_once(run, 3)


def leads_that_can_be_read_no_further() -> None:
    def breaks_off() -> Iterator[tuple[int, Lead]]:
        yield from leads(3)
        raise OSError

    (run := Run(breaks_off(), Desk())).batch().run()
    reported_once(run, 3)


def what_is_added_fails() -> None:
    async def stumbles(outcome: Any, runtime: Any) -> Any:
        raise ZeroDivisionError

    run = Run(leads(3), Desk())
    try:
        run.batch(finish=stumbles).run()
    except BaseExceptionGroup as torn:
        law(False, f"I6: the flows were torn by {torn}")
    reported_once(run, 3)


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
    from airflow_chilipiper.booking.book import book, open_session
    from airflow_chilipiper.booking.slots.choice import Choice
    from airflow_chilipiper.booking.slots.reservations import Reservations

    desk, sent, reservations = Desk(*answers), list[str](), Reservations()

    def offers_two(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/rest"):
            return httpx.Response(200, json=OFFER | {"schedulingData": {"startTimes": [START, LATER]}})
        sent.append(request.content.decode())
        return desk(request)

    async def flow() -> None:
        choices = [Choice(lambda offer: [], None, "in", reservations) for _ in range(2)]
        leads = [a_lead(key=str(number), choice=choice, max_sessions=1) for number, choice in enumerate(choices)]
        async with a_runtime(offers_two) as runtime:
            sessions = [await open_session(lead, runtime) for lead in leads]
            for lead, session in zip(leads, sessions, strict=True):
                await book(lead, runtime, session=session)

    asyncio.run(flow())
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


BATCH, RUNTIME, BOOK = "booking.batch.batch", "booking.batch.runtime", "booking.book"
BEGIN = "return self._begun.pop(entry.key, None) or await super().get_or_create(entry)"
RESOLUTION = """    if entry.state != "planned":
        return "consumed"
    return "returned" if isinstance(answer, errors.SLOT_UNTOUCHED) else "lost"
"""
MUTANTS = {
    "reported again after the drain": Mutant(
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
    "reported as often as one likes": Mutant(
        "I6", an_answer_that_comes_after_the_drain, [Change(BATCH, "        if is_first:", "        if True:")]
    ),
    "never reported without a place in the pace": Mutant(
        "I6", leads_that_can_be_read_no_further, [Change(BATCH, "self._unreported[number] = NOT_ATTEMPTED", "pass")]
    ),
    "reported at the end of what is in flight only": Mutant(
        "I6",
        an_answer_that_comes_after_the_drain,
        [Change(BATCH, "for number, outcome in list(self._unreported.items()):", "for number, outcome in []:")],
    ),
    "not reported where all is well": Mutant(
        "I6",
        all_is_well,
        [
            Change(BATCH, "self._report(number, await self._finished(outcome, runtime))", "pass"),
            Change(BATCH, "for number, outcome in list(self._unreported.items()):", "for number, outcome in []:"),
        ],
    ),
    "torn by what is to be added": Mutant(
        "I6",
        what_is_added_fails,
        [Change(BATCH, "        except Exception:  # noqa: BLE001  # such", "        except Stopping:  # such")],
    ),
    "begun without an entry": Mutant(
        "I8", a_lead_that_comes_twice, [Change(RUNTIME, BEGIN, "return self._begun.pop(entry.key, entry)")]
    ),
    "an entry that was read ahead used twice": Mutant(
        "I8", a_lead_that_comes_twice, [Change(RUNTIME, BEGIN, BEGIN.replace(".pop(", ".get("))]
    ),
    "a slot whose resolution nobody hears of": Mutant(
        "two calls",
        beside_a_call_that_was_not_let_in,
        [Change(BOOK, "        lead.choice.resolve(resolution)\n", "        pass\n")],
    ),
    "a slot given back though it was booked": Mutant(
        "two calls", beside_a_booking, [Change(BOOK, RESOLUTION, '    return "returned"\n')]
    ),
    "a slot given back though it may have been booked": Mutant(
        "two calls",
        beside_a_lost_answer,
        [
            Change(
                BOOK,
                RESOLUTION,
                RESOLUTION.replace('!= "planned"', '== "booked"').replace('else "lost"', 'else "returned"'),
            )
        ],
    ),
    "a slot given back though it was lost": Mutant(
        "two calls", beside_a_lost_slot, [Change(BOOK, RESOLUTION, RESOLUTION.replace('"lost"', '"returned"'))]
    ),
    "a slot lost though nobody was asked for it": Mutant(
        "two calls",
        beside_a_call_that_was_not_let_in,
        [Change(BOOK, RESOLUTION, RESOLUTION.replace('"returned"', '"lost"'))],
    ),
}


@pytest.mark.parametrize("what", MUTANTS)
def test_a_broken_batch_is_caught(what: str) -> None:
    catch(MUTANTS[what])
