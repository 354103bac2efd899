"""A ledger that one task instance has for itself: what a later try finds, and what it does not believe."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from inspect import signature
from threading import Event, Thread
from typing import Any

import pytest

from airflow_chilipiper.api import errors
from airflow_chilipiper.api.pace.limiter import RateLimiter
from airflow_chilipiper.booking.batch.runtime import BatchRuntime
from airflow_chilipiper.booking.ledger.entry import Conflict, Entry, LedgerFailed, MeetingTaken, State
from airflow_chilipiper.booking.ledger.store import Ledger
from airflow_chilipiper.booking.ledger.task_state import MOST_LEADS
from tests.entries import changed
from tests.fake_chilipiper import FakeChiliPiper, a_lead
from tests.integration.ledger.every_ledger import test_at_once, test_entries, test_updates
from tests.unit.booking.batch.kept_batch import KeptBatch
from tests.unit.booking.ledger.task_store import (
    Arrive,
    TaskStore,
    a_try,
    an_entry,
    breaks,
    calm,
    entries_of,
    states,
)

OF_EVERY_LEDGER = {**vars(test_entries), **vars(test_updates), **vars(test_at_once)}
globals().update(
    {
        name: test
        for name, test in OF_EVERY_LEDGER.items()
        if name.startswith("test_") and {"ledger", "opened"} & set(signature(test).parameters)
    }
)


@pytest.fixture
def opened(request: pytest.FixtureRequest, store: TaskStore) -> Callable[[], Ledger]:
    """Each time as a later try would; one for all where many are at work at once, since they are one process."""
    one = a_try(store)
    return (lambda: one) if "at_once" in request.node.name else (lambda: a_try(store))


@pytest.fixture
def ledger(opened: Callable[[], Ledger]) -> Ledger:
    return opened()


@pytest.mark.parametrize("arrives", [False, True])
@pytest.mark.parametrize("state", ["sent", "unknown", "planned", "booked"])
def test_an_update_whose_write_raised_is_not_believed_until_it_is_written_again(
    store: TaskStore, state: State, arrives: bool
) -> None:
    """A `sent` that failed was not followed by a call, so the entry goes back; all else is a fact and is made good."""
    ledger = a_try(store)
    entry, other = ledger.get_or_create(entries_of(1, 2))
    breaks(store, arrives=arrives, times=2)
    with pytest.raises(LedgerFailed, match="supervisor is away"):
        ledger.update([changed(entry, state)])
    with pytest.raises(LedgerFailed, match="supervisor is away"):
        ledger.get([entry.key])
    (updated,) = ledger.update([changed(other, "review")])
    assert isinstance(updated, Entry)
    expected = ["planned" if state == "sent" else state, "review"]
    assert states(ledger, entry, other) == states(a_try(store), entry, other) == expected


def test_an_entry_that_went_back_after_a_failed_write_can_be_updated_again(store: TaskStore) -> None:
    ledger = a_try(store)
    (entry,) = ledger.get_or_create(entries_of(1))
    breaks(store, arrives=True)
    with pytest.raises(LedgerFailed):
        ledger.update([changed(entry, "sent", sender="failed")])
    sent = changed(entry, "sent", sender="held")
    assert ledger.update([sent]) == [sent]
    assert a_try(store).get([entry.key])[entry.key].sender == "held"


def test_what_interrupts_a_write_leaves_it_in_doubt_too(store: TaskStore) -> None:
    """Airflow's time-out, and its DeadlockImminentError, are no Exceptions: they pass, and nothing is believed."""
    ledger = a_try(store)
    (entry,) = ledger.get_or_create(entries_of(1))

    def interrupt(key: str, arrive: Arrive) -> None:
        store.on_set = calm
        raise KeyboardInterrupt

    store.on_set = interrupt
    with pytest.raises(KeyboardInterrupt):
        ledger.update([changed(entry, "unknown")])
    assert states(ledger, entry) == states(a_try(store), entry) == ["unknown"]


def test_while_one_thread_writes_no_other_reads_what_it_is_about_to_change(store: TaskStore) -> None:
    """A group commit after an interrupt may find the batch's own still under way."""
    ledger, done, answers = a_try(store), Event(), list[Any]()
    (entry,) = ledger.get_or_create(entries_of(1))

    def update() -> None:
        answers.extend(ledger.update([changed(entry, "sent")]))
        done.set()

    second = Thread(target=update)

    def on_set(key: str, arrive: Arrive) -> None:
        if not second.ident:
            second.start()
            done.wait(0.1)
        arrive()

    store.on_set = on_set
    answers.extend(ledger.update([changed(entry, "sent")]))
    second.join(10)
    assert [type(answer) for answer in answers] == [Entry, Conflict]


