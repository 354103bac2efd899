"""Many leads at once: an outcome each, in order, whatever happens to the task, the ledger or one of them."""

from __future__ import annotations

import signal
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from threading import Barrier, Event, Thread
from typing import Any

import pytest

from airflow_chilipiper.api import errors
from airflow_chilipiper.api.models import Offer
from airflow_chilipiper.api.turns import AwaitingTurns
from airflow_chilipiper.booking.batch import Batch
from airflow_chilipiper.booking.ledger import Answer, Ledger, LedgerFailed, MemoryLedger, Row
from airflow_chilipiper.booking.worlds import BatchWorld
from tests.booking.office import Office, a_lead

Open = Callable[[], AbstractAsyncContextManager[BatchWorld]]
LEADS = [a_lead(number) for number in range(12)]


def world_of(office: Office, ledger: Ledger | None = None) -> Open:
    @asynccontextmanager
    async def open_world() -> AsyncIterator[BatchWorld]:
        yield BatchWorld(office, AwaitingTurns(None), ledger or MemoryLedger())

    return open_world


def statuses(batch: Batch) -> list[str]:
    return [outcome.status for outcome in batch.outcomes]


def refused(kind: type[errors.Refused], status: int) -> errors.Refused:
    return kind("why", status=status)


def test_every_lead_has_one_outcome_in_the_order_of_the_leads() -> None:
    office = Office(
        opening={3: Offer(session="s", allowed=False), 5: Offer(session="s"), 7: refused(errors.BadRequest, 400)},
        booking={9: errors.NoAnswer("lost")},
    )
    batch = Batch(LEADS, world_of(office), at_once=5)
    batch.run()
    expected = dict.fromkeys(range(12), "booked")
    expected |= {3: "disqualified", 5: "no_slot", 7: "refused", 9: "unknown"}
    assert statuses(batch) == list(expected.values())
    assert [outcome.meeting_id for outcome in batch.outcomes[:3]] == [
        f"meeting-1-of-lead{n}@example.com" for n in range(3)
    ]
    assert batch.stopped_by is None


def test_outcomes_are_there_before_the_first_lead_had_its_turn() -> None:
    assert statuses(Batch(LEADS, world_of(Office()))) == ["not_attempted"] * 12


def test_no_leads_are_no_trouble() -> None:
    batch = Batch([], world_of(Office()))
    batch.run()
    assert batch.outcomes == []


def test_a_second_run_asks_chili_piper_nothing() -> None:
    """I8."""
    office, ledger = Office(), MemoryLedger()
    Batch(LEADS, world_of(office, ledger)).run()
    asked, again = office.openings, Batch(LEADS, world_of(office, ledger))
    again.run()
    assert statuses(again) == ["already_booked"] * 12
    assert office.openings == asked == 12


def test_a_lead_that_comes_twice_is_booked_once() -> None:
    office = Office()
    batch = Batch([a_lead(1)] * 6, world_of(office), at_once=6)
    batch.run()
    assert office.meetings == {"lead1@example.com": 1}
    assert statuses(batch).count("booked") == 1
    assert set(statuses(batch)) <= {"booked", "already_booked", "unknown", "not_attempted"}


def test_two_batches_over_the_same_leads_at_once_book_each_once() -> None:
    office, ledger, start = Office(), MemoryLedger(), Barrier(2)
    batches = [Batch(leads, world_of(office, ledger), at_once=4) for leads in (LEADS, LEADS[::-1])]

    def run(batch: Batch) -> None:
        start.wait()
        batch.run()

    threads = [Thread(target=run, args=(batch,)) for batch in batches]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert office.meetings == {f"lead{number}@example.com": 1 for number in range(12)}
    assert sum(statuses(batch).count("booked") for batch in batches) == 12


class Counting(MemoryLedger):
    """Counts its transactions and rows; fails the marks that it is told to."""

    def __init__(self, fails: Callable[[Row], bool] = lambda row: False) -> None:
        super().__init__()
        self.transactions = self.rows = 0
        self._fails = fails

    def mark(self, rows: Sequence[Row], /) -> list[Answer]:
        self.transactions += 1
        self.rows += len(rows)
        if any(map(self._fails, rows)):
            raise LedgerFailed("the ledger is away")
        return super().mark(rows)


