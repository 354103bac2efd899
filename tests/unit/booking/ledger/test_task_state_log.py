"""The pages in the task state store: which writes count, and what arrives late."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_chilipiper.booking.ledger.entry import Conflict, Entry, LedgerFailed, State
from tests.entries import changed
from tests.unit.booking.ledger.task_store import (
    FIRST,
    HEAD,
    SECOND,
    Arrive,
    Clock,
    TaskStore,
    a_try,
    an_entry,
    calm,
    entries_of,
    states,
)


def test_a_task_instance_that_was_replaced_finds_nothing_and_may_create_nothing(store: TaskStore) -> None:
    (entry,) = a_try(store).get_or_create(entries_of(1))
    before, store.replaced = dict(store.values), True
    zombie = a_try(store)
    assert zombie.get([entry.key]) == {}
    for _ in range(2):
        with pytest.raises(LedgerFailed, match="404"):
            zombie.get_or_create([entry])
    assert store.values == before


def test_a_task_instance_that_is_replaced_on_its_way_may_update_nothing_more(store: TaskStore) -> None:
    ledger = a_try(store)
    (entry,) = ledger.get_or_create(entries_of(1))
    store.replaced = True
    with pytest.raises(LedgerFailed, match="404"):
        ledger.update([changed(entry, "sent")])
    store.replaced = False
    assert states(a_try(store), entry) == ["planned"]


def test_reads_that_wrongly_find_nothing_while_writes_arrive_do_not_empty_the_ledger(store: TaskStore) -> None:
    (entry,) = a_try(store).get_or_create(entries_of(1))
    page = store.values[FIRST]
    store.get = lambda key, /: None  # type: ignore[method-assign]
    with pytest.raises(LedgerFailed, match="replaced"):
        a_try(store).get_or_create([entry])
    assert store.values[FIRST] == page


def test_get_or_create_writes_before_it_answers_even_if_all_is_on_record(store: TaskStore) -> None:
    entries = a_try(store).get_or_create(entries_of(1, 2))
    store.sets.clear()
    assert a_try(store).get_or_create(entries) == entries
    assert store.sets == [HEAD]


@pytest.mark.parametrize("failed", [True, False], ids=["failed", "slow"])
def test_a_write_that_arrives_late_undoes_nothing(store: TaskStore, failed: bool) -> None:
    """Airflow's client repeats a write after a second, and the first of the two may be the last to arrive."""
    clock, late = Clock(), list[Arrive]()
    ledger = a_try(store, clock)
    entries = ledger.get_or_create(entries_of(1, 2, 3))

    def on_set(key: str, arrive: Arrive) -> None:
        store.on_set = calm
        late.append(arrive)
        clock.now += 1.2
        if failed:
            raise TimeoutError
        arrive()

    store.on_set = on_set
    if failed:
        with pytest.raises(LedgerFailed, match="TimeoutError"):
            ledger.update([changed(entries[0], "unknown")])
    else:
        ledger.update([changed(entries[0], "unknown")])
    ledger.update([changed(entries[1], "sent")])
    ledger.update([changed(entries[2], "booked", meeting_id="m")])
    late[0]()
    assert states(a_try(store), *entries) == ["unknown", "sent", "booked"]


def test_a_page_that_may_be_overwritten_late_is_left_alone_though_the_head_fails_too(store: TaskStore) -> None:
    ledger, late, fails = a_try(store), list[Arrive](), [True, False, True]
    ledger.get_or_create([])

    def on_set(key: str, arrive: Arrive) -> None:
        if fails and fails.pop(0):
            late.append(arrive)
            raise TimeoutError
        arrive()

    store.on_set = on_set
    for message in ("/0 may not be", "head may not be"):
        with pytest.raises(LedgerFailed, match=message):
            ledger.get_or_create(entries_of(1))
    entries = ledger.get_or_create(entries_of(1, 2))
    late[0]()
    assert states(a_try(store), *entries) == ["planned", "planned"]


def test_a_later_try_changes_no_page_of_an_earlier_one(store: TaskStore) -> None:
    (entry,) = a_try(store).get_or_create(entries_of(1))
    page = store.values[FIRST]
    a_try(store).update([changed(entry, "sent")])
    assert store.values[FIRST] == page
    assert states(a_try(store), entry) == ["sent"]