def test_more_leads_than_the_store_is_meant_for_are_refused_before_anything_is_sent(store: TaskStore) -> None:
    ledger = a_try(store)
    entries = ledger.get_or_create(entries_of(*range(MOST_LEADS)))
    store.sets.clear()
    with pytest.raises(LedgerFailed, match=r"25000 leads .* set ledger_conn_id"):
        ledger.get_or_create(entries_of(0, MOST_LEADS))
    assert store.sets == []
    assert isinstance(ledger.update([changed(entries[0], "sent")])[0], Entry)


def test_an_update_of_what_was_never_created_is_refused(store: TaskStore) -> None:
    (answer,) = a_try(store).update([changed(an_entry(), "sent")])
    assert isinstance(answer, LedgerFailed)


def test_a_meeting_stands_in_one_entry_only_for_a_later_try_as_well(store: TaskStore) -> None:
    entries = a_try(store).get_or_create(entries_of(1, 2))
    a_try(store).update([changed(entries[0], "booked", meeting_id="m")])
    (answer,) = a_try(store).update([changed(entries[1], "booked", meeting_id="m")])
    assert isinstance(answer, MeetingTaken)


def test_the_first_of_equals_is_created(store: TaskStore) -> None:
    first, second = an_entry(1, guest="first"), replace(an_entry(1), guest="second")
    assert a_try(store).get_or_create([first, second]) == [first, first]


def test_get_writes_nothing_nor_does_an_update_that_conflicts(store: TaskStore) -> None:
    ledger = a_try(store)
    ledger.get([an_entry().key])
    assert ledger.list() == []
    assert store.sets == []
    (entry,) = ledger.get_or_create(entries_of(1))
    ledger.update([changed(entry, "sent")])
    store.sets.clear()
    assert isinstance(ledger.update([changed(entry, "sent")])[0], Conflict)
    assert store.sets == []


@pytest.mark.parametrize(("leads", "most"), [(1, 8), (40, 125), (1_000, 3_100)])
def test_no_lead_costs_more_than_its_three_writes(store: TaskStore, leads: int, most: int) -> None:
    """Updated one by one, which is the worst case; what is read at the start is three values and the pages."""
    ledger = a_try(store)
    for number in range(leads):
        (entry,) = ledger.get_or_create([an_entry(number, guest="g" * 64, pattern="p" * 64)])
        sent = changed(entry, "sent", attempt=1, sender="a_dag/scheduled__2026-11-03/book/-1#1", session="s" * 36)
        ledger.update([sent])
        ledger.update([changed(sent, "booked", meeting_id=f"meeting-{number}")])
    assert store.calls <= most
    store.gets.clear()
    assert set(states(a_try(store), *entries_of(*range(leads)))) == {"booked"}
    assert len(store.gets) <= 2 + 1.6 * leads / 60 + 1


def book(store: TaskStore, chili: FakeChiliPiper, *numbers: int, **settings: Any) -> KeptBatch:
    @asynccontextmanager
    async def open_runtime() -> AsyncIterator[BatchRuntime]:
        yield BatchRuntime(chili, RateLimiter(None), a_try(store), sleep=lambda _: asyncio.sleep(0))

    batch = KeptBatch([a_lead(number) for number in numbers], open_runtime, **settings)
    batch.run()
    return batch


def statuses(batch: KeptBatch) -> list[str]:
    return [outcome.status for outcome in batch.outcomes]


def test_a_later_try_with_its_leads_in_another_order_books_nobody_again(store: TaskStore) -> None:
    chili = FakeChiliPiper(booking={3: errors.NoAnswer("lost")})
    assert statuses(book(store, chili, *range(6))) == ["booked"] * 3 + ["unknown"] + ["booked"] * 2
    again = book(store, chili, 6, 5, 4, 3, 2, 1, 0)
    assert statuses(again) == ["booked", "already_booked", "already_booked", "unknown"] + ["already_booked"] * 3
    assert set(chili.meetings.values()) == {1}


def test_a_store_that_goes_away_halfway_lets_nobody_be_invited_without_an_update(store: TaskStore) -> None:
    chili = FakeChiliPiper()

    def on_set(key: str, arrive: Arrive) -> None:
        if len(store.sets) > 6:
            raise ConnectionError
        arrive()

    store.on_set = on_set
    batch = book(store, chili, *range(40), at_once=4)
    assert isinstance(batch.stopped_by, LedgerFailed)
    invited = sum(chili.meetings.values())
    assert 0 < invited < 40
    store.on_set = calm
    again = book(store, chili, *range(40))
    assert set(chili.meetings.values()) == {1}
    assert set(statuses(again)) <= {"booked", "already_booked", "unknown"}


def test_entries_hold_no_e_mails(store: TaskStore) -> None:
    book(store, FakeChiliPiper(booking={1: errors.NoAnswer("lost")}), 0, 1)
    assert [
        value for value in store.values.values() if "@" in value.replace("meeting-1-of-lead0@example.com", "")
    ] == []
