"""Many leads at once: an outcome each, in order, whatever happens to the task, the ledger or one of them."""

from __future__ import annotations

import asyncio
import signal
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from threading import Barrier, Event, Thread
from typing import Any

import pytest

from airflow_chilipiper.api import errors
from airflow_chilipiper.api.pace.limiter import RateLimiter
from airflow_chilipiper.api.pace.rate import Rate
from airflow_chilipiper.api.patterns.offer import Offer
from airflow_chilipiper.booking.batch.admission import IN_LINE_FOR, LEAST_IN_LINE
from airflow_chilipiper.booking.batch.batch import BEGUN_AT_FIRST, BEGUN_AT_ONCE, Batch
from airflow_chilipiper.booking.batch.runtime import BatchRuntime
from airflow_chilipiper.booking.lead import Lead
from airflow_chilipiper.booking.ledger.entry import Entry, LedgerFailed
from airflow_chilipiper.booking.ledger.lead_key import guest_digest
from airflow_chilipiper.booking.ledger.memory import MemoryLedger
from airflow_chilipiper.booking.ledger.store import Answer, Ledger
from airflow_chilipiper.booking.outcome import Outcome
from tests.entries import changed
from tests.fake_chilipiper import START, FakeChiliPiper, a_lead
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
        opening={3: Offer(session="s", allowed=False), 5: Offer(session="s"), 7: refused(errors.BadRequest, 400)},
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
    """Counts its transactions and entries; fails the updates that it is told to."""

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


@pytest.mark.parametrize("kind", [errors.NotAllowed, errors.NotFound])
def test_what_no_other_lead_could_escape_stops_the_batch(kind: type[errors.Refused]) -> None:
    chili = FakeChiliPiper(opening={2: refused(kind, 403)})
    batch = KeptBatch(LEADS, opener_of(chili), at_once=1)
    batch.run()
    assert statuses(batch) == ["booked"] * 2 + ["not_attempted"] * 10
    assert isinstance(batch.stopped_by, kind)
    assert (batch.outcomes[2].reason, chili.openings) == ("why", 3)


def test_a_booking_that_is_not_allowed_stops_the_batch_and_leaves_the_lead_free() -> None:
    chili, ledger = FakeChiliPiper(booking={0: refused(errors.NotAllowed, 403)}), MemoryLedger()
    batch = KeptBatch(LEADS, opener_of(chili, ledger), at_once=1)
    batch.run()
    assert statuses(batch) == ["not_attempted"] * 12
    assert {entry.state for entry in ledger.get([lead.new_entry().key for lead in LEADS]).values()} == {"planned"}


def test_an_unknown_link_of_one_lead_among_many_targets_is_that_leads_own() -> None:
    batch = KeptBatch(
        LEADS, opener_of(FakeChiliPiper(opening={2: refused(errors.NotFound, 404)})), at_once=3, one_target=False
    )
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
    batch = KeptBatch(LEADS, opener_of(FakeChiliPiper(opening={2: unknown})), at_once=1)
    batch.run()
    rest = ["not_attempted"] * 10 if stops else ["refused"] + ["booked"] * 9
    assert statuses(batch) == ["booked"] * 2 + rest


def test_a_ledger_that_is_away_stops_the_batch_before_anything_is_booked() -> None:
    chili = FakeChiliPiper()
    batch = KeptBatch(LEADS, opener_of(chili, Counting(lambda entry: entry.state == "sent")), at_once=3)
    batch.run()
    assert statuses(batch) == ["not_attempted"] * 12
    assert isinstance(batch.stopped_by, LedgerFailed)
    assert not chili.meetings


def test_a_meeting_that_could_not_be_recorded_is_unknown_and_reported() -> None:
    chili = FakeChiliPiper()
    batch = KeptBatch(LEADS[:1], opener_of(chili, Counting(lambda entry: entry.state == "booked")))
    batch.run()
    (outcome,) = batch.outcomes
    assert (outcome.status, outcome.meeting_id) == ("unknown", "meeting-1-of-lead0@example.com")
    assert "not on record" in outcome.reason


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


