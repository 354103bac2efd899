"""A ledger that is one task instance's own: what a later try finds, and what it may not believe."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from inspect import signature
from threading import Event, Thread
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_chilipiper.api import errors
from airflow_chilipiper.api.pace.limiter import RateLimiter
from airflow_chilipiper.booking.batch.runtime import BatchRuntime
from airflow_chilipiper.booking.ledger.entry import Conflict, Entry, LedgerFailed, MeetingTaken, State, new_version
from airflow_chilipiper.booking.ledger.store import Ledger
from airflow_chilipiper.booking.ledger.task_state import MOST_LEADS, TaskStateLedger
from tests.entries import changed
from tests.fake_chilipiper import FakeChiliPiper, a_lead
from tests.integration.ledger import test_ledger
from tests.unit.booking.batch.kept_batch import KeptBatch
from tests.unit.booking.ledger.task_store import FOREVER, TaskStore, calm

HEAD, FIRST, SECOND = "__chilipiper__/head", "__chilipiper__/0", "__chilipiper__/1"
Arrive = Callable[[], None]

for name, test in vars(test_ledger).items():  # what every ledger promises
    if name.startswith("test_") and {"ledger", "opened"} & set(signature(test).parameters):
        globals()[name] = test


@pytest.fixture
def store() -> TaskStore:
    return TaskStore()


@pytest.fixture
def opened(request: pytest.FixtureRequest, store: TaskStore) -> Callable[[], Ledger]:
    """Each time as a later try would; one for all where many are at work at once, since they are one process."""
    one = a_try(store)
    return (lambda: one) if "at_once" in request.node.name else (lambda: a_try(store))


@pytest.fixture
def ledger(opened: Callable[[], Ledger]) -> Ledger:
    return opened()


class Clock:
    """`now` is moved on by who is to seem slow."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def a_try(store: TaskStore, clock: Callable[[], float] = Clock()) -> TaskStateLedger:  # noqa: B008  # it stands still
    return TaskStateLedger(store, retention=FOREVER, clock=clock)


def an_entry(number: int = 0, **facts: Any) -> Entry:
    return Entry(key=f"{number:064x}", purpose="spring", version=new_version(), **facts)


def entries_of(*numbers: int) -> list[Entry]:
    return [an_entry(number) for number in numbers]


def states(ledger: Ledger, *entries: Entry) -> list[str]:
    on_record = ledger.get([entry.key for entry in entries])
    return [on_record[entry.key].state if entry.key in on_record else "absent" for entry in entries]


def breaks(store: TaskStore, *, arrives: bool = False, times: int = 1) -> None:
    """The next writes of a page raise, and arrive or do not."""
    left = [None] * times

    def on_set(key: str, arrive: Arrive) -> None:
        if key != HEAD and left:
            left.pop()
            if arrives:
                arrive()
            raise ConnectionError("the supervisor is away")
        arrive()

    store.on_set = on_set


# Which writes count.


def test_a_task_instance_that_was_replaced_finds_nothing_and_may_begin_nothing(store: TaskStore) -> None:
    (entry,) = a_try(store).get_or_create(entries_of(1))
    before, store.replaced = dict(store.values), True
    zombie = a_try(store)
    assert zombie.get([entry.key]) == {}
    for _ in range(2):
        with pytest.raises(LedgerFailed, match="404"):
            zombie.get_or_create([entry])
    assert store.values == before


def test_a_task_instance_that_is_replaced_on_its_way_may_mark_nothing_more(store: TaskStore) -> None:
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


def test_a_begin_writes_before_it_answers_even_if_all_is_on_record(store: TaskStore) -> None:
    entries = a_try(store).get_or_create(entries_of(1, 2))
    store.sets.clear()
    assert a_try(store).get_or_create(entries) == entries
    assert store.sets == [HEAD]


