"""What a database's error means for the ledger, whichever driver raises it.

The driver's own text is not repeated: it may quote a row, or name a user and a host.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy.exc import DataError, DBAPIError, OperationalError

from airflow_chilipiper.booking.ledger.entry import LedgerFailed, Unfit

AWAY = "the database does not answer, or refuses the login"
BUSY = "other transactions held its rows for too long"
FULL = "its disk is full"
NO_WRITES = "it takes no writes, as a read replica, a read-only server or a read-only file does; the ledger must write"
NOT_ALLOWED = (
    "its user may not do this: the ledger selects, inserts and updates, and makes its tables if they are missing"
)
NOT_OURS = (
    "a table or a column is missing, or is not as this package makes it; if the name is another's, rename that table"
    " or give the ledger another database or schema"
)
UNFIT = "it does not take one of the values"

# How their codes begin: SQLSTATEs of Postgres, numbers of MySQL and MariaDB after a #, names of SQLite.
MEANINGS = {
    AWAY: ("08", "28", "57P", "#1045", "#2002", "#2003", "#2006", "#2013", "SQLITE_CANTOPEN"),
    BUSY: ("40", "55P03", "#1020", "#1205", "#1213", "SQLITE_BUSY", "SQLITE_LOCKED"),
    FULL: ("53100", "#1021", "#1114", "SQLITE_FULL"),
    NO_WRITES: ("25006", "#1290", "#1792", "#1836", "SQLITE_READONLY"),
    NOT_ALLOWED: ("42501", "#1044", "#1142", "#1143", "#1227"),
    NOT_OURS: ("23", "42703", "42P01", "#1048", "#1054", "#1146", "#1364", "SQLITE_CONSTRAINT", "SQLITE_ERROR"),
    UNFIT: ("22", "#1264", "#1265", "#1366", "#1406"),
}


def is_passing(error: Exception) -> bool:
    """Whether the same transaction may get through when it is run again."""
    if isinstance(error, OperationalError) or meaning(error) == BUSY:
        return True
    return isinstance(error, DBAPIError) and error.connection_invalidated


def failure(table: str, error: Exception) -> LedgerFailed:
    """What the user of the ledger gets to read."""
    means = meaning(error)
    kind = Unfit if means == UNFIT else LedgerFailed
    return kind(f"{table}: {type(error).__name__}: {means}" if means else f"{table}: {type(error).__name__}")


def meaning(error: Exception) -> str | None:
    if isinstance(error, (DataError, ValueError)):  # a ValueError: the driver could not even write it down
        return UNFIT
    code = code_of(getattr(error, "orig", None))
    for means, beginnings in MEANINGS.items():
        if code.startswith(beginnings):
            return means
    return AWAY if isinstance(error, OperationalError) and not code else None


def code_of(original: Any) -> str:
    """As psycopg2, psycopg, sqlite3 and the MySQL drivers have it; none where a connection was not made."""
    args = getattr(original, "args", ())
    if args and isinstance(args[0], int):
        return f"#{args[0]}"
    names = ("pgcode", "sqlstate", "sqlite_errorname")
    return next((str(code) for name in names if (code := getattr(original, name, None))), "")
