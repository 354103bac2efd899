"""The ledger as one table of a database that enforces keys."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, fields
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DataError, IntegrityError, OperationalError, ProgrammingError, SQLAlchemyError

from airflow_chilipiper.booking.ledger import Answer, LedgerFailed, MeetingTaken, Overtaken, Row

T = TypeVar("T")
TRIES = 3
KEYS_AT_ONCE = 500
TABLE = "chilipiper_ledger"
COLUMNS = tuple(field.name for field in fields(Row) if field.name != "replaces")


def table_of(name: str) -> sa.Table:
    """The fields of `Row` as columns. Keys and marks are ASCII of fixed length, so that no collation merges two."""
    return sa.Table(
        name,
        sa.MetaData(),
        sa.Column("key", sa.String(64), primary_key=True),
        sa.Column("purpose", sa.Text, nullable=False),
        sa.Column("mark", sa.String(32), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("sender", sa.Text, nullable=False),
        sa.Column("session", sa.Text),
        sa.Column("slot", sa.String(64)),
        sa.Column("sent_at", sa.Float(53)),
        sa.Column("count_from", sa.Float(53)),
        sa.Column("meeting_id", sa.String(255), unique=True),
        sa.Column("booked_at", sa.Float(53)),
        sa.Column("policy", sa.String(16), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("guest", sa.String(64), nullable=False),
        sa.Column("pattern", sa.String(64), nullable=False),
    )


class Unfit(LedgerFailed):
    """The database does not take this row's values; the other rows of its group are not to blame."""


class SqlLedger:
    """A ledger behind *engine*: Postgres, or SQLite for one machine.

    Every call is one transaction over rows in key order. Who won a comparison is read back in a transaction of its own,
    since the counts of a group cannot name the loser.
    """

    def __init__(self, engine: Engine, table: str = TABLE) -> None:
        self._engine = engine
        self._table = table_of(table)
        if engine.dialect.name == "sqlite":
            event.listen(engine, "connect", _sync_fully)
            event.listen(engine, "begin", _write_lock_first)

    def create(self) -> bool:
        """Make the table if it is missing; True if it was."""

        def make(db: Connection) -> bool:
            missing = not sa.inspect(db).has_table(self._table.name)
            if missing:
                self._table.create(db)
            return missing

        return self._transact(make, passing=(OperationalError, IntegrityError, ProgrammingError))

    def begin(self, rows: Sequence[Row], /) -> list[Row]:
        """What is on record for these keys; what was absent is inserted as given, the first of equals."""
        wanted = {row.key: row for row in reversed(rows)}

        def insert_absent(db: Connection) -> None:
            present = self._select(db, wanted)
            absent = [_values(wanted[key]) for key in sorted(wanted.keys() - present.keys())]
            if absent:
                db.execute(self._table.insert(), absent)

        try:
            self._transact(insert_absent)
        except IntegrityError:  # another run has just inserted one of them
            for row in wanted.values() if len(wanted) > 1 else ():
                self.begin([row])
        return self._read_back(rows)

    def mark(self, rows: Sequence[Row], /) -> list[Answer]:
        """Change each row if its mark is still the one that was read, and say of each what came of it."""
        try:
            self._transact(lambda db: self._change(db, sorted(rows, key=lambda row: row.key)))
        except (IntegrityError, Unfit) as fault:
            if len(rows) == 1:
                return [fault if isinstance(fault, Unfit) else MeetingTaken(rows[0].meeting_id)]
            return [answer for row in rows for answer in self.mark([row])]
        current = self._read_back(rows)
        return [now if now.mark == row.mark else Overtaken(now) for row, now in zip(rows, current, strict=True)]

    def look(self, keys: Collection[str], /) -> Mapping[str, Row]:
        """What is on record, and nothing else."""
        return self._transact(lambda db: self._select(db, keys))

    def _change(self, db: Connection, rows: Sequence[Row]) -> None:
        column = self._table.c
        for row in rows:
            guard = column.state != "booked" if row.state == "booked" else column.mark == row.replaces
            db.execute(self._table.update().where(column.key == row.key, guard).values(**_values(row)))

    def _read_back(self, rows: Sequence[Row]) -> list[Row]:
        found = self.look({row.key for row in rows})
        if missing := sum(row.key not in found for row in rows):
            raise LedgerFailed(f"{missing} rows of {self._table.name} are gone, though they were written")
        return [found[row.key] for row in rows]

    def _select(self, db: Connection, keys: Collection[str]) -> dict[str, Row]:
        column, ordered, found = self._table.c, sorted(keys), {}
        for first in range(0, len(ordered), KEYS_AT_ONCE):
            some = ordered[first : first + KEYS_AT_ONCE]
            query = sa.select(*(column[name] for name in COLUMNS)).where(column.key.in_(some))
            found.update({values.key: Row(**values._mapping) for values in db.execute(query)})
        return found

    def _transact(
        self, work: Callable[[Connection], T], passing: tuple[type[Exception], ...] = (OperationalError,)
    ) -> T:
        """Run *work* in one transaction, again after a *passing* failure.

        To repeat it is safe even if the failed commit took: a change that took finds its own mark and changes nothing.
        """
        for tries_left in reversed(range(TRIES)):
            try:
                with self._engine.begin() as db:
                    return work(db)
            except (SQLAlchemyError, ValueError) as error:
                if isinstance(error, passing) and tries_left:
                    continue
                if isinstance(error, IntegrityError) and IntegrityError not in passing:
                    raise
                failed = Unfit if isinstance(error, (DataError, ValueError)) else LedgerFailed
                raise failed(f"{self._table.name}: {type(error).__name__}") from error
        raise AssertionError("unreachable: the last try returns or raises")


def _values(row: Row) -> dict[str, Any]:
    values = asdict(row)
    del values["replaces"]
    return values


def _sync_fully(connection: Any, _: Any) -> None:
    connection.isolation_level = None
    connection.execute("pragma busy_timeout = 30000")
    connection.execute("pragma synchronous = full")


def _write_lock_first(db: Connection) -> None:
    """SQLite: take the write lock when a transaction begins, so that none is refused halfway."""
    db.exec_driver_sql("begin immediate")
