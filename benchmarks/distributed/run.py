"""The DAG run, asked for over Airflow's REST API."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from math import inf
from typing import Any

from tests.system.real_airflow.rest import Airflow

DAG_ID, RUN_ID = "sharded_booking", "first"
PATH = f"/dags/{DAG_ID}/dagRuns/{RUN_ID}"
UNDER_WAY = ("queued", "running")
EVERY = 0.5  # seconds between looks: the API server is there for the tasks, too


class Run:
    def __init__(self, airflow: Airflow) -> None:
        self._airflow = airflow
        airflow.post(f"/dags/{DAG_ID}/dagRuns", dag_run_id=RUN_ID, logical_date=None)

    def tasks(self) -> list[dict[str, Any]]:
        """The mapped task instances, as their latest try left them."""
        found: list[dict[str, Any]] = self._airflow.get(f"{PATH}/taskInstances/book/listMapped")["task_instances"]
        return found

    def state(self) -> str:
        return str(self._airflow.get(PATH)["state"])

    def tries(self) -> dict[int, int]:
        """By shard."""
        return {task["map_index"]: task["try_number"] for task in self.tasks()}

    def first_retry(self) -> float:
        """When the first of all second tries began; infinity if there was none."""
        begun = [task["start_date"] for task in self.tasks() if task["try_number"] > 1]
        return min((datetime.fromisoformat(each).timestamp() for each in begun), default=inf)

    def wait_until(self, what: str, holds: Callable[[], bool], *, within: float) -> None:
        """Raises AssertionError if that takes too long, or if the run ends first."""
        deadline = time.monotonic() + within
        while not holds():
            assert time.monotonic() < deadline, f"after {within:.0f} s still waiting for {what}"
            assert self.state() in UNDER_WAY, f"the run ended as {self.state()} before {what}"
            time.sleep(EVERY)

    def wait_for_end(self, *, within: float) -> None:
        deadline = time.monotonic() + within
        while self.state() in UNDER_WAY:
            assert time.monotonic() < deadline, f"after {within:.0f} s the run has not ended"
            time.sleep(EVERY)
