"""The table of outcomes in a warehouse: rows are added to it and never changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from itertools import chain
from typing import Any, NamedTuple

from airflow_chilipiper.arguments.bad_value import BadValue
from airflow_chilipiper.booking.outcome import OUTCOME_FIELDS, Status
from airflow_chilipiper.warehouse.dialect import dialect_of
from airflow_chilipiper.warehouse.errors import WarehouseFailed, describe, unwritten
from airflow_chilipiper.warehouse.session import SqlHook, transaction
from airflow_chilipiper.warehouse.statements import ResultsSql
from airflow_chilipiper.warehouse.values import as_json, as_text

BOOKED = tuple(status.value for status in Status if status.is_meeting)
FETCHED_AT_ONCE = 1000


class Sender(NamedTuple):
    """The task instance, and its try, whose outcomes are written."""

    dag_id: str
    run_id: str
    task_id: str
    map_index: int
    try_number: int

    @classmethod
    def of(cls, ti: Any) -> Sender:
        return cls(ti.dag_id, ti.run_id, ti.task_id, ti.map_index, ti.try_number)


class Known(NamedTuple):
    """What the table shows of a lead that is booked: its last meeting, when that was first written, in UTC, and whether
    by this task instance.
    """

    meeting_id: str
    start_time: str | None
    recorded_at: str
    is_own: bool


COLUMNS = (*OUTCOME_FIELDS, *Sender._fields, "recorded_at")
NUMBERS = ("attempts", "map_index", "try_number")


class ResultsTable:
    """Outcomes of *purpose* in table *name*; *keep* are the columns that are handed through, as texts.

    No try of a task instance writes again what an earlier one has written, if `known` is asked before the first
    `append`. A chunk is one transaction. A database that has none here, as BigQuery, may keep a part of a chunk that
    failed; that part is found when the chunk is appended again. What no look can find: rows that the server commits
    later than that, after it lost us.
    """

    def __init__(
        self,
        hook: SqlHook,
        name: str,
        *,
        purpose: str,
        keep: Sequence[str],
        sender: Sender,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._fields = (*COLUMNS, *keep)
        if len({field.casefold() for field in self._fields}) < len(self._fields):
            raise BadValue(f"keep has {', '.join(keep)}, and the results table itself {', '.join(COLUMNS)}: rename one")
        self._hook, self._purpose, self._sender, self._now = hook, as_text(purpose), sender, now
        self._dialect = dialect_of(hook)
        self._sql = ResultsSql(name, self._fields, numbers=NUMBERS, dialect=self._dialect)
        self._where = f"results table {name!r} over connection {hook.get_conn_id()!r}"
        self._shown: set[int] = set()
        self._earlier: Counter[int] = Counter()
        self._doubtful: str | None = None
        self._last = datetime.min.replace(tzinfo=UTC)

    def prepare(self) -> bool:
        """Make the table if it is missing, and answer whether it was; find out whether rows can be written to it."""
        found, unread = self._look()
        unmade = self._tried(self._sql.make()) if found is None else ""
        if found is None and (found := self._look()[0]) is None:
            raise WarehouseFailed(
                f"the {self._where} cannot be read ({unread}){f', nor be made ({unmade})' if unmade else ''}. Let the"
                f" connection's user make it, or make it yourself: numbers {', '.join(NUMBERS)}; texts"
                f" {', '.join(field for field in self._fields if field not in NUMBERS)}"
            )
        if missing := [field for field in self._fields if field.casefold() not in found]:
            raise BadValue(f"the {self._where} has no column {', '.join(missing)}: add it, or name another table")
        if unwritable := self._tried(self._sql.try_to_write()):
            raise WarehouseFailed(f"the {self._where} takes no rows: {unwritable}")
        return bool(unread) and not unmade

    def known(self, keys: Collection[str]) -> dict[str, Known]:
        """Those of *keys* that the table shows as booked for this purpose.

        It also learns which rows this task instance has written, so that `append` writes none of them again.
        """
        known: dict[str, Known] = {}
        stamps: dict[str, str] = {}  # a whole chunk has the same
        self._shown, self._earlier = set(), Counter()
        sender = self._sender[:-1]
        for purpose, key, status, meeting, start, recorded, is_own in self._read(
            self._sql.known(BOOKED), (*sender, self._purpose, *sender)
        ):
            if purpose != self._purpose:  # as a database may answer for which Q3 is q3
                continue
            if is_own:
                self._earlier[_fingerprint(key, status, meeting)] += 1
            if status in BOOKED and meeting and key in keys:
                self._shown.add(_fingerprint(key, "booked", meeting))
                if key not in known or known[key].meeting_id != meeting:
                    since = recorded or self._stamp()  # none in a row of somebody else's
                    known[key] = Known(meeting, start, stamps.setdefault(since, since), bool(is_own))
        return known

    def append(self, rows: Sequence[Mapping[str, Any]]) -> int:
        """Write those of these outcome rows that do not stand in the table yet, and answer how many they were.

        A row stands if an earlier try of this task instance wrote it, with this key, status and meeting, or if it is
        `already_booked` with a meeting that the table shows. Where it fails, append the same rows again: it is looked
        up first which of them stand.
        """
        if self._doubtful:
            written = [*self._read(self._sql.written(), (*self._sender, self._doubtful))]  # all of it, or nothing
            self._earlier.update(_fingerprint(*row) for row in written)
            self._doubtful = None
        stamp, standing, new = self._stamp(), Counter[int](), []
        for row in rows:
            values = self._values(row, stamp)
            fingerprint = _fingerprint(values["lead_key"], values["status"], values["meeting_id"])
            if self._is_shown(values):
                continue
            if self._earlier[fingerprint] > standing[fingerprint]:
                standing[fingerprint] += 1
            else:
                new.append(list(values.values()))
        if new:
            self._doubtful = stamp
            self._insert(new)
            self._doubtful = None
        self._earlier.subtract(standing)
        return len(new)

    def _look(self) -> tuple[set[str] | None, str]:
        """The names of the table's columns, or why they cannot be read."""
        found = set[str]()
        why = self._tried(
            self._sql.look(), lambda cursor: found.update(str(column[0]).casefold() for column in cursor.description)
        )
        return None if why else found, why

    def _tried(self, sql: str, then: Callable[[Any], object] = lambda cursor: None) -> str:
        """Why the statement cannot be run, if so. Another task may make the table at the same moment, as good as we."""
        try:
            with transaction(self._hook) as cursor:
                cursor.execute(sql)
                then(cursor)
        except Exception as failed:  # noqa: BLE001  # drivers have errors of their own
            return describe(failed, sql)
        return ""

    def _read(self, sql: str, parameters: Sequence[Any]) -> Iterator[tuple[Any, ...]]:
        try:
            with transaction(self._hook) as cursor:
                cursor.execute(sql, self._dialect.bind(parameters))
                while rows := cursor.fetchmany(FETCHED_AT_ONCE):
                    yield from (tuple(row.values() if isinstance(row, Mapping) else row) for row in rows)
        except Exception as failed:  # noqa: BLE001
            raise WarehouseFailed(
                f"the {self._where} cannot be read: {describe(failed, sql, secrets=parameters)}"
            ) from None

    def _insert(self, rows: Sequence[Sequence[Any]]) -> None:
        try:
            with transaction(self._hook) as cursor:
                if self._dialect.rows_at_once == 1 and hasattr(cursor, "executemany"):
                    cursor.executemany(self._sql.insert(1), [self._dialect.bind(row) for row in rows])
                    return
                for first in range(0, len(rows), self._dialect.rows_at_once):
                    some = rows[first : first + self._dialect.rows_at_once]
                    cursor.execute(self._sql.insert(len(some)), self._dialect.bind([*chain(*some)]))
        except Exception as failed:  # noqa: BLE001
            texts = {value for row in rows for value in row if isinstance(value, str)}
            said = describe(failed, self._sql.insert(1), secrets=texts)
            raise unwritten(failed, f"{len(rows)} outcomes could not be written to the {self._where}: {said}") from None

    def _values(self, row: Mapping[str, Any], stamp: str) -> dict[str, Any]:
        """By column, in the order of the table's. What identifies a row is as the table will give it back."""
        known = {**row, "purpose": self._purpose, **self._sender._asdict(), "recorded_at": stamp}
        return {field: known.get(field) if field in NUMBERS else as_text(known.get(field)) for field in self._fields}

    def _is_shown(self, values: Mapping[str, Any]) -> bool:
        fingerprint = _fingerprint(values["lead_key"], "booked", values["meeting_id"])
        return values["status"] == "already_booked" and fingerprint in self._shown

    def _stamp(self) -> str:
        """Now, and never the same twice: it names an append."""
        self._last = max(self._now(), self._last + timedelta(microseconds=1))
        return self._last.isoformat(timespec="microseconds")


def _fingerprint(*parts: str | None) -> int:
    """What identifies a row, in eight bytes."""
    return int.from_bytes(blake2b(as_json([part or None for part in parts]).encode(), digest_size=8).digest(), "big")
