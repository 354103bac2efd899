"""The ledger in Airflow's task state store, where it outlives a retry, a SIGKILL and a clear of its task instance.

Another DAG run, or another task, does not see it.
"""

from __future__ import annotations

import time
from collections import ChainMap
from collections.abc import Callable, Collection, Mapping, Sequence
from threading import Lock
from typing import Any

from airflow_chilipiper.booking.ledger.entry import (
    STATES,
    LedgerFailed,
    MeetingTaken,
    Overtaken,
    Row,
    State,
    may_replace,
)
from airflow_chilipiper.booking.ledger.store import Answer, page_of
from airflow_chilipiper.booking.ledger.task_state_log import RowLog, Store, entry_of

MOST_LEADS = 25_000


class StoredLedger:
    """A ledger of the task instance that *store* belongs to: up to 25,000 leads, and one process at a time.

    What was read or written is remembered, since nobody else writes there: a task instance that was replaced can still
    read, and finds nothing, but its writes fail. Only a write that returned counts.
    """

    def __init__(self, store: Store, *, retention: Any, clock: Callable[[], float] = time.monotonic) -> None:
        self._log = RowLog(store, retention=retention, clock=clock)
        self._rows: dict[str, Row] | None = None
        self._holders: dict[str, str] = {}
        self._overruling: list[Row] = []
        self._lock = Lock()

    def begin(self, rows: Sequence[Row], /) -> Sequence[Row]:
        """What is on record for these keys; what was absent is inserted as given, the first of equals."""
        with self._lock:
            known = self._open()
            absent = {row.key: row for row in reversed(rows) if row.key not in known}
            if absent and len(known) + len(absent) > MOST_LEADS:
                raise LedgerFailed(
                    f"the task state store is meant for {MOST_LEADS} leads of one task instance, and there are more;"
                    " book fewer in one task, or set ledger_conn_id to a database"
                )
            for row in absent.values():
                entry_of(row)
            self._append(known, list(absent.values()))
            return [known[row.key] for row in rows]

    def mark(self, rows: Sequence[Row], /) -> Sequence[Answer]:
        """Change each row if its mark is still the one that was read, and say of each what came of it."""
        with self._lock:
            known = self._open()
            after, holders = ChainMap({}, known), ChainMap({}, self._holders)
            answers = [_change(row, after, holders) for row in rows]
            self._append(known, [answer for answer in answers if isinstance(answer, Row)])
            return answers

    def look(self, keys: Collection[str], /) -> Mapping[str, Row]:
        """What is on record, and nothing else. Before the first `begin` it is read anew each time."""
        with self._lock:
            known = self._known()
            return {key: known[key] for key in keys if key in known}

    def list(
        self,
        *,
        states: Collection[State] = STATES,
        purpose: str | None = None,
        after_key: str | None = None,
        limit: int = 500,
    ) -> Sequence[Row]:
        """Rows in key order, from the one after *after_key* on; fewer than *limit* means that these are the last."""
        with self._lock:
            return page_of(self._known(), states, purpose, after_key, limit)

    def _known(self) -> dict[str, Row]:
        return self._log.rows() if self._rows is None else self._open()

    def _open(self) -> dict[str, Row]:
        if self._rows is None:
            rows = self._log.open()
            self._holders = {row.meeting_id: key for key, row in rows.items() if row.meeting_id}
            self._rows = rows
        if self._overruling:
            self._append(self._rows, [])
        return self._rows

    def _append(self, known: dict[str, Row], rows: Sequence[Row]) -> None:
        """Write *rows*, after what an earlier write that failed has left open.

        Nobody sends after a mark that failed: those rows are written back as they were. All else that a write was to
        record is a fact, and is written again.
        """
        if not (rows := [*self._overruling, *rows]):
            return
        self._overruling = [known.get(row.key, row) if row.state == "sent" else row for row in rows]
        self._log.append(rows)
        self._overruling = []
        known.update({row.key: row for row in rows})
        self._holders.update({row.meeting_id: row.key for row in rows if row.meeting_id})


def _change(row: Row, rows: ChainMap[str, Row], holders: ChainMap[str, str]) -> Answer:
    """Judge one change as if those before it in its group were on record."""
    current = rows.get(row.key)
    if current is None:
        return LedgerFailed("this lead's row is not on record, though it was begun")
    if not may_replace(current, row):
        return Overtaken(current)
    holder = holders.get(row.meeting_id or "", row.key)
    if holder != row.key and rows[holder].meeting_id == row.meeting_id:
        return MeetingTaken(row.meeting_id)
    try:
        entry_of(row)
    except LedgerFailed as unfit:
        return unfit
    rows[row.key] = row
    if row.meeting_id:
        holders[row.meeting_id] = row.key
    return row
