"""A batch that is stopped or interrupted, and what becomes of what is in flight."""

from __future__ import annotations

import signal
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from threading import Barrier, Event, Thread
from typing import Any

import pytest

from airflow_chilipiper.api.pace.limiter import RateLimiter
from airflow_chilipiper.booking.batch.runtime import BatchRuntime
from airflow_chilipiper.booking.ledger.memory import MemoryLedger
from tests.fake_chilipiper import FakeChiliPiper
from tests.unit.booking.batch.kept_batch import KeptBatch
from tests.unit.booking.batch.test_batch import LEADS, all_loops_end, opener_of, state_of, statuses


def test_a_stop_lets_booking_calls_in_flight_finish_and_begins_nothing_new() -> None:
    in_flight = Barrier(4)
    chili = FakeChiliPiper(held=(0, 1, 2), busy=lambda: Thread(target=in_flight.wait, args=(10,)).start())
    batch = KeptBatch(LEADS, opener_of(chili), at_once=3)
    running = Thread(target=batch.run)
    running.start()
    in_flight.wait(10)
    assert not any(batch.reported.values())
    batch.stop()
    batch.stop()
    chili.go.set()
    running.join(10)
    assert statuses(batch) == ["booked"] * 3 + ["not_attempted"] * 9
    assert chili.openings == 3


def test_after_a_stop_nobody_waits_for_an_answer_that_does_not_come() -> None:
    """The lead is unknown and its entry stays `sent`; what is answered later is still recorded."""
    in_flight, ledger = Event(), MemoryLedger()
    chili = FakeChiliPiper(held=(0,), busy=in_flight.set)
    batch = KeptBatch(LEADS, opener_of(chili, ledger), at_once=1, drain=0.01)
    running = Thread(target=batch.run)
    running.start()
    assert in_flight.wait(10)
    batch.stop()
    running.join(10)
    assert statuses(batch) == ["unknown"] + ["not_attempted"] * 11
    assert state_of(LEADS[0], ledger) == "sent"
    chili.go.set()
    all_loops_end()
    assert state_of(LEADS[0], ledger) == "booked"
    assert statuses(batch) == ["unknown"] + ["not_attempted"] * 11


def test_a_stop_before_the_booking_call_leaves_the_lead_free_and_not_attempted() -> None:
    opening, ledger = Event(), MemoryLedger()
    chili = FakeChiliPiper(held_openings=(0,), busy=opening.set)
    batch = KeptBatch(LEADS[:1], opener_of(chili, ledger))
    running = Thread(target=batch.run)
    running.start()
    assert opening.wait(10)
    batch.stop()
    chili.go.set()
    running.join(10)
    assert statuses(batch) == ["not_attempted"]
    assert [entry.state for entry in ledger.get([LEADS[0].new_entry().key]).values()] == ["planned"]
    assert not chili.meetings


def test_a_stop_before_the_start_or_after_the_end_is_harmless() -> None:
    batch = KeptBatch(LEADS, opener_of(FakeChiliPiper()))
    batch.stop()
    batch.run()
    batch.stop()
    assert statuses(batch) == ["not_attempted"] * 12


class Interrupted(BaseException):
    """As Airflow's time-out, which no `except Exception` catches."""


@pytest.fixture
def interrupt() -> Iterator[Callable[[], None]]:
    """Interrupts the main thread, as a signal does."""

    def raise_(number: int, frame: Any) -> None:
        raise Interrupted

    before, main = signal.signal(signal.SIGUSR1, raise_), threading.main_thread().ident
    assert main is not None
    yield lambda: signal.pthread_kill(main, signal.SIGUSR1)
    signal.signal(signal.SIGUSR1, before)


def test_an_interrupt_stops_the_batch_records_what_is_in_flight_and_goes_on_its_way(
    interrupt: Callable[[], None],
) -> None:
    chili = FakeChiliPiper(held=(0,), busy=interrupt)

    class AnswersOnceStopped(BatchRuntime):
        def stop(self) -> None:
            super().stop()
            chili.go.set()

    ledger = MemoryLedger()

    @asynccontextmanager
    async def open_runtime() -> AsyncIterator[BatchRuntime]:
        yield AnswersOnceStopped(chili, RateLimiter(None), ledger)

    batch = KeptBatch(LEADS, open_runtime, at_once=1)
    with pytest.raises(Interrupted):
        batch.run()
    assert statuses(batch) == ["booked"] + ["not_attempted"] * 11
    assert [entry.state for entry in ledger.get([LEADS[0].new_entry().key]).values()] == ["booked"]


def test_what_is_still_in_flight_when_the_waiting_ends_is_unknown(interrupt: Callable[[], None]) -> None:
    chili = FakeChiliPiper(held=(0,), busy=interrupt)

    class InterruptsTheDrain(BatchRuntime):
        def stop(self) -> None:
            super().stop()
            interrupt()

    @asynccontextmanager
    async def open_runtime() -> AsyncIterator[BatchRuntime]:
        yield InterruptsTheDrain(chili, RateLimiter(None), MemoryLedger())

    batch = KeptBatch(LEADS, open_runtime, at_once=1)
    with pytest.raises(Interrupted):
        batch.run()
    assert statuses(batch) == ["unknown"] + ["not_attempted"] * 11
    chili.go.set()
