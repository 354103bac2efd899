"""The proof that a database can hold the ledger: it is given entries that it must refuse."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError

from airflow_chilipiper.booking.ledger.entry import Entry, LedgerFailed, new_version
from airflow_chilipiper.booking.ledger.sql.table import COLUMNS, LedgerTable

WHY = (
    " Two runs that know nothing of each other are kept apart by that key alone. Snowflake, BigQuery and Redshift"
    " declare keys and do not enforce them, so they can hold the results of bookings, but not the ledger: keep that in"
    " Postgres, MySQL, MariaDB or, for a single machine, a SQLite file."
)


class Unenforced(LedgerFailed):
    """This database keeps no two runs apart, and no retry will change that."""


class Probe:
    """Entries that are never committed."""

    def __init__(self, table: LedgerTable) -> None:
        self._table = table
        self.entry = a_probe()
        self._others = others(self.entry)
        self.keys = [self.entry.key, *(other.key for other in self._others)]

    def prove(self, db: Connection) -> None:
        """Insert what must be taken and what must not, in a transaction that is to be rolled back."""
        one, name = self.entry, self._table.name
        if not self._takes(db, one):
            raise Unenforced(f"{name} refuses an entry like no other: it is not the table that this package makes.")
        if self._stored(db) != [self._table.values(one)]:
            raise Unenforced(f"{name} gives an entry back otherwise than it was written.")
        for other in self._others:
            if not self._takes(db, other):
                raise Unenforced(f"{name} takes entries that differ, by case or in having no meeting, for the same.")
        if self._takes(db, replace(one, meeting_id=None)):
            raise Unenforced(f"{name} takes two entries with one key.{WHY}")
        if self._takes(db, replace(a_probe(), meeting_id=one.meeting_id)):
            raise Unenforced(f"{name} takes one meeting for two leads.{WHY}")

    def remove(self, db: Connection) -> None:
        """For a database that keeps what was rolled back."""
        db.execute(self._table.entries.delete().where(self._table.entries.c.key.in_(self.keys)))

    def _takes(self, db: Connection, entry: Entry) -> bool:
        try:
            with db.begin_nested():
                db.execute(self._table.entries.insert(), self._table.values(entry))
        except IntegrityError:
            return False
        return True

    def _stored(self, db: Connection) -> list[dict[str, object]]:
        column = self._table.entries.c
        query = sa.select(*(column[name] for name in COLUMNS)).where(column.key == self.entry.key)
        return [dict(found._mapping) for found in db.execute(query)]


def a_probe() -> Entry:
    """As wide as its columns."""
    key = f"probe{uuid4().hex}{uuid4().hex}"[:64]
    return Entry(
        key=key, purpose="probe", version=new_version(), meeting_id=f"{key:-<255}", sender="probe", reason="probe"
    )


def others(entry: Entry) -> list[Entry]:
    """Entries that differ from this one, though little, and from each other."""
    meeting = (entry.meeting_id or "").swapcase()
    return [
        replace(entry, key=entry.key.swapcase(), meeting_id=meeting),
        replace(entry, key=entry.key[::-1], meeting_id=None),
        replace(entry, key=entry.key[::-1].swapcase(), meeting_id=None),
    ]
