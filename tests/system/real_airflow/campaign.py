"""A booking DAG in a real Airflow, and the sandbox that it books in."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from typing import Any, TypeVar
from zlib import crc32

from airflow_chilipiper.sandbox import Sandbox, sandbox
from tests.system.real_airflow.rest import Airflow, wait_for

T = TypeVar("T")


class Campaign:
    """A DAG with the task `book`, and its sandbox."""

    def __init__(self, dag_id: str, airflow: Airflow, chili: Sandbox) -> None:
        self.dag_id, self.airflow, self.chili = dag_id, airflow, chili

    def start(self, run_id: str = "first") -> Run:
        self.airflow.post(f"/dags/{self.dag_id}/dagRuns", dag_run_id=run_id, logical_date=None)
        return Run(self, run_id)

    def wait_for(self, what: str, look: Callable[[], T | None]) -> T:
        try:
            return wait_for(what, look)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.log[-6000:]}") from None

    def called(self, operation: str) -> int:
        return sum(call.operation == operation for call in self.chili.calls)

    @property
    def meetings(self) -> dict[str, str]:
        """By lead, the ids of the sandbox's meetings, after making sure that nobody has two."""
        guests = Counter(each["guest"] for each in self.chili.meetings)
        assert set(guests.values()) <= {1}, guests
        return {key_of(each["guest"]): each["meetingId"] for each in self.chili.meetings}

    def on_record(self, *columns: str) -> list[tuple[Any, ...]]:
        """These columns of its entries in the SQL ledger."""
        query = f"SELECT {', '.join(columns)} FROM chilipiper_ledger WHERE purpose = ?"
        with closing(sqlite3.connect(self.airflow.home / "ledger.db")) as ledger:
            return ledger.execute(query, [self.dag_id]).fetchall()

    @property
    def log(self) -> str:
        """What all tries of its tasks have logged so far."""
        files = sorted((self.airflow.home / "logs" / f"dag_id={self.dag_id}").rglob("*.log"))
        return "\n".join(f"{file}\n{file.read_text()}" for file in files)

    def logged(self, what: str) -> float:
        """When that was first logged, in seconds since 1970."""
        line = next(line for line in self.log.splitlines() if what in line)
        return datetime.fromisoformat(json.loads(line)["timestamp"]).timestamp()


class Run:
    """One DAG run of a campaign."""

    def __init__(self, campaign: Campaign, run_id: str) -> None:
        self._campaign, self._run_id = campaign, run_id
        self._path = f"/dags/{campaign.dag_id}/dagRuns/{run_id}"

    @property
    def task(self) -> Any:
        """The task instance, as its latest try left it."""
        return self._row("SELECT state, try_number, pid FROM task_instance WHERE dag_id = :dag_id AND run_id = :run_id")

    @property
    def outcomes(self) -> list[dict[str, Any]]:
        return self._campaign.airflow.get(f"{self._path}/taskInstances/book/xcomEntries/return_value")["value"]

    @property
    def statuses(self) -> dict[str, int]:
        """How many leads have which outcome."""
        return dict(Counter(row["status"] for row in self.outcomes))

    @property
    def meeting_ids(self) -> dict[str, str]:
        """By lead, after making sure that each of the twenty has one outcome."""
        ids = {row["lead_key"]: row["meeting_id"] for row in self.outcomes}
        assert len(ids) == len(self.outcomes) == 20
        return {key: meeting_id for key, meeting_id in ids.items() if meeting_id}

    def clear(self) -> None:
        chosen = {"dag_run_id": self._run_id, "task_ids": ["book"], "only_failed": False}
        self._campaign.airflow.post(f"/dags/{self._campaign.dag_id}/clearTaskInstances", dry_run=False, **chosen)

    def wait_for_state(self, *states: str, tries: int = 1) -> Any:
        """The task instance once its try of this number, or a later one, is in one of these states."""

        def look() -> Any:
            task = self.task
            return task if task.state in states and task.try_number >= tries else None

        return self._campaign.wait_for(f"try {tries} of {self._path} to be {' or '.join(states)}", look)

    def wait_for_end(self, *, tries: int = 1) -> Any:
        """Of the whole DAG run: Airflow may forget a task that is cleared while its run is being ended."""
        task = self.wait_for_state("success", "failed", tries=tries)
        self._campaign.wait_for(f"{self._path} to end", self._has_ended)
        return task

    def _has_ended(self) -> bool:
        run = self._row("SELECT state FROM dag_run WHERE dag_id = :dag_id AND run_id = :run_id")
        return run.state in ("success", "failed")

    def _row(self, query: str) -> Any:
        return self._campaign.airflow.in_tables(query, dag_id=self._campaign.dag_id, run_id=self._run_id)


@contextmanager
def campaign(dag_id: str, airflow: Airflow) -> Iterator[Campaign]:
    """No two sandboxes make the same meeting ids, and no full calendar keeps anybody from a second meeting."""
    with sandbox(seed=crc32(dag_id.encode()), hosts=40, requests_per_second=200) as chili:
        chili.tenant.variants.concierge_attendees = "flexible"
        connection = json.loads(chili.connection_with(chili.token, timeout=300, meeting_list_lag=1))
        airflow.connect(dag_id, **connection | {"extra": json.dumps(connection["extra"])})
        yield Campaign(dag_id, airflow, chili)


def key_of(guest: str) -> str:
    return guest.removeprefix("lead").partition("@")[0]
