"""How a batch takes its leads: some at a time, each chunk in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from threading import Event, Thread

import pytest

from airflow_chilipiper.booking.batch.batch import BEGUN_AT_FIRST, BEGUN_AT_ONCE, Batch
from airflow_chilipiper.booking.lead import Lead
from airflow_chilipiper.booking.ledger.entry import Entry, LedgerFailed
from airflow_chilipiper.booking.ledger.lead_key import guest_digest
from airflow_chilipiper.booking.ledger.memory import MemoryLedger
from airflow_chilipiper.booking.outcome import Outcome
from tests.entries import changed
from tests.fake_chilipiper import FakeChiliPiper, a_lead
from tests.unit.booking.batch.kept_batch import KeptBatch
from tests.unit.booking.batch.test_batch import LEADS, opener_of, state_of, statuses
from tests.unit.booking.batch.test_batch_stops import Interrupted


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
        reported.append(number)
        ahead = max(ahead, taken - len(reported))

    reported = list[int]()
    Batch(leads(), opener_of(FakeChiliPiper()), on_outcome=report, at_once=4).run()
    assert sorted(reported) == list(range(MANY))
    assert ahead <= 2 * BEGUN_AT_ONCE


def test_while_a_lead_is_held_no_third_chunk_is_taken() -> None:
    taken, in_flight, reported = list[int](), Event(), dict[int, str]()
    chili = FakeChiliPiper(held=(0,), busy=in_flight.set)

    def leads() -> Iterator[tuple[int, Lead]]:
        for number in range(MANY):
            taken.append(number)
            yield number, a_lead(number)

    batch = Batch(
        leads(), opener_of(chili), on_outcome=lambda n, outcome: reported.update({n: outcome.status}), at_once=1
    )
    running = Thread(target=batch.run)
    running.start()
    assert in_flight.wait(10)
    batch.stop()
    chili.go.set()
    running.join(10)
    assert taken == list(range(len(taken)))
    assert BEGUN_AT_FIRST <= len(taken) <= 3 * BEGUN_AT_FIRST
    assert reported == {0: "booked"} | dict.fromkeys(taken[1:], "not_attempted")


@pytest.mark.parametrize("good", [0, 5, BEGUN_AT_ONCE + 5])
def test_leads_that_can_be_read_no_further_stop_the_batch_and_those_taken_are_reported(good: int) -> None:
    reported, failed = list[int](), OSError("the warehouse is away")

    def leads() -> Iterator[tuple[int, Lead]]:
        yield from ((number, has_met(number)) for number in range(good))
        raise failed

    batch = Batch(leads(), opener_of(FakeChiliPiper()), on_outcome=lambda number, _: reported.append(number))
    batch.run()
    assert sorted(reported) == list(range(good))
    assert batch.stopped_by is failed


class Begins(MemoryLedger):
    """Notes what each transaction begins; fails from a given one on."""

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
