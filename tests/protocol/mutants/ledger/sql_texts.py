"""The places of the SQL ledger that broken copies change."""

from __future__ import annotations

LEDGER, TABLE = "booking.ledger.sql.ledger", "booking.ledger.sql.table"
COMPARES, IS_FREE = 'column.version == sa.bindparam("replaces")', 'column.state != "booked"'
ANY_VERSION = f'sa.or_(column.version != "", {COMPARES})'
WRITES = "self._transact(lambda db: db.execute(self._table.change, changes))"
