"""How each database is made to keep what the ledger commits."""

from __future__ import annotations

from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine

TESTED = ("postgresql", "mysql", "mariadb", "sqlite")
MYSQL = ("mysql", "mariadb")


def set_up(engine: Engine) -> None:
    """Have every new connection and transaction of *engine* as the ledger needs it; twice is as good as once."""
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _sync_fully)
        event.listen(engine, "begin", _take_the_write_lock)
    elif engine.dialect.name == "postgresql":
        event.listen(engine, "begin", _commit_durably)
    elif engine.dialect.name in MYSQL:
        event.listen(engine, "connect", _cut_nothing)


def doubts(db: Connection) -> list[str]:
    """What may lose a committed entry, and is for the owner of the server to change."""
    name = db.dialect.name
    if name == "postgresql":
        safe = db.exec_driver_sql("show fsync").scalar() == "on"
        return [] if safe else ["fsync is off: committed entries are lost when the server's machine goes down"]
    if name in MYSQL:
        return mysql_doubts({row[0]: str(row[1]) for row in db.exec_driver_sql("show global variables")})
    return (
        [] if name in TESTED else [f"nobody has tested the ledger on {name}; all that is known is that its keys hold"]
    )


def mysql_doubts(settings: dict[str, str]) -> list[str]:
    found = []
    if (flush := settings.get("innodb_flush_log_at_trx_commit", "1")) != "1":
        found.append(
            f"innodb_flush_log_at_trx_commit is {flush}, not 1: committed entries are lost when the server goes down"
        )
    if settings.get("log_bin") == "ON" and (sync := settings.get("sync_binlog", "1")) != "1":
        found.append(f"sync_binlog is {sync}, not 1: committed entries are lost when the server's machine goes down")
    if (read_only := settings.get("read_only", "OFF")) not in ("OFF", "0"):
        found.append(
            f"read_only is {read_only}, as on a replica: rows that only this user may write are rows of its own"
        )
    return found


def _sync_fully(connection: Any, _: Any) -> None:
    """SQLite: a commit is on disk; and the transactions are SQLAlchemy's, not the driver's."""
    connection.isolation_level = None
    connection.execute("pragma busy_timeout = 30000")
    connection.execute("pragma synchronous = full")


def _take_the_write_lock(db: Connection) -> None:
    """SQLite: lock when a transaction begins, so that none is refused halfway."""
    db.exec_driver_sql("begin immediate")


def _commit_durably(db: Connection) -> None:
    """Postgres: whatever the default of the server, database or user; for each transaction, since a pooler may change
    sessions between two."""
    db.exec_driver_sql(
        "select set_config('synchronous_commit', 'on', true), set_config('lock_timeout', '10s', true)"
    ).close()


def _cut_nothing(connection: Any, _: Any) -> None:
    """MySQL: raise where a value does not fit, lock only rows that are there, and wait no longer than ten seconds for a
    row, or for a table that is being altered."""
    with connection.cursor() as cursor:
        cursor.execute(
            "set session innodb_lock_wait_timeout = 10, lock_wait_timeout = 10, sql_mode ="
            " concat_ws(',', nullif(@@sql_mode, ''), 'STRICT_ALL_TABLES', 'NO_ENGINE_SUBSTITUTION')"
        )
        cursor.execute("set session transaction isolation level read committed")
