"""Databases behind Airflow connections, and a task's ledger: in such a database, the task state or memory."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from weakref import finalize

from airflow.sdk import BaseHook, get_current_context

from airflow_chilipiper.arguments.bad_value import BadValue
from airflow_chilipiper.booking.ledger.entry import EntriesLost, LedgerFailed
from airflow_chilipiper.booking.ledger.memory import MemoryLedger
from airflow_chilipiper.booking.ledger.sql.ledger import SqlLedger
from airflow_chilipiper.booking.ledger.sql.proof import Unenforced
from airflow_chilipiper.booking.ledger.sql.table import TABLE
from airflow_chilipiper.booking.ledger.store import Ledger
from airflow_chilipiper.booking.ledger.task_state import TaskStateLedger
from airflow_chilipiper.version_compat import NEVER_EXPIRE, AirflowException, AirflowFailException, conf

log = logging.getLogger(__name__)

# In the names of connection types and dialects. What is not among them is put to the proof.
WAREHOUSES = (
    "athena",
    "bigquery",
    "databricks",
    "hive",
    "impala",
    "presto",
    "redshift",
    "snowflake",
    "trino",
    "vertica",
)
FITTING = (
    "the ledger takes a database that enforces unique keys, as Postgres, MySQL, MariaDB and a SQLite file do;"
    " a warehouse can hold the results"
)
SET_ONE = (
    "Set ledger_conn_id on the operator or in the connection's extra, to a Postgres or MySQL connection or, for a"
    " single machine, to a SQLite one."
)
NO_TABLE = (
    f"leads to a database without the table {TABLE}, so it is not where bookings were recorded, if there were any: name"
    " the ledger connection that the booking tasks use"
)
LOST = (
    f"leads to a database without the table {TABLE}, and this is try {{tried}}: an earlier one had it, so that whom it"
    " invited is not known. Restore it, or find out in Chili Piper who has a meeting, and then make it anew with"
    " `ledger create` of the command line; nobody was asked for"
)
ANOTHER = (
    "The table %s was made in schema %s over connection %s, though schema %s of the same database has one already: if"
    " that is the ledger of your bookings, this one knows nobody of them. Set the connection's search_path to its"
    " schema, and drop this one"
)
ONE_TASK = (
    "There is no ledger connection, so bookings are recorded in Airflow's task state: retries and clears of this task"
    f" instance book nobody twice, but another DAG run or task knows nothing of it. {SET_ONE}"
)
ONE_MACHINE = {"LocalExecutor", "SequentialExecutor"}
UNPROTECTED = (
    "There is no ledger connection: this try alone books nobody twice, but a retry, a cleared task or another DAG run"
    f" knows nothing of it. {SET_ONE}"
)


PART = (
    "{part} needs a ledger connection: behind it stands whatever the query answers this time, so that without one a"
    f" cleared or repeated task would book leads of its neighbours again. Nothing was sent. {SET_ONE}"
)


def ledger_of(ledger_conn_id: str | None, *, store: Any = None, try_number: int = 1, part: str | None = None) -> Ledger:
    """The ledger behind *ledger_conn_id*; without one, the task instance's own *store*, which Airflow has from 3.3 on.

    Without either, a ledger of this try only, and none for a second try. A *part* of what is booked, such as "a mapped
    task", has to have a connection.
    """
    if ledger_conn_id:
        ledger = sql_ledger(ledger_conn_id, try_number=try_number)
        log.info("Bookings are recorded in table %s over connection %s.", TABLE, ledger_conn_id)
        return ledger
    if part:
        raise AirflowFailException(PART.format(part=part))
    if store is not None:
        log.warning(ONE_TASK)
        for doubt in doubts_about_store():
            log.warning("The ledger in Airflow's task state is in doubt: %s.", doubt)
        return TaskStateLedger(store, retention=NEVER_EXPIRE)
    if try_number > 1:
        raise AirflowFailException(
            f"this is try {try_number} and there is no durable ledger, so nobody knows whom an earlier try invited. "
            + UNPROTECTED
        )
    log.warning(UNPROTECTED)
    return MemoryLedger()


def ledger_in(context: Any, ledger_conn_id: str | None) -> Ledger:
    """The same ledger, as the task of this *context* has it, or code that runs in no task."""
    tried, part = (context["ti"].try_number, mapped(context["ti"])) if context else (1, None)
    return ledger_of(ledger_conn_id, store=context.get("task_state_store"), try_number=tried, part=part)


def mapped(ti: Any) -> str | None:
    """What a task instance is, if it is one of a mapped task or of a mapped task group."""
    return "a mapped task" if ti.map_index >= 0 else None


@contextmanager
def incurable_if_lost() -> Iterator[None]:
    """Entries that are lost fail a task without a retry, which would book again whom the ledger had on record."""
    try:
        yield
    except EntriesLost as lost:
        raise AirflowFailException(str(lost)) from None


def running_task() -> Any:
    """The context of the task that runs this code; empty where none does."""
    try:
        return get_current_context()
    except RuntimeError:
        return {}


def sender_of(ti: Any) -> str:
    """The task instance and try that sends."""
    return f"{ti.dag_id}/{ti.run_id}/{ti.task_id}/{ti.map_index}#{ti.try_number}" if ti else ""


def sql_ledger(conn_id: str, *, try_number: int = 1, create: bool = True) -> SqlLedger:
    """The ledger in the database of an Airflow connection; a missing table is made, or refused without
    *create* and at a second try, which an earlier one cannot have done without.

    Its connections are closed when nobody holds it any more.
    """
    hook = _ledger_hook(conn_id)
    url = hook.get_sqlalchemy_engine().url
    # Made by the hook's own connections, since the plain engine drops TLS options.
    options = {} if url.get_backend_name() == "sqlite" else {"creator": hook.get_conn}
    engine = hook.get_sqlalchemy_engine({**options, "hide_parameters": True})
    ledger = SqlLedger(engine)
    finalize(ledger, engine.dispose).atexit = False  # a process that ends waits for no server
    try:
        if (not create or try_number > 1) and ledger.is_missing():
            why = NO_TABLE if not create else LOST.format(tried=try_number)
            raise AirflowFailException(f"connection {conn_id!r} {why}")
        if url.get_backend_name() == "sqlite":
            _make_private(Path(str(url.database)))
        is_new = ledger.create()
    except Unenforced as why:
        raise AirflowFailException(f"connection {conn_id!r} cannot hold the ledger: {why}") from None
    except LedgerFailed as away:
        raise LedgerFailed(f"the ledger over connection {conn_id!r} cannot be used: {away}") from None
    if is_new:
        log.info("Made the table %s over connection %s.", TABLE, conn_id)
        here, others = ledger.elsewhere()
        if others:
            log.warning(ANOTHER, TABLE, here, conn_id, ", ".join(others))
    for doubt in (*ledger.doubts(), *doubts_about_file(url.get_backend_name(), conf.get("core", "executor"))):
        log.warning("The ledger over connection %s is in doubt: %s.", conn_id, doubt)
    return ledger


def _make_private(file: Path) -> None:
    """Make a file that is not there for its owner alone: it names meetings."""
    with suppress(OSError):  # which SQLite then names
        file.touch(mode=0o600, exist_ok=False)


def _ledger_hook(conn_id: str) -> Any:
    """The hook of a connection whose database may hold the ledger; raises the reason where it may not."""
    try:
        connection = BaseHook.get_connection(conn_id)
    except AirflowException as unknown:
        raise AirflowException(f"ledger_conn_id={conn_id!r} cannot be used: {unknown}. {SET_ONE}") from None
    if why := warehouse(connection.conn_type):
        raise AirflowFailException(f"connection {conn_id!r} leads to {why}: {FITTING}")
    try:
        hook: Any = connection.get_hook()  # type: ignore[no-untyped-call]
    except AirflowException as unknown:
        raise AirflowFailException(
            f"connection {conn_id!r} cannot hold the ledger: {_with_advice(unknown)}; {FITTING}"
        ) from None
    if not hasattr(hook, "get_sqlalchemy_engine"):
        raise AirflowFailException(f"connection {conn_id!r} is no SQL connection, so it holds no ledger: {FITTING}")
    url = hook.get_sqlalchemy_engine().url
    if why := unfit(url.get_backend_name(), url.database, f"{url.host} {connection.extra}"):
        raise AirflowFailException(f"connection {conn_id!r} leads to {why}: {FITTING}")
    return hook


def sql_hook(conn_id: str | None, argument: str, hook_params: dict[str, Any] | None = None) -> Any:
    """The hook of an SQL connection, of a warehouse or not; *argument* is where its name was given."""
    from airflow.providers.common.sql.hooks.sql import DbApiHook

    try:
        hook = BaseHook.get_hook(str(conn_id), hook_params=hook_params)
    except AirflowException as unknown:
        raise BadValue(f"{argument}={conn_id!r} cannot be used: {_with_advice(unknown)}") from None
    if not isinstance(hook, DbApiHook):
        raise BadValue(f"{argument}={conn_id!r} leads to {type(hook).__name__}, expected an SQL connection")
    return hook


def _with_advice(error: Exception) -> str:
    """Airflow says that it knows no hook for a type of connection, and not what to do."""
    is_missing = "Unknown hook type" in str(error)
    return f"{error}{', so install the provider package for connections of this type' if is_missing else ''}"


def unfit(dialect: str, database: str | None, details: str) -> str | None:
    """Why a database cannot hold the ledger. Redshift calls itself Postgres."""
    if dialect == "sqlite" and database in (None, "", ":memory:"):
        return "SQLite in memory, which remembers nobody"
    if dialect == "sqlite" and not Path(str(database).removeprefix("file:")).is_absolute():
        return f"{database}, which is another file in each folder: give the SQLite file's absolute path"
    return warehouse("redshift" if "redshift" in details.lower() else dialect)


def warehouse(name: str | None) -> str | None:
    known = next((known for known in WAREHOUSES if known in (name or "")), None)
    return f"{known}, which declares keys without enforcing them" if known else None


def doubts_about_store() -> list[str]:
    """Settings of Airflow under which its task state forgets, or is written past Airflow's own check."""
    doubts = []
    if conf.getboolean("state_store", "clear_on_success", fallback=False):
        doubts.append("[state_store] clear_on_success is set, so a task that is cleared after its success books again")
    if conf.get("workers", "state_store_backend", fallback=""):
        doubts.append("[workers] state_store_backend is set, which writes before Airflow knows whose try it is")
    return doubts


def doubts_about_file(dialect: str, executors: str | None) -> list[str]:
    """Whether tasks may run on several machines, each with a SQLite file of its own."""
    others = sorted({name.strip() for name in (executors or "").split(",")} - ONE_MACHINE - {""})
    if dialect != "sqlite" or not others:
        return []
    where = f"with {', '.join(others)} tasks may run on several machines"
    return [f"it is a SQLite file, and {where}: each has a ledger of its own then, and two can book one lead"]