def test_marks_of_many_leads_share_a_transaction() -> None:
    ledger = Counting()
    Batch([a_lead(number) for number in range(64)], world_of(Office(), ledger), at_once=16).run()
    assert ledger.rows == 128
    assert ledger.transactions < 64


def test_one_leads_surprise_is_not_the_others() -> None:
    def stumbles(offer: Offer) -> Any:
        raise ZeroDivisionError

    leads = [*LEADS[:5], replace(LEADS[5], choose=stumbles), *LEADS[6:]]
    batch = Batch(leads, world_of(Office()), at_once=4)
    batch.run()
    assert statuses(batch) == ["booked"] * 5 + ["unknown"] + ["booked"] * 6
    assert "ZeroDivisionError" in batch.outcomes[5].reason


@pytest.mark.parametrize("kind", [errors.NotAllowed, errors.NotFound])
def test_what_no_other_lead_could_escape_stops_the_batch(kind: type[errors.Refused]) -> None:
    office = Office(opening={2: refused(kind, 403)})
    batch = Batch(LEADS, world_of(office), at_once=1)
    batch.run()
    assert statuses(batch) == ["booked"] * 2 + ["not_attempted"] * 10
    assert isinstance(batch.stopped_by, kind)
    assert (batch.outcomes[2].reason, office.openings) == ("why", 3)


def test_a_booking_that_is_not_allowed_stops_the_batch_and_leaves_the_lead_free() -> None:
    office, ledger = Office(booking={0: refused(errors.NotAllowed, 403)}), MemoryLedger()
    batch = Batch(LEADS, world_of(office, ledger), at_once=1)
    batch.run()
    assert statuses(batch) == ["not_attempted"] * 12
    assert {row.state for row in ledger.look([lead.row().key for lead in LEADS]).values()} == {"planned"}


def test_an_unknown_link_of_one_lead_among_many_targets_is_that_leads_own() -> None:
    batch = Batch(LEADS, world_of(Office(opening={2: refused(errors.NotFound, 404)})), at_once=3, one_target=False)
    batch.run()
    assert statuses(batch) == ["booked"] * 2 + ["refused"] + ["booked"] * 9
    assert batch.stopped_by is None


@pytest.mark.parametrize(
    ("code", "message", "stops"),
    [
        ("LeadNotFound", "no lead has this id", False),
        ("OwnerNotFound", "", False),
        ("NotFound", "The contact does not exist", False),
        ("ConciergeRouterNotFound", "no such router for this lead", True),
        ("SchedulingLinkNotFound", "", True),
        ("NotFound", "", True),
        (None, "an HTML page", True),
    ],
)
def test_a_lead_that_is_unknown_is_refused_alone(code: str | None, message: str, stops: bool) -> None:
    """What all leads share stops the batch; so does what nobody knows."""
    unknown = errors.NotFound("why", status=404, code=code, message=message)
    batch = Batch(LEADS, world_of(Office(opening={2: unknown})), at_once=1)
    batch.run()
    rest = ["not_attempted"] * 10 if stops else ["refused"] + ["booked"] * 9
    assert statuses(batch) == ["booked"] * 2 + rest


def test_a_ledger_that_is_away_stops_the_batch_before_anything_is_booked() -> None:
    office = Office()
    batch = Batch(LEADS, world_of(office, Counting(lambda row: row.state == "sent")), at_once=3)
    batch.run()
    assert statuses(batch) == ["not_attempted"] * 12
    assert isinstance(batch.stopped_by, LedgerFailed)
    assert not office.meetings


def test_a_meeting_whose_mark_failed_is_unknown_and_told() -> None:
    office = Office()
    batch = Batch(LEADS[:1], world_of(office, Counting(lambda row: row.state == "booked")))
    batch.run()
    (outcome,) = batch.outcomes
    assert (outcome.status, outcome.meeting_id) == ("unknown", "meeting-1-of-lead0@example.com")
    assert "not on record" in outcome.reason


