"""The homes of the ledger that this machine has, each with a ledger that is empty when a block begins."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

import pytest
import sqlalchemy as sa

from airflow_chilipiper.booking.ledger.sql.ledger import SqlLedger
from airflow_chilipiper.booking.ledger.store import Ledger
from airflow_chilipiper.booking.ledger.task_state import TaskStateLedger
from tests.conftest import DROP_FROM_MARIADB, DROP_FROM_POSTGRES, MARIADB, POSTGRES, ROOT, own_database

T = TypeVar("T")
SERVERS = {"postgres": (POSTGRES, DROP_FROM_POSTGRES), "mariadb": (MARIADB, DROP_FROM_MARIADB)}
TASK_STATE = "task-state"
HOMES = ("sqlite", *SERVERS, TASK_STATE)


class Absent(Exception):
    """Why this home is not available here."""


@dataclass(frozen=True)
class Home:
    """`open` gives the ledger as another process would find it; `doubts` are settings that make it faster than safe."""

    name: str
    open: Callable[[], Ledger]
    doubts: Sequence[str] = ()


@contextmanager
def database(name: str) -> Iterator[Home]:
    """SQLite in a file below the project, since a temporary folder may be in memory; else a server's own database."""
    if name == "sqlite":
        with TemporaryDirectory(dir=ROOT / ".airflow") as folder:
            yield behind(name, f"sqlite:///{folder}/ledger.db")
        return
    url, drop = SERVERS[name]
    try:
        with own_database(url, drop=drop) as own:
            yield behind(name, own)
    except (pytest.skip.Exception, pytest.fail.Exception) as away:
        raise Absent(str(away)) from None


def behind(name: str, url: str) -> Home:
    def opened() -> SqlLedger:
        return SqlLedger(sa.create_engine(url))

    (ledger := opened()).create()
    return Home(name, opened, ledger.doubts())


def with_homes(names: Collection[str], work: Callable[[Sequence[Home]], T]) -> tuple[T, list[str]]:
    """What *work* answers to all of these homes that are available; and notes about the homes."""
    notes = list[str]()
    with ExitStack() as stack:
        homes = list[Home]()
        for name in (name for name in HOMES if name in names and name != TASK_STATE):
            try:
                homes.append(stack.enter_context(database(name)))
                notes += [f"{name} may lose what it commits: {doubt}" for doubt in homes[-1].doubts]
            except Absent as why:
                notes.append(f"{name} is left out: {why}")
        if TASK_STATE in names:
            try:
                return in_task(lambda home: work([*homes, home])), notes
            except Absent as why:
                notes.append(f"{TASK_STATE} is left out: {why}")
        return work(homes), notes


def in_task(work: Callable[[Home], T]) -> T:
    """What *work* answers to the task state of a task that `DAG.test` runs.

    Its store is Airflow's own, behind the Execution API in this process: no network lies between.
    """
    os.environ["AIRFLOW__LOGGING__LOGGING_LEVEL"] = "ERROR"  # else every call of the store is a line
    from airflow import sdk
    from airflow.models.dagbundle import DagBundleModel
    from airflow.utils.db import initdb
    from airflow.utils.session import create_session

    from tests.dagbag import DagBag, sync_bag_to_db

    if not hasattr(sdk, "NEVER_EXPIRE"):
        raise Absent("the task state store came with Airflow 3.3")
    answers: list[T] = []
    with sdk.DAG("bench", schedule=None) as dag:

        @sdk.task
        def measure(**context: Any) -> None:
            store = context["task_state_store"]
            answers.append(work(Home(TASK_STATE, lambda: TaskStateLedger(store, retention=sdk.NEVER_EXPIRE))))

        measure()
    initdb()
    with create_session() as session:
        session.merge(DagBundleModel(name="bench"))
    bag = DagBag(dag_folder=os.devnull)
    bag.bag_dag(dag)
    sync_bag_to_db(bag, "bench", None)
    state = dag.test().state
    assert answers, f"the task that measures ended as {state}; its log says why"
    return answers[0]
