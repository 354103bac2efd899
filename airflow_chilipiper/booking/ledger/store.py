"""What a ledger can do, wherever it lives."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import islice
from typing import Protocol

from airflow_chilipiper.booking.ledger.entry import STATES, Conflict, Entry, LedgerFailed, MeetingTaken, State

Answer = Entry | Conflict | MeetingTaken | LedgerFailed


class Ledger(Protocol):
    """Where entries live. Each call is one transaction, durable once it returns; all may raise LedgerFailed."""

    def get_or_create(self, entries: Sequence[Entry], /) -> Sequence[Entry]:
        """What is on record for these keys; what was absent is inserted as given."""

    def update(self, entries: Sequence[Entry], /) -> Sequence[Answer]:
        """Change each entry if its version is still the one that was read, and say of each what came of it."""

    def get(self, keys: Collection[str], /) -> Mapping[str, Entry]:
        """What is on record, and nothing else."""

    def list(
        self,
        *,
        states: Collection[State] = STATES,
        purpose: str | None = None,
        after_key: str | None = None,
        limit: int = 500,
    ) -> Sequence[Entry]:
        """Entries in key order, from the one after *after_key* on; fewer than *limit* means that these are the last."""


def pages(
    ledger: Ledger, *, states: Collection[State] = STATES, purpose: str | None = None, limit: int = 500
) -> Iterator[Sequence[Entry]]:
    """All such entries, *limit* at a time; a page is asked for when the one before it has been dealt with."""
    after = None
    while page := ledger.list(states=states, purpose=purpose, after_key=after, limit=limit):
        yield page
        if len(page) < limit:
            return
        after = page[-1].key


def page_of(
    entries: Mapping[str, Entry], states: Collection[State], purpose: str | None, after_key: str | None, limit: int
) -> Sequence[Entry]:
    """What `Ledger.list` answers where all entries are at hand."""
    fitting = (
        entry
        for _, entry in sorted(entries.items())
        if entry.state in states and purpose in (None, entry.purpose) and entry.key > (after_key or "")
    )
    return list(islice(fitting, limit))
