"""What a ledger can do, wherever it lives."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import islice
from typing import Protocol

from airflow_chilipiper.api.runtime import World
from airflow_chilipiper.booking.ledger.entry import STATES, LedgerFailed, MeetingTaken, Overtaken, Row, State

Answer = Row | Overtaken | MeetingTaken | LedgerFailed


class Ledger(Protocol):
    """Where rows live. Each call is one transaction, durable once it returns; all may raise LedgerFailed."""

    def begin(self, rows: Sequence[Row], /) -> Sequence[Row]:
        """What is on record for these keys; what was absent is inserted as given."""

    def mark(self, rows: Sequence[Row], /) -> Sequence[Answer]:
        """Change each row if its mark is still the one that was read, and say of each what came of it."""

    def look(self, keys: Collection[str], /) -> Mapping[str, Row]:
        """What is on record, and nothing else."""

    def list(
        self,
        *,
        states: Collection[State] = STATES,
        purpose: str | None = None,
        after_key: str | None = None,
        limit: int = 500,
    ) -> Sequence[Row]:
        """Rows in key order, from the one after *after_key* on; fewer than *limit* means that these are the last."""


def pages(
    ledger: Ledger, *, states: Collection[State] = STATES, purpose: str | None = None, limit: int = 500
) -> Iterator[Sequence[Row]]:
    """All such rows, *limit* at a time; a page is asked for when the one before it has been dealt with."""
    after = None
    while page := ledger.list(states=states, purpose=purpose, after_key=after, limit=limit):
        yield page
        if len(page) < limit:
            return
        after = page[-1].key


def page_of(
    rows: Mapping[str, Row], states: Collection[State], purpose: str | None, after_key: str | None, limit: int
) -> Sequence[Row]:
    """What `Ledger.list` answers where all rows are at hand."""
    fitting = (
        row
        for _, row in sorted(rows.items())
        if row.state in states and purpose in (None, row.purpose) and row.key > (after_key or "")
    )
    return list(islice(fitting, limit))


class RecordingWorld(World, Protocol):
    """A world with a ledger."""

    async def begin(self, row: Row, /) -> Row: ...

    async def mark(self, row: Row, /) -> Row:
        """Durable once it returns; else raises Overtaken, MeetingTaken or LedgerFailed."""