def test_a_runtime_that_does_not_open_is_raised_to_the_caller_and_nothing_was_attempted() -> None:
    @asynccontextmanager
    async def open_runtime() -> AsyncIterator[BatchRuntime]:
        if batch.outcomes:
            raise OSError("no network")
        yield BatchRuntime(FakeChiliPiper(), RateLimiter(None), MemoryLedger())

    batch = KeptBatch(LEADS, open_runtime)
    with pytest.raises(OSError, match="no network"):
        batch.run()
    assert statuses(batch) == ["not_attempted"] * 12


def has_met(number: int) -> Lead:
    """A lead that needs nothing but its entry."""
    known = Outcome(status="already_booked", meeting_id=f"m{number}")
    return a_lead(number, existing_meetings={guest_digest(f"lead{number}@example.com"): known})


MANY = 5 * BEGUN_AT_ONCE


def test_leads_are_taken_when_their_time_is_near_however_many_there_are() -> None:
    """One chunk is begun, and another while that is."""
    taken = ahead = 0

    def leads() -> Iterator[tuple[int, Lead]]:
        nonlocal taken
        for number in range(MANY):
            taken += 1
            yield number, has_met(number)

    def report(number: int, outcome: Outcome) -> None:
        nonlocal ahead
        told.append(number)
        ahead = max(ahead, taken - len(told))

    told = list[int]()
    Batch(leads(), opener_of(FakeChiliPiper()), on_outcome=report, at_once=4).run()
    assert sorted(told) == list(range(MANY))
    assert ahead <= 2 * BEGUN_AT_ONCE


def test_while_a_lead_is_held_no_third_chunk_is_taken() -> None:
    taken, in_flight, told = list[int](), Event(), dict[int, str]()
    chili = FakeChiliPiper(held=(0,), busy=in_flight.set)

    def leads() -> Iterator[tuple[int, Lead]]:
        for number in range(MANY):
            taken.append(number)
            yield number, a_lead(number)

    batch = Batch(leads(), opener_of(chili), on_outcome=lambda n, outcome: told.update({n: outcome.status}), at_once=1)
    running = Thread(target=batch.run)
    running.start()
    assert in_flight.wait(10)
    batch.stop()
    chili.go.set()
    running.join(10)
    assert taken == list(range(len(taken)))
    assert BEGUN_AT_FIRST <= len(taken) <= 3 * BEGUN_AT_FIRST
    assert told == {0: "booked"} | dict.fromkeys(taken[1:], "not_attempted")


@pytest.mark.parametrize("good", [0, 5, BEGUN_AT_ONCE + 5])
def test_leads_that_can_be_read_no_further_stop_the_batch_and_those_taken_are_reported(good: int) -> None:
    told, failed = list[int](), OSError("the warehouse is away")

    def leads() -> Iterator[tuple[int, Lead]]:
        yield from ((number, has_met(number)) for number in range(good))
        raise failed

    batch = Batch(leads(), opener_of(FakeChiliPiper()), on_outcome=lambda number, _: told.append(number))
    batch.run()
    assert sorted(told) == list(range(good))
    assert batch.stopped_by is failed


class Begins(MemoryLedger):
    """Notes what each transaction begins; fails from the one that it is told on."""

    def __init__(self, fails_from: int = 99, then: Callable[[], object] = bool) -> None:
        super().__init__()
        self.begun = list[int]()
        self._fails_from, self._then = fails_from, then

    def get_or_create(self, entries: Sequence[Entry], /) -> Sequence[Entry]:
        self.begun.append(len(entries))
        if len(self.begun) >= self._fails_from:
            self._then()
            raise LedgerFailed("the ledger is away")
        return super().get_or_create(entries)


