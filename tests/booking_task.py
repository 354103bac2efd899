"""A sandbox on a real port, and Airflow's context as far as a booking operator reads it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pendulum
import pytest
from airflow.sdk import DAG

from airflow_chilipiper.sandbox import Sandbox, sandbox

OPENING = {"concierge-route-by-slug", "scheduling-link-init", "handoff-init"}
BOOKING = {"concierge-schedule", "scheduling-link-schedule", "handoff-schedule"}


@dataclass
class TaskInstance:
    """Keeps what is pushed, in order."""

    try_number: int = 1
    pushed: list[tuple[str, Any]] = field(default_factory=list)
    dag_id: str = "nightly"
    run_id: str = "manual"
    task_id: str = "book"
    map_index: int = -1

    def xcom_push(self, key: str, value: Any) -> None:
        self.pushed.append((key, json.loads(json.dumps(value, allow_nan=False))))

    @property
    def xcom(self) -> dict[str, Any]:
        return dict(self.pushed)


class Clock:
    """The sandbox's, read at every call; `alarm` is called then, in the sandbox's thread."""

    def __init__(self) -> None:
        self.alarm: Callable[[], None] = bool  # type: ignore[assignment]

    def __call__(self) -> float:
        self.alarm()
        return time.time()


@dataclass
class Desk:
    """Runs operators against a sandbox, one task instance each."""

    chili: Sandbox
    clock: Clock
    connect: Callable[..., None]
    ti: TaskInstance = field(default_factory=TaskInstance)

    def context(
        self, *, try_number: int = 1, run_id: str = "manual", run_type: str = "manual", timezone: Any = "Europe/Paris"
    ) -> Any:
        self.ti = TaskInstance(try_number, run_id=run_id)
        dag = SimpleNamespace(timezone=pendulum.timezone(timezone))
        return {"ti": self.ti, "dag": dag, "dag_run": SimpleNamespace(run_type=run_type)}

    def run(self, operator: Any, **context: Any) -> Any:
        return operator.execute(self.context(**context))

    def make(self, kind: type, **arguments: Any) -> Any:
        """An operator; how many leads run at once and how many sessions each may open are constants, set here."""
        constants = {name: arguments.pop(name) for name in ("leads_at_once", "max_sessions") if name in arguments}
        with DAG("nightly", schedule=None):
            operator = kind(**{"task_id": "book", "purpose": "q3", **arguments})
        vars(operator).update(constants)
        return operator

    def statuses(self) -> list[str]:
        """Of the rows that the last run pushed."""
        rows = self.ti.xcom["return_value"]
        return [row["status"] for row in (rows if isinstance(rows, list) else [rows])]

    def reasons(self) -> list[str]:
        return [row["reason"] for row in self.ti.xcom["return_value"]]

    def opened(self) -> int:
        return sum(call.operation in OPENING for call in self.chili.calls)

    def spent(self) -> int:
        return sum(call.operation in BOOKING for call in self.chili.calls)

    def guests(self) -> list[str]:
        return [meeting["guest"] for meeting in self.chili.meetings]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def chili(clock: Clock) -> Iterator[Sandbox]:
    with sandbox(now=clock) as running:
        yield running


@pytest.fixture
def desk(chili: Sandbox, clock: Clock, monkeypatch: pytest.MonkeyPatch, thawed: None) -> Desk:
    def connect(token: str = chili.token, **extra: Any) -> None:
        given = chili.connection_with(token, **{"requests_per_second": 1000, **extra})
        monkeypatch.setenv("AIRFLOW_CONN_CHILIPIPER_DEFAULT", given)

    connect()
    return Desk(chili, clock, connect)


@pytest.fixture
def ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A SQLite file behind the Airflow connection `ledger`."""
    file = tmp_path / "ledger.db"
    monkeypatch.setenv("AIRFLOW_CONN_LEDGER", json.dumps({"conn_type": "sqlite", "host": str(file)}))
    return file


@pytest.fixture
def warehouse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A SQLite file behind the Airflow connection `warehouse`."""
    file = tmp_path / "warehouse.db"
    monkeypatch.setenv("AIRFLOW_CONN_WAREHOUSE", json.dumps({"conn_type": "sqlite", "host": str(file)}))
    return file


def lead(name: str, **columns: Any) -> Mapping[str, Any]:
    return {"lead_id": name, "email": f"{name}@prospect.example", **columns}
