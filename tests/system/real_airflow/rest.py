"""Airflow asked over its REST API, or in its own tables by whoever asks again and again, and waited for."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import httpx
import sqlalchemy as sa

T = TypeVar("T")
ENOUGH = 120.0


class Airflow:
    """A running Airflow: its REST API, its tables, and its home for the logs in it."""

    def __init__(self, address: str, home: Path, metadata: str) -> None:
        self.home = home
        self._tables = sa.create_engine(metadata)
        at_once = httpx.Limits(max_connections=2)  # the API server is there for the tasks, too
        self._client = httpx.Client(base_url=address, timeout=60, limits=at_once)

    def close(self) -> None:
        self._client.close()
        self._tables.dispose()

    def wait_until_up(self) -> None:
        """Until every process says that it is well, and the DAGs are read."""
        wait_for(f"Airflow, whose logs are in {self.home}", self._knows_us)
        wait_for(f"the processes that log to {self.home}", lambda: self._is_healthy() and self.get("/dags")["dags"])

    def get(self, path: str) -> Any:
        return self._read(self._client.get(f"/api/v2{path}"))

    def post(self, path: str, **body: Any) -> Any:
        return self._read(self._client.post(f"/api/v2{path}", json=body))

    def in_tables(self, query: str, **values: str) -> sa.Row[Any]:
        """The one row of that query. The API server would be kept busier by ten tests that look than by their tasks."""
        with self._tables.connect() as connection:
            return connection.execute(sa.text(query), values).one()

    def connect(self, conn_id: str, **fields: Any) -> None:
        self.post("/connections", connection_id=conn_id, **fields)

    def _read(self, answer: httpx.Response) -> Any:
        assert answer.is_success, f"{answer.request.method} {answer.url}: {answer.status_code} {answer.text}"
        return answer.json()

    def _knows_us(self) -> bool:
        try:
            token = self._client.get("/auth/token").json()["access_token"]
        except httpx.ConnectError:
            return False
        self._client.headers["Authorization"] = f"Bearer {token}"
        return True

    def _is_healthy(self) -> bool:
        return all(each["status"] == "healthy" for each in self.get("/monitor/health").values())


def wait_for(what: str, look: Callable[[], T | None]) -> T:
    """What *look* sees once there is anything: other processes are at work, and none would report it."""
    deadline = time.monotonic() + ENOUGH
    while not (seen := look()):
        assert time.monotonic() < deadline, f"after {ENOUGH:.0f} s still waiting for {what}"
        time.sleep(0.3)
    return seen
