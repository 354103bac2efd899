"""Entries in a store that can only get and set a key: a log in pages, to which every change of an entry is appended.

The last record of an entry holds, so the order of the leads does not matter, and a crash loses nothing that was
written. Airflow's client repeats a write that takes too long, and the first of the two may arrive late, over newer
values. So a page whose write failed or was slow is only ever written again word for word, and no process changes a
page that another one began: whatever arrives late is on record already.

A key for each change would be simpler, but the store cannot list its keys and answers 60 times a second at best: a
retry with 1,000 booked leads would take 70 seconds to read them, against half a second for pages.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol
from uuid import uuid4

from airflow_chilipiper.booking.ledger.entry import Entry, LedgerFailed
from airflow_chilipiper.booking.ledger.task_state_page import (
    EMPTY,
    HEAD,
    MOST_BYTES,
    Record,
    entries_in,
    head_with,
    page_key,
    page_with,
    pages_in,
    reason_of,
    record_of,
    size_of,
)

SINGLE_ATTEMPT = 0.5  # Airflow waits for a second before it repeats a write


class Store(Protocol):
    """Airflow's `context["task_state_store"]`, as far as it is needed. An absent key is None."""

    def get(self, key: str, /) -> Any: ...

    def set(self, key: str, value: Any, /, *, retention: Any) -> None: ...


class TaskStateLog:
    """The pages, for one process at a time; `retention` is the store's own word for never.

    The head counts the pages that were written for certain, so that a page that is gone is missed.
    """

    def __init__(self, store: Store, *, retention: Any, clock: Callable[[], float]) -> None:
        self._store, self._retention, self._clock = store, retention, clock
        self._counted, self._page, self._records = 0, -1, list[Record]()
        self._size, self._is_due, self._is_closed = 0, False, True

    def entries(self) -> dict[str, Entry]:
        """The last record of each entry; writes nothing."""
        return self._read(pages_in(self._get(HEAD)))[1]

    def open(self) -> dict[str, Entry]:
        """The last record of each entry, for a process that is going to append.

        A task instance that was replaced finds no key at all, and so does a client behind a broken proxy. So this
        writes first, and reads that back last.
        """
        self._counted = pages_in(self._get(HEAD))
        head = head_with(self._counted, opened=uuid4().hex)
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
        for record in [record_of(entry) for entry in entries]:
            size = size_of(record)
            if self._is_closed or self._size + size > MOST_BYTES:
                self._next_page()
            self._records.append(record)
            self._size += size
            self._is_due = True
        self._write()

    def _next_page(self) -> None:
        """What the page before still lacks is written first, so that no page is missing."""
        if self._is_due:
            self._write()
        self._page += 1
        self._records, self._size, self._is_closed = [], EMPTY, False

    def _write(self) -> None:
        was_closed, self._is_closed = self._is_closed, True
        began = self._clock()
        self._set(page_key(self._page), page_with(self._records))
        self._is_closed = was_closed or self._clock() - began > SINGLE_ATTEMPT
        self._is_due = False
        if self._counted <= self._page:
            self._set(HEAD, head_with(self._page + 1))
            self._counted = self._page + 1

    def _read(self, counted: int) -> tuple[int, dict[str, Entry]]:
        """How many pages there are, and the last record of each entry."""
        number, entries = 0, dict[str, Entry]()
        while (page := self._get(page_key(number))) is not None:
            entries.update({entry.key: entry for entry in entries_in(page, page_key(number))})
            number += 1
        if number < counted:
            raise LedgerFailed(
                f"{page_key(number)} is gone, of {counted} pages: without it nobody knows whom an earlier try invited"
            )
        return number, entries

    def _get(self, key: str) -> Any:
        try:
            return self._store.get(key)
        except Exception as error:
            raise LedgerFailed(f"{key} cannot be read from the task state store: {reason_of(error)}") from error

    def _set(self, key: str, value: Any) -> None:
        try:
            self._store.set(key, value, retention=self._retention)
        except Exception as error:
            raise LedgerFailed(f"{key} may not be in the task state store: {reason_of(error)}") from error
