"""What every ledger promises: entries are created once, come back as written, and are listed in pages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from airflow_chilipiper.booking.ledger.store import Ledger, pages
from tests.entries import changed
from tests.integration.ledger.every_ledger.conftest import an_entry


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


def test_those_of_a_guest_are_found_who_have_or_may_have_a_meeting(ledger: Ledger) -> None:
    """Within the purpose, byte by byte, of as many guests as there are, and of nobody where none is asked for."""
    states = ("planned", "sent", "unknown", "review", "booked", "abandoned")
    entries = ledger.get_or_create([an_entry(key, guest="g") for key in "abcdef"])
    ledger.update(
        [
            changed(entry, state, meeting_id="m" if state == "booked" else None)
            for entry, state in zip(entries, states, strict=True)
        ]
    )
    others = [replace(an_entry("1", guest="g"), purpose="Spring"), an_entry("2", guest="G"), an_entry("3")]
    ledger.update([changed(entry, "sent") for entry in ledger.get_or_create(others)])
    found = ledger.of_guests("spring", ["g", *(f"{number:064}" for number in range(1_200))])
    assert sorted(entry.state for entry in found) == ["booked", "review", "sent", "unknown"]
    assert {entry.key[0] for entry in found} == {"b", "c", "d", "e"}
    assert ledger.of_guests("spring", []) == []


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
