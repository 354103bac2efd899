"""Many leads at once: an outcome each, in order, whatever happens to the task, the ledger or one of them."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from threading import Barrier, Thread
from typing import Any

from airflow_chilipiper.api import errors
from airflow_chilipiper.api.pace.limiter import RateLimiter
from airflow_chilipiper.api.pace.rate import Rate
from airflow_chilipiper.api.patterns.offer import Offer
from airflow_chilipiper.booking.batch.runtime import BatchRuntime
from airflow_chilipiper.booking.lead import Lead
from airflow_chilipiper.booking.ledger.entry import Entry, LedgerFailed
from airflow_chilipiper.booking.ledger.memory import MemoryLedger
from airflow_chilipiper.booking.ledger.store import Answer, Ledger
from tests.fake_chilipiper import FakeChiliPiper, a_lead
from tests.leads import FirstSlot
from tests.unit.booking.batch.kept_batch import KeptBatch, Open

LEADS = [a_lead(number) for number in range(12)]


def opener_of(chili: FakeChiliPiper, ledger: Ledger | None = None) -> Open:
    @asynccontextmanager
    async def open_runtime() -> AsyncIterator[BatchRuntime]:
        yield BatchRuntime(chili, RateLimiter(None), ledger or MemoryLedger())

    return open_runtime


def statuses(batch: KeptBatch) -> list[str]:
    return [outcome.status for outcome in batch.outcomes]


def state_of(lead: Lead, ledger: Ledger) -> str:
    return ledger.get([lead.entry_key])[lead.entry_key].state


def all_loops_end() -> None:
    for loop in (thread for thread in threading.enumerate() if thread.name == "chilipiper-batch"):
        loop.join(10)


class Clock:
    """Stands still while anybody has something to do; whoever waits for a time goes there at once."""

    now = 0.0

    def __call__(self) -> float:
        return self.now

    def later(self, seconds: float, call: Callable[[], None]) -> None:
        self.now += seconds
        asyncio.get_running_loop().call_soon(call)

    def limiter(self, rate: float) -> RateLimiter:
        return RateLimiter(Rate(rate), self, self.later)


def refused(kind: type[errors.Refused], status: int) -> errors.Refused:
    return kind("why", status=status)


def test_every_lead_has_one_outcome_in_the_order_of_the_leads() -> None:
    chili = FakeChiliPiper(
        opening={3: Offer(session="s", allowed=False), 5: Offer(session="t"), 7: refused(errors.BadRequest, 400)},
        booking={9: errors.NoAnswer("lost")},
    )
    batch = KeptBatch(LEADS, opener_of(chili), at_once=5)
    batch.run()
    expected = dict.fromkeys(range(12), "booked")
    expected |= {3: "disqualified", 5: "no_slot", 7: "refused", 9: "unknown"}
    assert statuses(batch) == list(expected.values())
    assert [outcome.meeting_id for outcome in batch.outcomes[:3]] == [
        f"meeting-1-of-lead{n}@example.com" for n in range(3)
    ]
    assert batch.stopped_by is None


def test_outcomes_are_there_before_the_first_lead_had_its_place() -> None:
    assert statuses(KeptBatch(LEADS, opener_of(FakeChiliPiper()))) == ["not_attempted"] * 12


def test_no_leads_are_no_trouble() -> None:
    batch = KeptBatch([], opener_of(FakeChiliPiper()))
    batch.run()
    assert batch.outcomes == []


def test_a_second_run_asks_chili_piper_nothing() -> None:
    """I8."""
    chili, ledger = FakeChiliPiper(), MemoryLedger()
    KeptBatch(LEADS, opener_of(chili, ledger)).run()
    asked, again = chili.openings, KeptBatch(LEADS, opener_of(chili, ledger))
    again.run()
    assert statuses(again) == ["already_booked"] * 12
    assert chili.openings == asked == 12


def test_a_lead_that_comes_twice_is_booked_once() -> None:
    chili = FakeChiliPiper()
    batch = KeptBatch([a_lead(1)] * 6, opener_of(chili), at_once=6)
    batch.run()
    assert chili.meetings == {"lead1@example.com": 1}
    assert statuses(batch).count("booked") == 1
    assert set(statuses(batch)) <= {"booked", "already_booked", "unknown", "not_attempted"}


def test_two_batches_over_the_same_leads_at_once_book_each_once() -> None:
    chili, ledger, start = FakeChiliPiper(), MemoryLedger(), Barrier(2)
    batches = [KeptBatch(leads, opener_of(chili, ledger), at_once=4) for leads in (LEADS, LEADS[::-1])]

    def run(batch: KeptBatch) -> None:
        start.wait()
        batch.run()

    threads = [Thread(target=run, args=(batch,)) for batch in batches]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert chili.meetings == {f"lead{number}@example.com": 1 for number in range(12)}
    assert sum(statuses(batch).count("booked") for batch in batches) == 12


class Counting(MemoryLedger):
    """Counts its transactions and entries; fails given updates."""

    def __init__(self, fails: Callable[[Entry], bool] = lambda entry: False) -> None:
        super().__init__()
        self.transactions = self.entries = 0
        self._fails = fails

    def update(self, entries: Sequence[Entry], /) -> list[Answer]:
        self.transactions += 1
        self.entries += len(entries)
        if any(map(self._fails, entries)):
            raise LedgerFailed("the ledger is away")
        return super().update(entries)


def test_updates_of_many_leads_share_a_transaction() -> None:
    ledger = Counting()
    KeptBatch([a_lead(number) for number in range(64)], opener_of(FakeChiliPiper(), ledger), at_once=16).run()
    assert ledger.entries == 128
    assert ledger.transactions < 64


def test_one_leads_surprise_is_not_the_others() -> None:
    class Stumbles(FirstSlot):
        def choose(self, offer: Offer, opened: float, /) -> Any:
            raise ZeroDivisionError

    leads = [*LEADS[:5], replace(LEADS[5], choice=Stumbles()), *LEADS[6:]]
    batch = KeptBatch(leads, opener_of(FakeChiliPiper()), at_once=4)
    batch.run()
    assert statuses(batch) == ["booked"] * 5 + ["unknown"] + ["booked"] * 6
    assert "ZeroDivisionError" in batch.outcomes[5].reason
