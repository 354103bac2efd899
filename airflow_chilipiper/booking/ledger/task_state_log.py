"""Rows in a store that can only get and set a key: a log in pages, to which every change of an entry is appended.

The last record of an entry holds, so the order of the leads does not matter and a crash loses nothing that was written.
What carries a write repeats it when it takes too long, and the first of the two may arrive late, over newer values. So
a page whose write failed or was slow is only ever written again word for word, and none is changed by another process
than the one that began it: whatever arrives late says what is there already.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import fields
from typing import Any, Protocol
from uuid import uuid4

from airflow_chilipiper.booking.ledger.entry import STATES, Entry, LedgerFailed

PREFIX = "__chilipiper__/"
HEAD = f"{PREFIX}head"
VERSION = 1
MOST_BYTES = 60_000  # of a value; Airflow takes 65,535
SINGLE_ATTEMPT = 0.5  # Airflow waits for a second before it repeats a write
DEFAULTS = {field.name: field.default for field in fields(Entry) if field.name != "replaces"}

Record = dict[str, Any]


class Store(Protocol):
    """Airflow's `context["task_state_store"]`, as far as it is needed. An absent key is None."""

    def get(self, key: str, /) -> Any: ...

    def set(self, key: str, value: Any, /, *, retention: Any) -> None: ...


class TaskStateLog:
    """The pages, for one process at a time; `retention` is the store's own word for never.

    The head counts the pages that were written for certain, so that one which is gone is missed.
    """

    def __init__(self, store: Store, *, retention: Any, clock: Callable[[], float] = time.monotonic) -> None:
        self._store, self._retention, self._clock = store, retention, clock
        self._counted, self._page, self._records = 0, -1, list[Record]()
        self._size, self._is_due, self._is_closed = 0, False, True

    def entries(self) -> dict[str, Entry]:
        """The last word on each entry; writes nothing."""
        return self._read(self._pages_counted())[1]

    def open(self) -> dict[str, Entry]:
        """The last word on each entry, for one who is going to append.

        To a task instance that was replaced, or past a proxy that has lost its way, every key is absent. So this
        writes first, and reads that back last.
        """
        self._counted = self._pages_counted()
        head = {"version": VERSION, "pages": self._counted, "opened": uuid4().hex}
        self._set(HEAD, head)
        pages, entries = self._read(self._counted)
        if self._get(HEAD) != head:
            raise LedgerFailed(
                f"{HEAD} is not there as it was just written: either this task instance was replaced,"
                " or another one writes for it too"
            )
        self._page = pages - 1
        return entries

    def append(self, entries: Sequence[Entry]) -> None:
        """At least one entry, durable once this returns. If it raises, any of them may be on record, now or later."""
        records = [record_of(entry) for entry in entries]
        for record in records:
            size = _size(record)
            if self._is_closed or self._size + size > MOST_BYTES:
                self._turn()
            self._records.append(record)
            self._size += size
            self._is_due = True
        self._write()

    def _turn(self) -> None:
        """To the next page. What this one still lacks is written again first, so that no page is missing."""
        if self._is_due:
            self._write()
        self._page += 1
        self._records, self._size, self._is_closed = [], _size(_page([])), False

    def _write(self) -> None:
        was_closed, self._is_closed = self._is_closed, True
        began = self._clock()
        self._set(_key(self._page), _page(self._records))
        self._is_closed = was_closed or self._clock() - began > SINGLE_ATTEMPT
        self._is_due = False
        if self._counted <= self._page:
            self._set(HEAD, {"version": VERSION, "pages": self._page + 1})
            self._counted = self._page + 1

    def _pages_counted(self) -> int:
        head = self._get(HEAD)
        pages = 0 if head is None else _checked(HEAD, head).get("pages")
        if not isinstance(pages, int):
            raise _not_ours(HEAD)
        return pages

    def _read(self, counted: int) -> tuple[int, dict[str, Entry]]:
        """How many pages there are, and the last word on each entry."""
        number, entries = 0, dict[str, Entry]()
        while (page := self._get(_key(number))) is not None:
            entries.update({entry.key: entry for entry in _entries_of(_key(number), page)})
            number += 1
        if number < counted:
            raise LedgerFailed(
                f"{_key(number)} is gone, of {counted} pages: without it nobody knows whom an earlier try invited"
            )
        return number, entries

    def _get(self, key: str) -> Any:
        try:
            return self._store.get(key)
        except Exception as error:
            raise LedgerFailed(f"{key} cannot be read from the task state store: {_why(error)}") from error

    def _set(self, key: str, value: Any) -> None:
        try:
            self._store.set(key, value, retention=self._retention)
        except Exception as error:
            raise LedgerFailed(f"{key} may not be in the task state store: {_why(error)}") from error


def record_of(entry: Entry) -> Record:
    """What of the entry is not as it is by default; LedgerFailed if no page would take it."""
    record = {name: getattr(entry, name) for name, default in DEFAULTS.items() if getattr(entry, name) != default}
    if _size(record) + _size(_page([])) > MOST_BYTES:
        raise LedgerFailed(f"an entry of {_size(record)} bytes does not fit the task state store")
    try:
        json.dumps(record, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, TypeError) as error:
        raise LedgerFailed(f"an entry cannot be stored: {_why(error)}") from error
    return record


def _entries_of(key: str, page: Any) -> list[Entry]:
    records = _checked(key, page).get("entries")
    try:
        entries = [Entry(**record) for record in records]  # type: ignore[union-attr]
    except TypeError as odd:
        raise _not_ours(key) from odd
    if any(entry.state not in STATES for entry in entries):
        raise _not_ours(key)
    return entries


def _checked(key: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict) or not isinstance(value.get("version"), int):
        raise _not_ours(key)
    if (version := value["version"]) != VERSION:
        raise LedgerFailed(
            f"{key} has version {version}, and this airflow-provider-chilipiper reads {VERSION}: run the newer one"
        )
    return value


def _not_ours(key: str) -> LedgerFailed:
    return LedgerFailed(f"{key} in the task state store is not as this package writes it; it is left as it is")


def _page(records: list[Record]) -> dict[str, Any]:
    return {"version": VERSION, "entries": records}


def _key(number: int) -> str:
    return f"{PREFIX}{number}"


def _size(value: Any) -> int:
    """As Airflow counts and stores it: escaped, with a space after each comma. The two bytes are the comma's."""
    return len(json.dumps(value)) + 2


def _why(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:300]