def test_a_chunk_of_leads_is_created_in_one_transaction() -> None:
    """The first chunks are small, so that the first call leaves at once."""
    ledger = Begins()
    KeptBatch([has_met(number) for number in range(3 * BEGUN_AT_ONCE)], opener_of(FakeChiliPiper(), ledger)).run()
    chunks = [entries for entries in ledger.begun if entries]
    assert chunks[:3] == [BEGUN_AT_FIRST, 2 * BEGUN_AT_FIRST, 4 * BEGUN_AT_FIRST]
    assert (max(chunks), sum(chunks)) == (BEGUN_AT_ONCE, 3 * BEGUN_AT_ONCE)


def test_a_ledger_that_creates_nobody_lets_nothing_be_asked() -> None:
    chili = FakeChiliPiper()
    batch = KeptBatch(LEADS, opener_of(chili, Begins(fails_from=1)))
    batch.run()
    assert statuses(batch) == ["not_attempted"] * 12
    assert [bool(each) for each in batch.reported.values()] == [number < BEGUN_AT_FIRST for number in range(12)]
    assert isinstance(batch.stopped_by, LedgerFailed)
    assert chili.openings == 0


def test_a_ledger_that_creates_no_more_lets_those_under_way_end() -> None:
    leads = [a_lead(number) for number in range(BEGUN_AT_FIRST + 1)]
    chili = FakeChiliPiper(held=(0,))
    batch = KeptBatch(leads, opener_of(chili, Begins(fails_from=2, then=chili.go.set)), at_once=1)
    batch.run()
    assert statuses(batch)[0] == "booked"
    assert all(batch.reported.values())
    assert statuses(batch)[-1] == "not_attempted"
    assert isinstance(batch.stopped_by, LedgerFailed)


def test_a_lead_that_another_run_books_after_it_was_created_is_not_booked_again() -> None:
    class Theirs(MemoryLedger):
        def get_or_create(self, entries: Sequence[Entry], /) -> Sequence[Entry]:
            begun = super().get_or_create(entries)
            self.update([changed(begun[1], "booked", meeting_id="theirs")])
            return begun

    chili = FakeChiliPiper()
    batch = KeptBatch(LEADS, opener_of(chili, Theirs()))
    batch.run()
    assert statuses(batch) == ["booked", "already_booked"] + ["booked"] * 10
    assert batch.outcomes[1].meeting_id == "theirs"
    assert chili.meetings.total() == 11


def test_what_is_done_meanwhile_goes_on_until_the_end_and_ends_the_batch_if_it_fails() -> None:
    in_flight, ledger, done = Event(), MemoryLedger(), list[bool]()
    chili = FakeChiliPiper(held=(0,), busy=in_flight.set)

    def meanwhile() -> None:
        done.append(in_flight.is_set())
        if done[-1]:
            chili.go.set()
            raise Interrupted

    batch = KeptBatch(LEADS, opener_of(chili, ledger), at_once=1)
    with pytest.raises(Interrupted):
        batch.run(meanwhile, every=0.001)
    assert statuses(batch)[0] == "booked" == state_of(LEADS[0], ledger)
    assert all(batch.reported.values())
    assert done.count(True) == 1


async def with_host(outcome: Outcome, runtime: BatchRuntime) -> Outcome:
    return replace(outcome, host="u-1")


def test_what_is_added_to_an_outcome_is_reported_with_it() -> None:
    batch = KeptBatch(LEADS, opener_of(FakeChiliPiper()), finish=with_host)
    batch.run()
    assert {(outcome.status, outcome.host) for outcome in batch.outcomes} == {("booked", "u-1")}


def test_where_nothing_can_be_added_the_outcome_is_reported_as_it_is_and_the_others_go_on() -> None:
    async def stumbles(outcome: Outcome, runtime: BatchRuntime) -> Outcome:
        if "lead3@" in str(outcome.meeting_id):
            raise ZeroDivisionError
        return await with_host(outcome, runtime)

    batch = KeptBatch(LEADS, opener_of(FakeChiliPiper()), finish=stumbles, at_once=3)
    batch.run()
    assert statuses(batch) == ["booked"] * 12
    assert [number for number, outcome in enumerate(batch.outcomes) if not outcome.host] == [3]