@pytest.mark.parametrize("arrives", [False, True])
@pytest.mark.parametrize("state", ["sent", "unknown", "planned", "booked"])
def test_a_mark_whose_write_raised_is_not_believed_until_it_is_written_again(
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
    (marked,) = ledger.update([changed(other, "review")])
    assert isinstance(marked, Entry)
    expected = ["planned" if state == "sent" else state, "review"]
    assert states(ledger, entry, other) == states(a_try(store), entry, other) == expected


def test_a_row_that_went_back_after_a_failed_write_can_be_marked_again(store: TaskStore) -> None:
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


@pytest.mark.parametrize("failed", [True, False], ids=["failed", "slow"])
def test_a_write_that_arrives_late_undoes_nothing(store: TaskStore, failed: bool) -> None:
    """What carries it repeats a write after a second, and the first of the two may be the last to arrive."""
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
    for complaint in ("/0 may not be", "head may not be"):
        with pytest.raises(LedgerFailed, match=complaint):
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


FATES = st.sampled_from(["calm"] * 4 + ["lost", "unanswered", "failed and late", "slow and late", "crash"])
STATES = st.sampled_from(["sent", "sent", "unknown", "planned", "booked"])
ARRIVES: st.SearchStrategy[Any] = st.booleans()
WISHES = st.lists(st.tuples(st.integers(0, 5), STATES), max_size=4)
STEPS = st.lists(st.tuples(WISHES, st.lists(FATES, max_size=3)), max_size=25)


@given(STEPS, st.data())
def test_what_a_call_answered_is_found_by_every_later_try(
    steps: list[tuple[list[tuple[int, State]], list[str]]], data: st.DataObject
) -> None:
    """Whatever becomes of a write: a later try finds the last answer, or what was asked for since and got none."""
    store, clock, late, fates = TaskStore(), Clock(), list[Arrive](), list[str]()

    def on_set(key: str, arrive: Arrive) -> None:
        if late and data.draw(ARRIVES):
            late.pop(0)()
        now = fates.pop(0) if fates else "calm"
        if now in ("calm", "unanswered", "slow and late", "crash"):
            arrive()
        if now in ("failed and late", "slow and late"):
            late.append(arrive)
            clock.now += 1
        if now in ("lost", "unanswered", "failed and late"):
            raise TimeoutError

    store.on_set = on_set
    ledger, answered, open_ = a_try(store, clock), dict[str, Entry](), dict[str, set[str]]()
    for queries, fates[:] in steps:
        if "crash" in fates:  # what is still on its way is turned away: it names a task instance that was replaced
            late.clear()
            ledger = a_try(store, clock)
        try:
            known = {entry.key: entry for entry in ledger.get_or_create(entries_of(*range(6)))}
            answered |= known
            group = [changed(known[f"{number:064x}"], state) for number, state in dict(queries).items()]
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


# What a value may be.


def test_each_value_is_small_and_a_group_is_one_write(store: TaskStore) -> None:
    """The store refuses more than 64 kB; text that grows by being escaped is counted as it is sent."""
    ledger = a_try(store)
    entries = ledger.get_or_create(entries_of(*range(1_000)))
    store.sets.clear()
    ledger.update([changed(entry, "sent", reason="\N{SNOWMAN}" * 20) for entry in entries[:16]])
    assert len([key for key in store.sets if key != HEAD]) <= 2
    ledger.update([changed(entry, "unknown", reason="\N{SNOWMAN}" * 200) for entry in entries[16:]])
    assert states(a_try(store), *entries) == ["sent"] * 16 + ["unknown"] * 984


@pytest.mark.parametrize("reason", ["x" * 60_000, "\N{SNOWMAN}" * 10_000, "half a pair: \ud800"])
def test_a_row_that_no_value_can_hold_fails_alone(store: TaskStore, reason: str) -> None:
    ledger = a_try(store)
    entries = ledger.get_or_create(entries_of(1, 2))
    failed, marked = ledger.update([changed(entries[0], "unknown", reason=reason), changed(entries[1], "sent")])
    assert isinstance(failed, LedgerFailed)
    assert isinstance(marked, Entry)
    with pytest.raises(LedgerFailed, match="entry"):
        ledger.get_or_create([an_entry(3, reason=reason)])
    assert states(ledger, *entries, an_entry(3)) == ["planned", "sent", "absent"]


@pytest.mark.parametrize(
    ("key", "value", "complaint"),
    [
        (HEAD, "mine", "head .* not as this package writes it"),
        (HEAD, {"pages": 1}, "head .* not as this package writes it"),
        (HEAD, {"version": 1, "pages": "1"}, "head .* not as this package writes it"),
        (HEAD, {"version": 2, "pages": 1}, "head has version 2, .* reads 1: run the newer one"),
        (FIRST, [1, 2], "/0 .* not as this package writes it"),
        (FIRST, {"version": 3, "entries": []}, "/0 has version 3"),
        (FIRST, {"version": 1}, "/0 .* not as"),
        (FIRST, {"version": 1, "entries": ["x"]}, "/0 .* not as"),
        (FIRST, {"version": 1, "entries": [{"key": "k"}]}, "/0 .* not as"),
        (
            FIRST,
            {"version": 1, "entries": [{"key": "k", "purpose": "p", "version": "m", "state": "x"}]},
            "/0 .* not as",
        ),
        (
            FIRST,
            {"version": 1, "entries": [{"key": "k", "purpose": "p", "version": "m", "query": "x"}]},
            "/0 .* not as",
        ),
    ],
)
def test_what_is_not_ours_is_refused_and_left_as_it_is(store: TaskStore, key: str, value: Any, complaint: str) -> None:
    a_try(store).get_or_create(entries_of(1))
    store.values[key] = json.dumps(value)
    for _ in range(2):
        ledger = a_try(store)
        with pytest.raises(LedgerFailed, match=complaint):
            ledger.get([an_entry().key])
        with pytest.raises(LedgerFailed, match=complaint):
            ledger.get_or_create(entries_of(2))
    assert json.loads(store.values[key]) == value


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


def test_a_head_whose_write_failed_is_written_with_the_next_mark(store: TaskStore) -> None:
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


def test_more_leads_than_the_store_is_meant_for_are_refused_before_anything_is_sent(store: TaskStore) -> None:
    ledger = a_try(store)
    entries = ledger.get_or_create(entries_of(*range(MOST_LEADS)))
    store.sets.clear()
    with pytest.raises(LedgerFailed, match=r"25000 leads .* set ledger_conn_id"):
        ledger.get_or_create(entries_of(0, MOST_LEADS))
    assert store.sets == []
    assert isinstance(ledger.update([changed(entries[0], "sent")])[0], Entry)


def test_a_mark_of_what_was_never_begun_is_refused(store: TaskStore) -> None:
    (answer,) = a_try(store).update([changed(an_entry(), "sent")])
    assert isinstance(answer, LedgerFailed)


def test_a_meeting_stands_in_one_row_only_for_a_later_try_as_well(store: TaskStore) -> None:
    entries = a_try(store).get_or_create(entries_of(1, 2))
    a_try(store).update([changed(entries[0], "booked", meeting_id="m")])
    (answer,) = a_try(store).update([changed(entries[1], "booked", meeting_id="m")])
    assert isinstance(answer, MeetingTaken)


# What it costs.


def test_a_look_writes_nothing_and_a_mark_that_was_overtaken_neither(store: TaskStore) -> None:
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
    """Marked one by one, which is the worst case; what is read at the start is three values and the pages."""
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


# In a batch.


def book(store: TaskStore, chili: FakeChiliPiper, *numbers: int, **settings: Any) -> KeptBatch:
    @asynccontextmanager
    async def open_runtime() -> AsyncIterator[BatchRuntime]:
        yield BatchRuntime(chili, RateLimiter(None), a_try(store))

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


def test_a_store_that_goes_away_halfway_lets_nobody_be_invited_without_a_mark(store: TaskStore) -> None:
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


def test_rows_hold_no_e_mails(store: TaskStore) -> None:
    book(store, FakeChiliPiper(booking={1: errors.NoAnswer("lost")}), 0, 1)
    assert [
        value for value in store.values.values() if "@" in value.replace("meeting-1-of-lead0@example.com", "")
    ] == []


def test_the_first_of_equals_is_begun(store: TaskStore) -> None:
    first, second = an_entry(1, guest="first"), replace(an_entry(1), guest="second")
    assert a_try(store).get_or_create([first, second]) == [first, first]
