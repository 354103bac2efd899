"""What a key of the task state store may hold."""

from __future__ import annotations

import json
from typing import Any

import pytest

from airflow_chilipiper.booking.ledger.entry import Entry, LedgerFailed
from tests.entries import changed
from tests.unit.booking.ledger.task_store import (
    FIRST,
    HEAD,
    TaskStore,
    a_try,
    an_entry,
    entries_of,
    states,
)


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
def test_an_entry_that_no_value_can_hold_fails_alone(store: TaskStore, reason: str) -> None:
    ledger = a_try(store)
    entries = ledger.get_or_create(entries_of(1, 2))
    failed, updated = ledger.update([changed(entries[0], "unknown", reason=reason), changed(entries[1], "sent")])
    assert isinstance(failed, LedgerFailed)
    assert isinstance(updated, Entry)
    with pytest.raises(LedgerFailed, match="entry"):
        ledger.get_or_create([an_entry(3, reason=reason)])
    assert states(ledger, *entries, an_entry(3)) == ["planned", "sent", "absent"]


RECORD = {"key": "k", "purpose": "p", "version": "v"}


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        (HEAD, "mine", "head .* not as this package writes it"),
        (HEAD, {"pages": 1}, "head .* not as this package writes it"),
        (HEAD, {"version": 3, "pages": "1"}, "head .* not as this package writes it"),
        (HEAD, {"version": 4, "pages": 1}, r"head .* version 4, .* version 3 alone; .* the newer one here too"),
        (FIRST, [1, 2], "/0 .* not as this package writes it"),
        (FIRST, {"version": 4, "entries": []}, "/0 .* version 4"),
        (FIRST, {"version": 1, "entries": []}, "/0 .* version 1"),
        (FIRST, {"version": 3}, "/0 .* not as"),
        (FIRST, {"version": 3, "entries": ["x"]}, "/0 .* not as"),
        (FIRST, {"version": 3, "entries": [{"key": "k"}]}, "/0 .* not as"),
        (FIRST, {"version": 3, "entries": [RECORD | {"state": "x"}]}, "/0 .* not as"),
        (FIRST, {"version": 3, "entries": [RECORD | {"mark": "x"}]}, "/0 .* not as"),
    ],
)
def test_what_is_not_ours_is_refused_and_left_as_it_is(store: TaskStore, key: str, value: Any, message: str) -> None:
    a_try(store).get_or_create(entries_of(1))
    store.values[key] = json.dumps(value)
    for _ in range(2):
        ledger = a_try(store)
        with pytest.raises(LedgerFailed, match=message):
            ledger.get([an_entry().key])
        with pytest.raises(LedgerFailed, match=message):
            ledger.get_or_create(entries_of(2))
    assert json.loads(store.values[key]) == value


OLDER_HEAD = '{"version": 1, "pages": 1}'
OLDER_PAGE = (
    '{"version": 1, "rows": [{"key": "ONE", "purpose": "spring", "mark": "00000000000000000000000000000000",'
    ' "guest": "NINE", "pattern": "EIGHT"},'
    ' {"key": "ONE", "purpose": "spring", "mark": "c8523984fa04a190653d7c9835586019", "state": "sent", "attempt": 1,'
    ' "sender": "nightly/r/book/-1#1", "session": "s-1", "slot": "2026-11-03T09:30:00Z", "sent_at": 1793700000.5,'
    ' "count_from": 1793700700.5, "guest": "NINE", "invited": "NINE", "pattern": "EIGHT"},'
    ' {"key": "ONE", "purpose": "spring", "mark": "5561e3705b83853c19407e62a4ff1336", "state": "booked", "attempt": 1,'
    ' "sender": "nightly/r/book/-1#1", "session": "s-1", "slot": "2026-11-03T09:30:00Z", "sent_at": 1793700000.5,'
    ' "count_from": 1793700700.5, "meeting_id": "m-1", "booked_at": 1793700001.5, "guest": "NINE", "invited": "NINE",'
    ' "pattern": "EIGHT"}]}'
)
for digit, word in (("1", "ONE"), ("9", "NINE"), ("8", "EIGHT")):
    OLDER_PAGE = OLDER_PAGE.replace(word, digit * 64)


@pytest.mark.parametrize("call", ["get", "list", "get_or_create", "update"])
def test_what_version_1_wrote_is_refused_with_what_to_do(store: TaskStore, call: str) -> None:
    """It has rows for entries, and other names for some of their fields; this one's lead is booked."""
    store.values = {HEAD: OLDER_HEAD, FIRST: OLDER_PAGE}
    given: dict[str, Any] = {"get": ["1" * 64], "get_or_create": [an_entry(1)], "update": [an_entry(1)]}
    with pytest.raises(LedgerFailed, match=r"head .* older .* version 1, .* Install the older one .* or start another"):
        getattr(a_try(store), call)(*[given[call]] if call in given else [])
    assert store.values == {HEAD: OLDER_HEAD, FIRST: OLDER_PAGE}
    assert store.sets == []


def test_a_page_of_version_1_is_refused_though_its_head_is_gone(store: TaskStore) -> None:
    store.values = {FIRST: OLDER_PAGE}
    with pytest.raises(LedgerFailed, match=r"/0 .* older .* version 1"):
        a_try(store).get_or_create([an_entry(1)])
    assert store.values[FIRST] == OLDER_PAGE
