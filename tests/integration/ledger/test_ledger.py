"""What every ledger promises: one suite, run over memory, a SQLite file, Postgres and MariaDB."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import pytest
import sqlalchemy as sa

from airflow_chilipiper.booking.ledger.entry import (
    STATES,
    TRANSITIONS,
    Conflict,
    Entry,
    MeetingTaken,
    State,
    may_replace,
    new_version,
)
from airflow_chilipiper.booking.ledger.memory import MemoryLedger
from airflow_chilipiper.booking.ledger.sql.ledger import SqlLedger
from airflow_chilipiper.booking.ledger.store import Ledger, pages
from tests.entries import changed

RUNS = 8


def an_entry(key: str = "a", **facts: Any) -> Entry:
    return Entry(key=key * 64, purpose="spring", version=new_version(), **facts)


@pytest.fixture(params=["memory", "sqlite", "postgres", "mariadb"])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], Ledger]]:
    """Opens the same ledger again and again, each time as another run would; it is empty at first."""
    memory, engines = MemoryLedger(), list[sa.engine.Engine]()
    url = f"sqlite:///{tmp_path}/ledger.db"
    if request.param in ("postgres", "mariadb"):
        url = request.getfixturevalue(f"shared_{request.param}_url")

    def open_() -> Ledger:
        if request.param == "memory":
            return memory
        engines.append(sa.create_engine(url, hide_parameters=True))
        ledger = SqlLedger(engines[-1])
        ledger.create()
        if len(engines) == 1:
            with engines[0].begin() as db:
                db.exec_driver_sql("delete from chilipiper_ledger")
        return ledger

    yield open_
    for engine in engines:
        engine.dispose()


@pytest.fixture
def ledger(opened: Callable[[], Ledger]) -> Ledger:
    return opened()


def beside_each_other(*works: Callable[[], Any]) -> list[Any]:
    """All at once in threads of their own; what each answered."""
    start, answers = Barrier(len(works)), [None] * len(works)

    def run(at: int) -> None:
        start.wait()
        answers[at] = works[at]()

    threads = [Thread(target=run, args=(at,)) for at in range(len(works))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return answers


def test_what_is_absent_is_inserted_as_given(ledger: Ledger) -> None:
    entry = an_entry(guest="g", pattern="p")
    assert ledger.get_or_create([entry]) == [entry]
    assert ledger.get([entry.key]) == {entry.key: entry}


def test_what_is_on_record_stays_and_is_answered(ledger: Ledger, opened: Callable[[], Ledger]) -> None:
    (first,) = ledger.get_or_create([an_entry()])
    assert opened().get_or_create([an_entry(guest="another")]) == [first]


def test_get_or_create_answers_many_entries_in_their_order_and_a_key_that_comes_twice_once(ledger: Ledger) -> None:
    known = ledger.get_or_create([an_entry("c")])[0]
    entries = [an_entry(key) for key in "zcaaz"]
    z, c, a, again, z_again = ledger.get_or_create(entries)
    assert (z, c, a, again, z_again) == (entries[0], known, entries[2], entries[2], entries[0])


def test_a_thousand_entries_are_one_call(ledger: Ledger) -> None:
    entries = [replace(an_entry(), key=f"{number:064}") for number in range(1_200)]
    assert ledger.get_or_create(entries) == entries
    assert len(ledger.get([entry.key for entry in entries])) == 1_200


def test_a_look_reads_only(ledger: Ledger) -> None:
    entry = an_entry()
    assert ledger.get([entry.key]) == ledger.get([]) == {}
    ledger.get_or_create([entry])
    assert ledger.get([entry.key, "b" * 64]) == {entry.key: entry}


def test_every_field_comes_back_as_it_was_written(ledger: Ledger, opened: Callable[[], Ledger]) -> None:
    (entry,) = ledger.get_or_create([an_entry()])
    full = changed(
        entry,
        "booked",
        attempt=3,
        sender="dag/run/tâche/1",
        session="session",
        slot="2026-11-03T09:30:00+01:00",
        sent_at=1_793_577_600.123456,
        no_effect_after=1_793_577_700.5,
        meeting_id="meeting",
        booked_at=1_793_577_601.25,
        policy="rebook",
        reason="because; of 'that' \N{SNOWMAN}",
        guest="g" * 64,
        pattern="p" * 64,
    )
    ledger.update([full])
    stored = opened().get([entry.key])[entry.key]
    assert replace(stored, replaces=None) == replace(full, replaces=None)


def test_a_list_goes_by_state_and_purpose_in_key_order(ledger: Ledger) -> None:
    entries = ledger.get_or_create(
        [replace(an_entry(key), purpose=purpose) for key, purpose in zip("dbac", "xyxx", strict=True)]
    )
    ledger.update([changed(entries[0], "sent"), changed(entries[1], "sent"), changed(entries[2], "review")])

    def keys(**choice: Any) -> str:
        return "".join(entry.key[0] for entry in ledger.list(**choice))

    assert keys() == "abcd"
    assert keys(states=["sent"]) == "bd"
    assert keys(states=("sent", "review"), purpose="x") == "ad"
    assert keys(purpose="y") == "b"
    assert keys(purpose="Y") == keys(purpose="") == keys(states=()) == ""
    assert ledger.list(states=["planned"]) == [entries[3]]


def test_a_list_comes_in_pages_that_miss_and_repeat_nothing(ledger: Ledger) -> None:
    """Though entries that were listed have changed their state by the time of the next page."""
    keys = [f"{number:x}".rjust(64, "0") for number in range(25)]
    entries = ledger.get_or_create([replace(an_entry(), key=key) for key in reversed(keys)])
    ledger.update([changed(entry, "unknown") for entry in entries])
    seen: list[str] = []
    sizes: list[int] = []
    while not sizes or sizes[-1] == 10:
        page = ledger.list(states=["unknown"], after_key=seen[-1] if seen else None, limit=10)
        ledger.update([changed(entry, "review") for entry in page])
        seen += [entry.key for entry in page]
        sizes.append(len(page))
    assert (seen, sizes) == (keys, [10, 10, 5])
    assert [entry.key for entry in ledger.list(after_key=keys[4], limit=3)] == keys[5:8]


@pytest.mark.parametrize(("count", "sizes"), [(0, []), (20, [10, 10]), (25, [10, 10, 5])])
def test_all_pages_hold_each_entry_once(ledger: Ledger, count: int, sizes: list[int]) -> None:
    """Those of other states and purposes are left out."""
    keys = [f"{number:x}".rjust(64, "0") for number in range(count)]
    ledger.get_or_create([an_entry("e", state="sent"), replace(an_entry("f"), purpose="autumn")])
    ledger.get_or_create([replace(an_entry(), key=key) for key in keys])
    found = list(pages(ledger, states=["planned"], purpose="spring", limit=10))
    assert [entry.key for page in found for entry in page] == keys
    assert [len(page) for page in found] == sizes


def test_a_change_that_read_the_current_version_takes(ledger: Ledger) -> None:
    (entry,) = ledger.get_or_create([an_entry()])
    sent = changed(entry, "sent", attempt=1)
    assert [answer.version for answer in ledger.update([sent]) if isinstance(answer, Entry)] == [sent.version]
    assert ledger.get([entry.key])[entry.key].state == "sent"


@pytest.mark.parametrize("state", ["planned", "sent", "unknown", "review", "abandoned"])
def test_a_change_that_read_an_older_version_is_overtaken_and_answered_by_what(ledger: Ledger, state: State) -> None:
    (entry,) = ledger.get_or_create([an_entry()])
    ledger.update([changed(entry, "sent", sender="faster")])
    (answer,) = ledger.update([changed(entry, state, sender="slower")])
    assert isinstance(answer, Conflict)
    assert (answer.entry.state, answer.entry.sender) == ("sent", "faster")
    assert ledger.get([entry.key])[entry.key].version == answer.entry.version


@pytest.mark.parametrize("state", ["planned", "sent", "unknown", "review", "abandoned"])
def test_a_meeting_is_a_fact_and_needs_no_comparison(ledger: Ledger, state: State) -> None:
    (entry,) = ledger.get_or_create([an_entry()])
    ledger.update([changed(entry, state)])
    (answer,) = ledger.update([changed(entry, "booked", meeting_id="m")])
    assert isinstance(answer, Entry)
    assert ledger.get([entry.key])[entry.key].meeting_id == "m"


def test_booked_over_booked_is_refused_and_the_first_meeting_stays(ledger: Ledger) -> None:
    (entry,) = ledger.get_or_create([an_entry()])
    ledger.update([changed(entry, "booked", meeting_id="first")])
    (answer,) = ledger.update([changed(entry, "booked", meeting_id="second")])
    assert isinstance(answer, Conflict)
    assert (answer.entry.meeting_id, ledger.get([entry.key])[entry.key].meeting_id) == ("first", "first")


def test_a_meeting_stands_in_one_entry_only_and_the_others_of_the_group_are_updated(ledger: Ledger) -> None:
    entries = ledger.get_or_create([an_entry(key) for key in "abcd"])
    ledger.update([changed(entries[0], "booked", meeting_id="m")])
    group = [
        changed(entries[3], "sent"),
        changed(entries[1], "booked", meeting_id="m"),
        changed(entries[2], "booked", meeting_id="n"),
    ]
    sent, taken, booked = ledger.update(group)
    assert isinstance(taken, MeetingTaken)
    assert [answer.version for answer in (sent, booked) if isinstance(answer, Entry)] == [
        group[0].version,
        group[2].version,
    ]
    states = {entry.key[0]: entry.state for entry in ledger.get([entry.key for entry in entries]).values()}
    assert states == {"a": "booked", "b": "planned", "c": "booked", "d": "sent"}


def test_two_of_one_group_with_one_meeting_id_do_not_both_get_it(ledger: Ledger) -> None:
    entries = ledger.get_or_create([an_entry(key) for key in "ab"])
    answers = ledger.update([changed(entry, "booked", meeting_id="m") for entry in entries])
    assert sorted(type(answer).__name__ for answer in answers) == ["Entry", "MeetingTaken"]


def test_a_meeting_that_was_released_can_be_named_again(ledger: Ledger) -> None:
    entries = ledger.get_or_create([an_entry(key) for key in "ab"])
    booked = changed(entries[0], "booked", meeting_id="m")
    ledger.update([booked])
    ledger.update([changed(booked, "planned", meeting_id=None)])
    assert isinstance(ledger.update([changed(entries[1], "booked", meeting_id="m")])[0], Entry)


def test_a_meeting_that_was_named_again_is_taken_for_all_others_and_for_the_first(ledger: Ledger) -> None:
    entries = ledger.get_or_create([an_entry(key) for key in "abc"])
    booked = changed(entries[0], "booked", meeting_id="m")
    released = changed(booked, "planned", meeting_id=None)
    ledger.update([booked])
    ledger.update([released])
    ledger.update([changed(entries[1], "booked", meeting_id="m")])
    answers = ledger.update([changed(each, "booked", meeting_id="m") for each in (released, entries[2])])
    assert [type(answer) for answer in answers] == [MeetingTaken, MeetingTaken]
    assert [entry.meeting_id for entry in ledger.get([entry.key for entry in entries]).values()].count("m") == 1


def test_of_two_leads_with_one_key_in_one_group_one_is_overtaken(ledger: Ledger) -> None:
    (entry,) = ledger.get_or_create([an_entry()])
    first, second = ledger.update([changed(entry, "sent", sender="1"), changed(entry, "sent", sender="2")])
    assert isinstance(first, Entry)
    assert isinstance(second, Conflict)
    assert second.entry.sender == "1"


def test_runs_that_create_the_same_leads_at_once_all_see_the_same_entries(opened: Callable[[], Ledger]) -> None:
    """Each run has half of its leads in common with its neighbours, in an order of its own."""

    def begins(run: int) -> Callable[[], list[Entry]]:
        keys = [f"{number:064}" for number in range(run * 10, run * 10 + 40)]
        entries = [replace(an_entry(), key=key) for key in (reversed(keys) if run % 2 else keys)]
        ledger = opened()
        return lambda: ledger.get_or_create(entries)

    seen: dict[str, set[str]] = {}
    for entries in beside_each_other(*map(begins, range(RUNS))):
        assert len(entries) == 40
        for entry in entries:
            seen.setdefault(entry.key, set()).add(entry.version)
    assert len(seen) == 10 * RUNS + 30
    assert all(len(updates) == 1 for updates in seen.values())


def test_of_runs_that_update_the_same_entries_at_once_exactly_one_wins_each(opened: Callable[[], Ledger]) -> None:
    ledgers = [opened() for _ in range(RUNS)]
    entries = ledgers[0].get_or_create([an_entry(key) for key in "abcdefgh"])

    def updates(run: int) -> Callable[[], list[Any]]:
        group = [changed(entry, "sent", sender=f"{run}") for entry in (entries if run % 2 else entries[::-1])]
        return lambda: [(entry, answer) for entry, answer in zip(group, ledgers[run].update(group), strict=True)]

    answers = [pair for run in beside_each_other(*map(updates, range(RUNS))) for pair in run]
    winners = [entry for entry, answer in answers if isinstance(answer, Entry)]
    on_record = ledgers[0].get([entry.key for entry in entries])
    assert len(answers) == RUNS * len(entries)
    assert sorted((entry.key, entry.version) for entry in winners) == sorted(
        (entry.key, entry.version) for entry in on_record.values()
    )
    assert all(answer.entry.state == "sent" for _, answer in answers if isinstance(answer, Conflict))


def test_of_two_leads_that_bring_one_meeting_at_once_exactly_one_gets_it(opened: Callable[[], Ledger]) -> None:
    ledgers = [opened() for _ in range(2)]
    entries = ledgers[0].get_or_create([an_entry(key) for key in "ab"])
    booked = [changed(entry, "booked", meeting_id="m") for entry in entries]
    answers = beside_each_other(*(lambda at=at: ledgers[at].update([booked[at]])[0] for at in range(2)))
    assert sorted(type(answer).__name__ for answer in answers) == ["Entry", "MeetingTaken"]


@pytest.mark.parametrize("change", TRANSITIONS)
@pytest.mark.parametrize("stale", [False, True], ids=["of the current version", "of another version"])
def test_every_ledger_guards_its_entries_as_the_table_of_transitions_says(
    ledger: Ledger, change: str, stale: bool
) -> None:
    """From whatever state: the guard in SQL is told apart from `may_replace`, and says the same."""
    entries = ledger.get_or_create([an_entry(key, state=state) for key, state in zip("abcdef", STATES, strict=True)])
    read = [replace(entry, version="another") if stale else entry for entry in entries]
    changes = [changed(entry, TRANSITIONS[change].to) for entry in read]
    answers = ledger.update(changes)
    assert [isinstance(answer, Entry) for answer in answers] == list(map(may_replace, entries, changes))
