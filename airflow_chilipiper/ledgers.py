"""Where a task's ledger lives: behind an Airflow connection to a database, or for want of one in memory."""

from __future__ import annotations

import logging
from typing import Any

from airflow.sdk import BaseHook

from airflow_chilipiper._compat import AirflowException, AirflowFailException
from airflow_chilipiper.booking.ledger import Ledger, MemoryLedger
from airflow_chilipiper.booking.sql_ledger import TABLE, SqlLedger

log = logging.getLogger(__name__)

ENFORCING = ("postgresql", "sqlite")
FITTING = "it takes a database that enforces unique keys, and that is Postgres or a SQLite file"
UNPROTECTED = (
    "There is no ledger connection: this try alone books nobody twice, but a retry, a cleared task or another DAG run"
    " knows nothing of it. Set ledger_conn_id on the operator or in the connection's extra, to a Postgres connection"
    " or, for a single machine, to a SQLite one."
)


def ledger_of(ledger_conn_id: str | None, *, try_number: int = 1) -> Ledger:
    """The ledger behind *ledger_conn_id*; without one, a ledger of this try only, and none for a second try."""
    if ledger_conn_id:
        ledger = sql_ledger(ledger_conn_id)
        log.info("Bookings are recorded in table %s over connection %s.", TABLE, ledger_conn_id)
        return ledger
    if try_number > 1:
        raise AirflowFailException(
            f"this is try {try_number} and there is no durable ledger, so nobody knows whom an earlier try invited. "
            + UNPROTECTED
        )
    log.warning(UNPROTECTED)
    return MemoryLedger()


def sender_of(ti: Any) -> str:
    """The task instance and try that marks a row `sent`."""
    return f"{ti.dag_id}/{ti.run_id}/{ti.task_id}/{ti.map_index}#{ti.try_number}" if ti else ""


def sql_ledger(conn_id: str) -> SqlLedger:
    """The ledger in the database of an Airflow connection, its table made if missing."""
    connection = BaseHook.get_connection(conn_id)
    try:
        hook: Any = connection.get_hook()  # type: ignore[no-untyped-call]
    except AirflowException as unknown:
        raise AirflowFailException(f"connection {conn_id!r} cannot hold the ledger: {unknown}; {FITTING}") from None
    if not hasattr(hook, "get_sqlalchemy_engine"):
        raise AirflowFailException(f"connection {conn_id!r} is no SQL connection, so it holds no ledger: {FITTING}")
    url = hook.get_sqlalchemy_engine().url
    if why := unfit(url.get_backend_name(), url.database, f"{url.host} {connection.extra}"):
        raise AirflowFailException(f"connection {conn_id!r} leads to {why}: {FITTING}")
    # Made by the hook's own connections, since the plain engine drops TLS options.
    options = {} if url.get_backend_name() == "sqlite" else {"creator": hook.get_conn}
    ledger = SqlLedger(hook.get_sqlalchemy_engine({**options, "hide_parameters": True}))
    if ledger.create():
        log.info("Made the table %s over connection %s.", TABLE, conn_id)
    return ledger


def unfit(dialect: str, database: str | None, details: str) -> str | None:
    """Why a database cannot hold the ledger. Redshift calls itself Postgres, and enforces no key that it declares."""
    if dialect not in ENFORCING:
        return dialect
    if dialect == "sqlite" and database in (None, "", ":memory:"):
        return "SQLite in memory, which remembers nobody"
    return "Redshift" if "redshift" in details.lower() else None
