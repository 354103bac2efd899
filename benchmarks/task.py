"""One booking task over a warehouse of leads, as Airflow's worker executes it, but without Airflow's supervisor."""

from __future__ import annotations

import json
import os
import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any

from airflow_chilipiper.api.patterns.concierge import Concierge
from airflow_chilipiper.booking.ledger.entry import Entry
from airflow_chilipiper.booking.ledger.store import Ledger
from airflow_chilipiper.task.services import Services
from tests.conftest import ROOT
from tests.leads import a_lead

PURPOSE = "bench"
ROUTER = "inbound-demo"
LEADS = "CREATE TABLE leads (lead_id TEXT, email TEXT, first_name TEXT, company TEXT, employees INTEGER, created TEXT)"


@dataclass
class TaskInstance:
    """Takes XComs, and keeps the last of each key."""

    try_number: int = 1
    dag_id: str = "bench"
    run_id: str = "manual"
    task_id: str = "book"
    map_index: int = -1
    xcom: dict[str, Any] = field(default_factory=dict)

    def xcom_push(self, key: str, value: Any) -> None:
        self.xcom[key] = json.loads(json.dumps(value))


@dataclass(frozen=True)
class Warehouse:
    """A SQLite file with so many leads behind the connection `warehouse`, and a durable ledger behind `ledger`."""

    folder: Path
    leads: int

    def operator(self, **arguments: Any) -> Any:
        """The task; `leads_at_once` and `max_sessions` are the operator's constants, and no arguments."""
        from airflow.sdk import DAG

        from airflow_chilipiper.operators import ConciergeBookOperator, col

        class Timed(ConciergeBookOperator):
            """Measures how long it takes from opening the ledger to the last outcome."""

            batch_seconds = 0.0

            def _services(self, *given: Any) -> Services:
                services = super()._services(*given)
                began = [0.0]

                def open_ledger(*given: Any, **facts: Any) -> Ledger:
                    began[0] = time.monotonic()
                    return services.open_ledger(*given, **facts)

                def push(key: str, value: Any) -> None:
                    if key == "counts":  # the first of all that is pushed at the end
                        self.batch_seconds = time.monotonic() - began[0]
                    services.push(key, value)

                return replace(services, open_ledger=open_ledger, push=push)

        form = {"PersonEmail": col("email"), "PersonFirstName": col("first_name")}
        asked: dict[str, Any] = {
            "task_id": "book",
            "purpose": PURPOSE,
            "sql": "SELECT * FROM leads ORDER BY lead_id",
            "sql_conn_id": "warehouse",
            "lead_key": col("lead_id"),
            "router_slug": ROUTER,
            "trigger": "InAppButton",
            "form": form,
            "timezone": "UTC",
            "max_leads": self.leads,
            "ledger_conn_id": "ledger",
        }
        constants = {name: arguments.pop(name) for name in ("leads_at_once", "max_sessions") if name in arguments}
        with DAG("bench", schedule=None):
            operator = Timed(**asked | arguments)
        vars(operator).update(constants)
        return operator


@contextmanager
def warehouse(leads: int) -> Iterator[Warehouse]:
    """Below the project, since a temporary folder may be in memory, where a sync costs nothing."""
    homes = ROOT / ".airflow"
    homes.mkdir(exist_ok=True)
    with TemporaryDirectory(dir=homes) as name:
        folder = Path(name)
        with closing(sqlite3.connect(folder / "warehouse.db")) as db, db:
            db.execute(LEADS)
            db.executemany("INSERT INTO leads VALUES (?, ?, ?, ?, ?, ?)", map(lead_row, range(leads)))
        for connection in ("warehouse", "ledger"):
            given = {"conn_type": "sqlite", "host": str(folder / f"{connection}.db")}
            os.environ[f"AIRFLOW_CONN_{connection.upper()}"] = json.dumps(given)
        yield Warehouse(folder, leads)


def connect(url: str, token: str, **extra: Any) -> None:
    given = {"conn_type": "chilipiper", "host": url, "password": token, "extra": extra}
    os.environ["AIRFLOW_CONN_CHILIPIPER_DEFAULT"] = json.dumps(given)


@dataclass(frozen=True)
class Executed:
    seconds: float
    batch_seconds: float
    cpu_seconds: float
    answer: Any
    counts: Mapping[str, int]


def execute(operator: Any, *, try_number: int = 1) -> Executed:
    """One try of the task, and what it took."""
    import pendulum

    ti = TaskInstance(try_number)
    dag = SimpleNamespace(timezone=pendulum.timezone("UTC"))
    context = {"ti": ti, "dag": dag, "dag_run": SimpleNamespace(run_type="manual")}
    began, cpu = time.monotonic(), time.process_time()
    answer = operator.execute(context)
    seconds, cpu_seconds = time.monotonic() - began, time.process_time() - cpu
    return Executed(seconds, operator.batch_seconds, cpu_seconds, answer, ti.xcom["counts"])


def lead_row(number: int) -> tuple[Any, ...]:
    name = f"lead-{number:06d}"
    email, company = f"{name}@prospect-{number % 997}.example", f"Company {number % 997}"
    return name, email, f"First{number}", company, number % 500, "2026-11-02T09:00:00Z"


def lead_on_record(number: int) -> Entry:
    """The ledger's entry for a lead of the warehouse, as a task makes it."""
    key, email, *_ = lead_row(number)
    pattern = Concierge(router_slug=ROUTER, trigger="InAppButton", form={"PersonEmail": email}, guest=email)
    return a_lead(purpose=PURPOSE, key=key, pattern=pattern).new_entry()
