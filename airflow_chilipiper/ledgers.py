"""Where a task's ledger lives: behind an Airflow connection to a database, or for want of one in memory."""

from __future__ import annotations

import logging
from typing import Any

from airflow.sdk import BaseHook

from airflow_chilipiper._compat import AirflowFailException
from airflow_chilipiper.booking.ledger import Ledger, MemoryLedger
from airflow_chilipiper.booking.sql_ledger import TABLE, SqlLedger

log = logging.getLogger(__name__)

ENFORCING = ("postgresql", "sqlite")
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
    hook = BaseHook.get_hook(conn_id)
    try:
        dialect = hook.get_sqlalchemy_engine().dialect.name
        if dialect not in ENFORCING:
            raise AirflowFailException(
                f"connection {conn_id!r} leads to {dialect}, which cannot hold the ledger: it takes a database that"
                " enforces unique keys, and that is Postgres or SQLite"
            )
        # Made by the hook's own connections, since the plain engine drops TLS options.
        options = {} if dialect == "sqlite" else {"creator": hook.get_conn}
        ledger = SqlLedger(hook.get_sqlalchemy_engine({**options, "hide_parameters": True}))
    except AttributeError:
        raise AirflowFailException(f"connection {conn_id!r} is no SQL connection, so it holds no ledger") from None
    if ledger.create():
        log.info("Made the table %s over connection %s.", TABLE, conn_id)
    return ledger
