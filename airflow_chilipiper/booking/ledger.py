"""What is on record about each (purpose, lead), and how it may change.

Every row carries a mark, a random id that is new with each change. A change names the mark that it read and brings its
own; whoever finds another mark there was overtaken. `booked` needs no such comparison: a meeting is a fact, whoever
brings it, and only a meeting already on record stands against it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from secrets import token_hex
from threading import Lock
from typing import Any, Literal, Protocol, get_args

from airflow_chilipiper.api.world import World

State = Literal["planned", "sent", "unknown", "review", "booked", "abandoned"]
STATES: tuple[State, ...] = get_args(State)


@dataclass(frozen=True, kw_only=True)
class Row:
    """One (purpose, lead) on record. Times are seconds since 1970; `guest` and `pattern` are hashes.

    `sender` is the task instance and try that marked it `sent`, `slot` the start as sent, `policy` what may be done
    without evidence ("hold": nothing) and `count_from` from when its absence counts. `guest` is who was asked for, and
    `invited` whom the offer named; `released` is the meeting that this row was set free from.
    """

    key: str
    purpose: str
    mark: str
    state: State = "planned"
    attempt: int = 0
    sender: str = ""
    session: str | None = None
    slot: str | None = None
    sent_at: float | None = None
    count_from: float | None = None
    meeting_id: str | None = None
    booked_at: float | None = None
    policy: str = "hold"
    reason: str = ""
    guest: str = ""
    invited: str = ""
    released: str | None = None
    pattern: str = ""
    replaces: str | None = None

    def to(self, state: State, **facts: Any) -> Row:
        """This row after a change: another mark, which is to replace the one that was read."""
        return replace(self, state=state, mark=new_mark(), replaces=self.mark, **facts)


def new_mark() -> str:
    return token_hex(16)


class LedgerFailed(Exception):
    """The ledger could not be asked, or did not answer: what was marked may or may not be on record."""


class Unfit(LedgerFailed):
    """The ledger does not take this row's values; the other rows of its group are not to blame."""


class Overtaken(Exception):
    """Somebody else changed this row since we read it; `row` is what stands there now."""

    def __init__(self, row: Row) -> None:
        super().__init__(f"another run changed this lead's row to {row.state}")
        self.row = row


class MeetingTaken(Exception):
    """The meeting is on record for another lead."""


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


class RecordingWorld(World, Protocol):
    """A world with a ledger."""

    async def begin(self, row: Row, /) -> Row: ...

    async def mark(self, row: Row, /) -> Row:
        """Durable once it returns; else raises Overtaken, MeetingTaken or LedgerFailed."""


class MemoryLedger:
    """A ledger that dies with its process: for tests, and for a first try that is told so."""

    def __init__(self) -> None:
        self._rows: dict[str, Row] = {}
        self._holders: dict[str, str] = {}
        self._lock = Lock()

    def begin(self, rows: Sequence[Row], /) -> Sequence[Row]:
        with self._lock:
            return [self._rows.setdefault(row.key, row) for row in rows]

    def mark(self, rows: Sequence[Row], /) -> Sequence[Answer]:
        with self._lock:
            return [self._mark(row) for row in rows]

    def look(self, keys: Collection[str], /) -> Mapping[str, Row]:
        with self._lock:
            return {key: self._rows[key] for key in keys if key in self._rows}

    def list(
        self,
        *,
        states: Collection[State] = STATES,
        purpose: str | None = None,
        after_key: str | None = None,
        limit: int = 500,
    ) -> Sequence[Row]:
        with self._lock:
            return page_of(self._rows, states, purpose, after_key, limit)

    def _mark(self, row: Row) -> Row | Overtaken | MeetingTaken:
        current = self._rows[row.key]
        if not may_replace(current, row):
            return Overtaken(current)
        if row.meeting_id and self._is_held(row.meeting_id, row.key):
            return MeetingTaken(row.meeting_id)
        self._rows[row.key] = row
        if row.meeting_id:
            self._holders[row.meeting_id] = row.key
        return row

    def _is_held(self, meeting_id: str, key: str) -> bool:
        holder = self._holders.get(meeting_id, key)
        return holder != key and self._rows[holder].meeting_id == meeting_id


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


def may_replace(current: Row, row: Row) -> bool:
    """The guard of every transition."""
    if row.state == "booked":
        return current.state != "booked"
    return current.mark == row.replaces
