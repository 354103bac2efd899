"""The ledger as one table of a database that enforces keys."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import IntegrityError, OperationalError, ProgrammingError, SQLAlchemyError

from airflow_chilipiper.booking.ledger.entry import (
    STATES,
    Conflict,
    EntriesLost,
    Entry,
    LedgerFailed,
    MeetingTaken,
    State,
    Unfit,
)
from airflow_chilipiper.booking.ledger.sql.databases import doubts, set_up
from airflow_chilipiper.booking.ledger.sql.faults import failure, is_passing
from airflow_chilipiper.booking.ledger.sql.proof import Probe, Unenforced
from airflow_chilipiper.booking.ledger.sql.table import COLUMNS, LedgerTable
from airflow_chilipiper.booking.ledger.store import MAY_HAVE_MEETING, Answer

T = TypeVar("T")
TRIES = 4
LONGEST_PAUSE = 0.05  # seconds before the second try; as long again before each further one
KEYS_AT_ONCE = 500

FIND_OUT = (
    "Whom it had on record may be booked twice if this is run again: restore it, or find out in Chili Piper who has a"
    " meeting, and only then make it anew with `ledger create` of the command line"
)


class SqlLedger:
    """A ledger behind *engine*: Postgres, MySQL, MariaDB, or SQLite for one machine.

    Every call is one transaction over entries in key order. Who won a comparison is read back in a transaction of its
    own, since the counts of a group cannot name the loser.
    """

    def __init__(
        self, engine: Engine, table: LedgerTable | None = None, *, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        set_up(engine)
        self._engine = engine
        self._table = table or LedgerTable()
        self._sleep = sleep
        self._was_there = False

    def is_missing(self) -> bool:
        """Whether the database has no such table."""
        return self._transact(self._table.is_missing)

    def create(self) -> bool:
        """Make the table if it is missing, and prove that its keys hold; True if it was missing."""
        made = False

        def prepare(db: Connection) -> None:
            nonlocal made
            if self._table.is_missing(db):
                self._table.make(db)
                made = True  # and stays so if the rest is repeated: MySQL rolls no table back
            self._table.check(db)

        try:
            self._transact(prepare, passing=(OperationalError, IntegrityError, ProgrammingError))
            self._prove()
        except IntegrityError as error:
            raise failure(self._table.name, error) from error
        self._was_there = True
        return made

    def elsewhere(self) -> tuple[str, Sequence[str]]:
        """The schema in which the table was made, and others that have one."""
        return self._transact(self._table.elsewhere)

    def doubts(self) -> Sequence[str]:
        """What may lose a committed entry, and is for the owner of the server to change."""
        return self._transact(doubts)

    def get_or_create(self, entries: Sequence[Entry], /) -> Sequence[Entry]:
        """What is on record for these keys; what was absent is inserted as given, the first of equals."""
        wanted = {entry.key: entry for entry in reversed(entries)}

        def insert_absent(db: Connection) -> Mapping[str, Entry]:
            present = self._select(db, wanted)
            absent = [self._table.values(wanted[key]) for key in sorted(wanted.keys() - present.keys())]
            if absent:
                db.execute(self._table.entries.insert(), absent)
            return present

        try:
            # It fails where another run has just inserted one of them.
            present = self._transact(insert_absent, passing=(IntegrityError,))
            if len(present) == len(wanted):
                return [present[entry.key] for entry in entries]
        except IntegrityError as error:
            if len(wanted) == 1:
                raise failure(self._table.name, error) from error
            for entry in wanted.values():
                self.get_or_create([entry])
        return self._read_back(entries)

    def update(self, entries: Sequence[Entry], /) -> Sequence[Answer]:
        if not entries:
            return []
        try:
            changes = [self._table.changes(entry) for entry in sorted(entries, key=lambda entry: entry.key)]
            self._transact(lambda db: db.execute(self._table.change, changes))
        except (IntegrityError, Unfit) as fault:
            if len(entries) > 1:
                return [self._update_alone(entry) for entry in entries]
            if isinstance(fault, IntegrityError) and entries[0].meeting_id:
                return [MeetingTaken(entries[0].meeting_id)]
            return [fault if isinstance(fault, Unfit) else failure(self._table.name, fault)]
        current = self._read_back(entries)
        return [
            now if now.version == entry.version else Conflict(now) for entry, now in zip(entries, current, strict=True)
        ]

    def _update_alone(self, entry: Entry) -> Answer:
        """Of entries that are updated one by one, those before a failure are on record."""
        try:
            return self.update([entry])[0]
        except LedgerFailed as failed:
            return failed

    def get(self, keys: Collection[str], /) -> Mapping[str, Entry]:
        return self._transact(lambda db: self._select(db, keys))

    def of_guests(self, purpose: str, guests: Collection[str], /) -> Sequence[Entry]:
        column = self._table.entries.c
        query = self._entries().where(column.purpose == purpose, column.state.in_(MAY_HAVE_MEETING))
        return self._transact(lambda db: [*self._select_in(db, query, column.guest, guests)])

    def list(
        self,
        *,
        states: Collection[State] = STATES,
        purpose: str | None = None,
        after_key: str | None = None,
        limit: int = 500,
    ) -> Sequence[Entry]:
        column = self._table.entries.c
        query = self._entries().where(column.state.in_(sorted(states)), column.key > (after_key or ""))
        if purpose is not None:
            query = query.where(column.purpose == purpose)
        query = query.order_by(column.key).limit(limit)
        return self._transact(lambda db: list(map(_entry, db.execute(query))))

    def _prove(self) -> None:
        probe, refused = Probe(self._table), None
        try:
            self._transact(probe.prove, undo=True)
        except Unenforced as why:
            refused = why
        if self.get(probe.keys):
            self._transact(probe.remove)
            refused = refused or Unenforced(f"{self._table.name} keeps what is rolled back, as MyISAM does; use InnoDB")
        if refused:
            raise refused

    def _read_back(self, entries: Sequence[Entry]) -> Sequence[Entry]:
        found = self.get({entry.key for entry in entries})
        if missing := sum(entry.key not in found for entry in entries):
            raise EntriesLost(f"{missing} entries of {self._table.name} are gone, though they were written. {FIND_OUT}")
        return [found[entry.key] for entry in entries]

    def _select(self, db: Connection, keys: Collection[str]) -> dict[str, Entry]:
        return {entry.key: entry for entry in self._select_in(db, self._entries(), self._table.entries.c.key, keys)}

    def _select_in(
        self, db: Connection, query: sa.sql.Select[Any], column: sa.Column[Any], values: Collection[str]
    ) -> Iterator[Entry]:
        ordered = sorted(values)
        for first in range(0, len(ordered), KEYS_AT_ONCE):
            some = query.where(column.in_(ordered[first : first + KEYS_AT_ONCE]))
            yield from map(_entry, db.execute(some).all())

    def _entries(self) -> sa.sql.Select[Any]:
        return sa.select(*(self._table.entries.c[name] for name in COLUMNS))

    def _transact(
        self, work: Callable[[Connection], T], *, passing: tuple[type[Exception], ...] = (), undo: bool = False
    ) -> T:
        """Run *work* in one transaction, and again after a failure that is *passing* or that any transaction may meet.

        The whole transaction is rolled back first: after a deadlock or a lock time-out MySQL keeps the statements
        before. To repeat it is safe even if the failed commit took: a change that took finds its own version and
        changes nothing.
        """
        for tried in range(1, TRIES + 1):
            try:
                with self._engine.connect() as db, db.begin() as transaction:
                    answer = work(db)
                    if undo:
                        transaction.rollback()
                return answer
            except (SQLAlchemyError, ValueError) as error:
                if tried < TRIES and (isinstance(error, passing) or is_passing(error)):
                    self._sleep(random.uniform(0, tried * LONGEST_PAUSE))  # noqa: S311  # a pause is no secret
                elif isinstance(error, IntegrityError):
                    raise
                elif isinstance(error, (OperationalError, ProgrammingError)) and self._is_gone():
                    raise EntriesLost(f"the table {self._table.name} is gone. {FIND_OUT}") from error
                else:
                    raise failure(self._table.name, error) from error
        raise AssertionError("unreachable")

    def _is_gone(self) -> bool:
        """Whether the database answers, and has the table no more; False where it does not answer."""
        if not self._was_there:
            return False
        try:
            with self._engine.connect() as db:
                return self._table.is_missing(db)
        except SQLAlchemyError:
            return False


def _entry(values: sa.Row[Any]) -> Entry:
    return Entry(**dict(zip(COLUMNS, values, strict=True)))