FAULTS = st.sampled_from(["calm"] * 4 + ["lost", "unanswered", "failed and late", "slow and late", "crash"])
STATES = st.sampled_from(["sent", "sent", "unknown", "planned", "booked"])
ARRIVES: st.SearchStrategy[Any] = st.booleans()
CHANGES = st.lists(st.tuples(st.integers(0, 5), STATES), max_size=4)
STEPS = st.lists(st.tuples(CHANGES, st.lists(FAULTS, max_size=3)), max_size=25)


@given(STEPS, st.data())
def test_what_a_call_answered_is_found_by_every_later_try(
    steps: list[tuple[list[tuple[int, State]], list[str]]], data: st.DataObject
) -> None:
    """Whatever happens to a write: a later try finds the last answer, or a change asked for since that got none."""
    store, clock, late, faults = TaskStore(), Clock(), list[Arrive](), list[str]()

    def on_set(key: str, arrive: Arrive) -> None:
        if late and data.draw(ARRIVES):
            late.pop(0)()
        now = faults.pop(0) if faults else "calm"
        if now in ("calm", "unanswered", "slow and late", "crash"):
            arrive()
        if now in ("failed and late", "slow and late"):
            late.append(arrive)
            clock.now += 1
        if now in ("lost", "unanswered", "failed and late"):
            raise TimeoutError

    store.on_set = on_set
    ledger, answered, open_ = a_try(store, clock), dict[str, Entry](), dict[str, set[str]]()
    for changes, faults[:] in steps:
        if "crash" in faults:  # what is still under way is refused: it names a task instance that was replaced
            late.clear()
            ledger = a_try(store, clock)
        try:
            known = {entry.key: entry for entry in ledger.get_or_create(entries_of(*range(6)))}
            answered |= known
            group = [changed(known[f"{number:064x}"], state) for number, state in dict(changes).items()]
            for entry in group:
                open_.setdefault(entry.key, set()).add(entry.version)
            answers = ledger.update(group)
        except LedgerFailed:
            continue
        for entry, answer in zip(group, answers, strict=True):
            now = answer.entry if isinstance(answer, Conflict) else answer
            assert isinstance(now, Entry)
            answered[entry.key], open_[entry.key] = now, set()
    found = a_try(store).get([f"{number:064x}" for number in range(6)])
    for key, entry in answered.items():
        assert found[key].version in {entry.version, *open_.get(key, ())}


def test_a_page_that_is_gone_is_missed(store: TaskStore) -> None:
    entries = a_try(store).get_or_create(entries_of(1))
    a_try(store).update([changed(entries[0], "sent")])
    for key in (FIRST, SECOND):
        value = store.values.pop(key)
        with pytest.raises(LedgerFailed, match=f"{key} is gone, of 2 pages"):
            a_try(store).get_or_create(entries)
        store.values[key] = value


def test_a_store_that_cannot_be_read_is_no_empty_ledger(store: TaskStore) -> None:
    def fail(key: str) -> None:
        raise RuntimeError("API_SERVER_ERROR: 503")

    ledger, store.on_get = a_try(store), fail
    for call in (ledger.get_or_create, ledger.update):
        with pytest.raises(LedgerFailed, match="503"):
            call(entries_of(1))
    with pytest.raises(LedgerFailed, match="503"):
        ledger.get([an_entry().key])
    assert store.sets == []
    store.on_get = bool
    assert len(ledger.get_or_create(entries_of(1))) == 1


def test_a_head_whose_write_failed_is_written_with_the_next_update(store: TaskStore) -> None:
    ledger = a_try(store)
    ledger.get([])

    def on_set(key: str, arrive: Arrive) -> None:
        if key == HEAD and FIRST in store.values:
            store.on_set = calm
            raise TimeoutError
        arrive()

    store.on_set = on_set
    with pytest.raises(LedgerFailed, match="head"):
        ledger.get_or_create(entries_of(1))
    (entry,) = ledger.get_or_create(entries_of(1))
    assert json.loads(store.values[HEAD])["pages"] == 1
    assert a_try(store).get([entry.key])[entry.key].version == entry.version
