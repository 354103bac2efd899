"""What every ledger promises: which change of an entry takes, and that a meeting stands in one entry only."""

from __future__ import annotations

from dataclasses import replace

import pytest

from airflow_chilipiper.booking.ledger.entry import (
    STATES,
    TRANSITIONS,
    Conflict,
    Entry,
    MeetingTaken,
    State,
    may_replace,
)
from airflow_chilipiper.booking.ledger.store import Ledger
from tests.entries import changed
from tests.integration.ledger.every_ledger.conftest import an_entry


def test_a_change_that_read_the_current_version_takes(ledger: Ledger) -> None:
    (entry,) = ledger.get_or_create([an_entry()])
    sent = changed(entry, "sent", attempt=1)
    assert [answer.version for answer in ledger.update([sent]) if isinstance(answer, Entry)] == [sent.version]
    assert ledger.get([entry.key])[entry.key].state == "sent"


@pytest.mark.parametrize("state", ["planned", "sent", "unknown", "review", "abandoned"])
def test_a_change_that_read_an_older_version_conflicts_and_is_answered_by_what(ledger: Ledger, state: State) -> None:
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


def test_of_two_leads_with_one_key_in_one_group_one_conflicts(ledger: Ledger) -> None:
    (entry,) = ledger.get_or_create([an_entry()])
    first, second = ledger.update([changed(entry, "sent", sender="1"), changed(entry, "sent", sender="2")])
    assert isinstance(first, Entry)
    assert isinstance(second, Conflict)
    assert second.entry.sender == "1"


@pytest.mark.parametrize("change", TRANSITIONS)
@pytest.mark.parametrize("stale", [False, True], ids=["of the current version", "of another version"])
def test_every_ledger_guards_its_entries_as_the_table_of_transitions_says(
    ledger: Ledger, change: str, stale: bool
) -> None:
    """From whatever state: the guard in SQL is separate from `may_replace`, and says the same."""
    entries = ledger.get_or_create([an_entry(key, state=state) for key, state in zip("abcdef", STATES, strict=True)])
    read = [replace(entry, version="another") if stale else entry for entry in entries]
    changes = [changed(entry, TRANSITIONS[change].to) for entry in read]
    answers = ledger.update(changes)
    assert [isinstance(answer, Entry) for answer in answers] == list(map(may_replace, entries, changes))
