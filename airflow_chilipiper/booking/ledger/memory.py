"""A ledger in memory."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from threading import Lock

from airflow_chilipiper.booking.ledger.entry import STATES, MeetingTaken, Overtaken, Row, State, may_replace
from airflow_chilipiper.booking.ledger.store import Answer, page_of


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
