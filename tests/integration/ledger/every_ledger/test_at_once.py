"""What every ledger promises to runs that use it at the same time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from threading import Barrier, Thread
from typing import Any

from airflow_chilipiper.booking.ledger.entry import (
    Conflict,
    Entry,
)
from airflow_chilipiper.booking.ledger.store import Ledger
from tests.entries import changed
from tests.integration.ledger.every_ledger.conftest import an_entry

RUNS = 8


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