def test_who_is_stopped_while_something_is_added_is_reported_as_booked() -> None:
    """Whether the adding waits for its turn, or for an answer that does not come."""
    adding = Barrier(3)

    async def waits(outcome: Outcome, runtime: BatchRuntime) -> Outcome:
        await asyncio.to_thread(adding.wait, 10)
        if "lead0@" in str(outcome.meeting_id):
            await runtime.pause(600)
        await asyncio.to_thread(go.wait, 10)
        return outcome

    go = Event()
    batch = KeptBatch(LEADS[:2], opener_of(FakeChiliPiper()), finish=waits, drain=0.01)
    running = Thread(target=batch.run)
    running.start()
    adding.wait(10)
    batch.stop()
    running.join(10)
    assert statuses(batch) == ["booked", "booked"]
    go.set()
    all_loops_end()
    assert statuses(batch) == ["booked", "booked"]


@pytest.mark.parametrize("rate", [3.0, 40.0, 500.0])
def test_no_session_waits_behind_others_that_were_opened_too_early(rate: float) -> None:
    """However slow the pace, at most two leads wait for their first turn."""
    leads, in_line = [a_lead(number) for number in range(60)], list[int]()

    class Watched(BatchRuntime):
        async def ask(self, call: Any, /) -> Any:
            in_line.append(self.limiter.waiting)
            return await super().ask(call)

    @asynccontextmanager
    async def open_runtime() -> AsyncIterator[BatchRuntime]:
        yield Watched(FakeChiliPiper(), Clock().limiter(rate), MemoryLedger())

    batch = KeptBatch(leads, open_runtime)
    batch.run()
    assert statuses(batch) == ["booked"] * 60
    assert 1 <= max(in_line) <= max(LEAST_IN_LINE, rate * IN_LINE_FOR)


def test_no_more_leads_are_under_way_than_are_allowed() -> None:
    under_way = list[int]()

    class Watched(BatchRuntime):
        begun = 0

        async def get_or_create(self, entry: Entry, /) -> Entry:
            self.begun += 1
            under_way.append(self.begun - sum(map(len, batch.reported.values())))
            return await super().get_or_create(entry)

    @asynccontextmanager
    async def open_runtime() -> AsyncIterator[BatchRuntime]:
        yield Watched(FakeChiliPiper(), RateLimiter(None), MemoryLedger())

    batch = KeptBatch([a_lead(number) for number in range(40)], open_runtime, at_once=5)
    batch.run()
    assert statuses(batch) == ["booked"] * 40
    assert max(under_way) == 5


def test_leads_that_are_looked_for_again_and_again_hold_up_nobody() -> None:
    """They pause for as long as the list may lag; the others are begun beside them."""
    ledger, told, reasons = MemoryLedger(), list[int](), set[str]()
    for entry in ledger.get_or_create([lead.new_entry() for lead in LEADS[:8]]):
        ledger.update([sent := changed(entry, "sent", slot=START, sent_at=time.time())])
        ledger.update([changed(sent, "unknown")])

    async def for_ever(seconds: float) -> None:
        await asyncio.Event().wait()

    @asynccontextmanager
    async def open_runtime() -> AsyncIterator[BatchRuntime]:
        yield BatchRuntime(FakeChiliPiper(listed=()), Clock().limiter(40.0), ledger, sleep=for_ever)

    def report(number: int, outcome: Outcome) -> None:
        told.append(number)
        reasons.add(outcome.reason)
        if len(told) == 4:
            batch.stop()

    batch = Batch(enumerate(LEADS), open_runtime, on_outcome=report)
    batch.run()
    assert told[:4] == [8, 9, 10, 11]
    assert sorted(told) == list(range(12))
    missing = "the answer to a booking call is missing; the meeting list could not be asked: the task is being stopped"
    assert reasons == {"", missing}
