"""Outcome rows as they become known: counted, kept as far as XCom and log show them, and written out in chunks."""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from itertools import islice
from operator import itemgetter
from typing import Any, Protocol

from airflow_chilipiper.api.patterns.opening import NO_LIST
from airflow_chilipiper.booking.outcome import Status
from airflow_chilipiper.warehouse.errors import RowsRefused

LINES = 50
MOST_IN_XCOM = 100
SAMPLE = 10
WRITTEN_AT_ONCE = 500
LONGEST_UNWRITTEN = 10.0  # seconds
LONGEST_AWAY = 60.0  # seconds in which a writer may fail

Row = dict[str, Any]


class Writer(Protocol):
    def append(self, rows: Sequence[Mapping[str, Any]]) -> object: ...


class _Waiting:
    """The rows that one writer has not got yet."""

    def __init__(self, writer: Writer) -> None:
        self.rows: deque[tuple[int, Row]] = deque()
        self.refused: list[tuple[int, str]] = []
        self._writer, self._at_once = writer, WRITTEN_AT_ONCE

    def write(self, *, least: int) -> None:
        """In chunks, as long as there are so many; a chunk that fails stays to be written again.

        If the database refuses a row, chunks get smaller until it stands alone and is set aside.
        """
        while len(self.rows) >= least:
            chunk = list(islice(self.rows, self._at_once))
            try:
                self._writer.append([row for _, row in chunk])
                self._at_once = min(2 * self._at_once, WRITTEN_AT_ONCE)
            except RowsRefused as why:
                if len(chunk) > 1:
                    self._at_once = len(chunk) // 2
                    continue
                self.refused.append((chunk[0][0], str(why)))
            for _ in chunk:
                self.rows.popleft()


class Outcomes:
    """Takes rows from one thread at a time, and does what is slow with them in `write`, for which the taking goes on.

    All rows are remembered, or, where *writers* hold them, only as many as XCom is to show. `without_list` is how many
    have no slot because their answers had no list of slots, though nothing else that was not expected.
    """

    def __init__(
        self, *, writers: Sequence[Writer] = (), keep_all: bool = True, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.counts = Counter[str]()
        self.without_list = 0
        self.troubled: dict[str, list[tuple[int, Row]]] = {}
        self._waiting = [_Waiting(writer) for writer in writers]
        self._keep_all, self._clock = keep_all, clock
        self._rows: dict[int, Row] = {}
        self._sample: list[Row] = []
        self._written_at = clock()
        self._away_since: float | None = None

    def put(self, number: int, row: Row, *, write: bool = True) -> None:
        """Row *number* of the leads has come to this."""
        status = row["status"]
        self.counts[status] += 1
        self.without_list += status == Status.NO_SLOT and NO_LIST in row.get("reason", "")
        if not Status(status).is_success and len(rows := self.troubled.setdefault(status, [])) < MOST_IN_XCOM:
            rows.append((number, row))
        if self._keep_all:
            self._rows[number] = row
        elif len(self._sample) < SAMPLE:
            self._sample.append(row)
        for waiting in self._waiting if write else ():
            waiting.rows.append((number, row))

    def write(self, *, everything: bool = True) -> None:
        """Hand on what is not yet written; in the middle of a run only if there are many rows, or it is a while ago.

        Where a writer fails, the others have written all the same, and it gets the same rows again.
        """
        began = self._clock()
        everything = everything or began - self._written_at >= LONGEST_UNWRITTEN
        with ExitStack() as each:
            for waiting in reversed(self._waiting):
                each.callback(waiting.write, least=1 if everything else WRITTEN_AT_ONCE)
        if everything:
            self._written_at = began

    def write_some(self) -> Exception | None:
        """In mid-run: what fails is answered, and tried again the next time. After a minute it is raised."""
        try:
            self.write(everything=False)
        except Exception as away:
            self._away_since = self._away_since or self._clock()
            if self._clock() - self._away_since >= LONGEST_AWAY:
                raise
            return away
        self._away_since = None
        return None

    @property
    def refused(self) -> list[tuple[int, str]]:
        """The numbers of the rows that a writer's database does not take, and why."""
        return sorted(row for waiting in self._waiting for row in waiting.refused)

    def rows(self) -> list[Row]:
        """All of them, in the order of the leads."""
        return [row for _, row in sorted(self._rows.items())]

    def summary(self) -> dict[str, Any]:
        """The one shape that XCom has for a run whose rows are written elsewhere."""
        return {
            "counts": dict(self.counts),
            "review": self._shown(*(status for status in Status if status.needs_person)),
            "failed": self._shown(*(status for status in Status if status.is_failure)),
            "sample": self._sample,
        }

    def _shown(self, *statuses: str) -> dict[str, Any]:
        rows = sorted((row for status in statuses for row in self.troubled.get(status, ())), key=itemgetter(0))
        total = sum(self.counts[status] for status in statuses)
        return {"total": total, "rows": [row for _, row in rows[:MOST_IN_XCOM]]}
