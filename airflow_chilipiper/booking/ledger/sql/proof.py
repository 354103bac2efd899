"""The proof that a database can hold the ledger: it is given rows that it must refuse."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError

from airflow_chilipiper.booking.ledger.entry import LedgerFailed, Row, new_mark
from airflow_chilipiper.booking.ledger.sql.table import COLUMNS, LedgerTable

WHY = (
    " Two runs that know nothing of each other are kept apart by that key alone. Snowflake, BigQuery and Redshift"
    " declare keys and do not enforce them, so they can hold the results of bookings, but not the ledger: keep that in"
    " Postgres, MySQL, MariaDB or, for a single machine, a SQLite file."
)


class Unenforced(LedgerFailed):
    """This database tells no two runs apart, and no retry will change that."""


class Probe:
    """Rows that are never committed."""

    def __init__(self, table: LedgerTable) -> None:
        self._table = table
        self.row = a_probe()
        self._others = others(self.row)
        self.keys = [self.row.key, *(other.key for other in self._others)]

    def prove(self, db: Connection) -> None:
        """Insert what must be taken and what must not, in a transaction that is to be rolled back."""
        one, name = self.row, self._table.name
        if not self._takes(db, one):
            raise Unenforced(f"{name} refuses a row like no other: it is not the table that this package makes.")
        if self._stored(db) != [self._table.values(one)]:
            raise Unenforced(f"{name} gives a row back otherwise than it was written.")
        for other in self._others:
            if not self._takes(db, other):
                raise Unenforced(f"{name} takes rows that differ, by case or in having no meeting, for the same.")
        if self._takes(db, replace(one, meeting_id=None)):
            raise Unenforced(f"{name} takes two rows with one key.{WHY}")
        if self._takes(db, replace(a_probe(), meeting_id=one.meeting_id)):
            raise Unenforced(f"{name} takes one meeting for two leads.{WHY}")

    def remove(self, db: Connection) -> None:
        """For a database that keeps what was rolled back."""
        db.execute(self._table.rows.delete().where(self._table.rows.c.key.in_(self.keys)))

    def _takes(self, db: Connection, row: Row) -> bool:
        try:
            with db.begin_nested():
                db.execute(self._table.rows.insert(), self._table.values(row))
        except IntegrityError:
            return False
        return True

    def _stored(self, db: Connection) -> list[dict[str, object]]:
        column = self._table.rows.c
        query = sa.select(*(column[name] for name in COLUMNS)).where(column.key == self.row.key)
        return [dict(found._mapping) for found in db.execute(query)]


def a_probe() -> Row:
    """As wide as its columns."""
    key = f"probe{uuid4().hex}{uuid4().hex}"[:64]
    return Row(key=key, purpose="probe", mark=new_mark(), meeting_id=f"{key:-<255}", sender="probe", reason="probe")


def others(row: Row) -> list[Row]:
    """Rows that differ from this one, though little, and from each other."""
    meeting = (row.meeting_id or "").swapcase()
    return [
        replace(row, key=row.key.swapcase(), meeting_id=meeting),
        replace(row, key=row.key[::-1], meeting_id=None),
        replace(row, key=row.key[::-1].swapcase(), meeting_id=None),
    ]