def test_a_stop_lets_booking_calls_in_flight_finish_and_begins_nothing_new() -> None:
    in_flight = Barrier(4)
    office = Office(held=(0, 1, 2), busy=lambda: Thread(target=in_flight.wait, args=(10,)).start())
    batch = Batch(LEADS, world_of(office), at_once=3)
    running = Thread(target=batch.run)
    running.start()
    in_flight.wait(10)
    assert statuses(batch) == ["unknown"] * 3 + ["not_attempted"] * 9
    batch.stop()
    batch.stop()
    office.go.set()
    running.join(10)
    assert statuses(batch) == ["booked"] * 3 + ["not_attempted"] * 9
    assert office.openings == 3


def test_after_a_stop_nobody_waits_for_an_answer_that_does_not_come() -> None:
    """The lead is unknown and its row stays `sent`; what is answered later is still recorded."""
    in_flight, ledger = Event(), MemoryLedger()
    office = Office(held=(0,), busy=in_flight.set)
    batch = Batch(LEADS, world_of(office, ledger), at_once=1, drain=0.01)
    running = Thread(target=batch.run)
    running.start()
    assert in_flight.wait(10)
    batch.stop()
    running.join(10)
    assert statuses(batch) == ["unknown"] + ["not_attempted"] * 11
    assert [row.state for row in ledger.look([LEADS[0].row().key]).values()] == ["sent"]
    office.go.set()


def test_a_stop_before_the_booking_call_leaves_the_lead_free_and_not_attempted() -> None:
    opening, ledger = Event(), MemoryLedger()
    office = Office(held_openings=(0,), busy=opening.set)
    batch = Batch(LEADS[:1], world_of(office, ledger))
    running = Thread(target=batch.run)
    running.start()
    assert opening.wait(10)
    batch.stop()
    office.go.set()
    running.join(10)
    assert statuses(batch) == ["not_attempted"]
    assert [row.state for row in ledger.look([LEADS[0].row().key]).values()] == ["planned"]
    assert not office.meetings


def test_a_stop_before_the_start_or_after_the_end_is_harmless() -> None:
    batch = Batch(LEADS, world_of(Office()))
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
    office = Office(held=(0,), busy=interrupt)

    class AnswersOnceStopped(BatchWorld):
        def stop(self) -> None:
            super().stop()
            office.go.set()

    ledger = MemoryLedger()

    @asynccontextmanager
    async def open_world() -> AsyncIterator[BatchWorld]:
        yield AnswersOnceStopped(office, AwaitingTurns(None), ledger)

    batch = Batch(LEADS, open_world, at_once=1)
    with pytest.raises(Interrupted):
        batch.run()
    assert statuses(batch) == ["booked"] + ["not_attempted"] * 11
    assert [row.state for row in ledger.look([LEADS[0].row().key]).values()] == ["booked"]


def test_what_is_still_in_flight_when_the_waiting_ends_is_unknown(interrupt: Callable[[], None]) -> None:
    office = Office(held=(0,), busy=interrupt)

    class InterruptsTheDrain(BatchWorld):
        def stop(self) -> None:
            super().stop()
            interrupt()

    @asynccontextmanager
    async def open_world() -> AsyncIterator[BatchWorld]:
        yield InterruptsTheDrain(office, AwaitingTurns(None), MemoryLedger())

    batch = Batch(LEADS, open_world, at_once=1)
    with pytest.raises(Interrupted):
        batch.run()
    assert statuses(batch) == ["unknown"] + ["not_attempted"] * 11
    office.go.set()


def test_a_world_that_does_not_open_is_told_to_the_caller_and_nothing_was_attempted() -> None:
    @asynccontextmanager
    async def open_world() -> AsyncIterator[BatchWorld]:
        if batch.outcomes:
            raise OSError("no network")
        yield BatchWorld(Office(), AwaitingTurns(None), MemoryLedger())

    batch = Batch(LEADS, open_world)
    with pytest.raises(OSError, match="no network"):
        batch.run()
    assert statuses(batch) == ["not_attempted"] * 12
