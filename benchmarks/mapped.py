"""One task for all leads against one mapped task each, both in a real Airflow with the LocalExecutor."""

from __future__ import annotations

import argparse
import os
import sqlite3
import sys
import time
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.server import lean_server
from benchmarks.task import LEADS, lead_row
from tests.conftest import DROP_FROM_POSTGRES, POSTGRES, ROOT, own_database
from tests.system.real_airflow.processes import airflow_processes
from tests.system.real_airflow.rest import Airflow

DAGS = Path(__file__).parent / "dags"
PACE = 5000  # more than one task can use: both are as fast as they can be


@dataclass(frozen=True)
class Mapped:
    """Seconds from the start of the first task to the end of the last."""

    bulk_leads: int
    mapped_leads: int
    bulk_seconds: float
    mapped_seconds: float

    @property
    def times_faster(self) -> float:
        return self.mapped_seconds / self.mapped_leads * self.bulk_leads / self.bulk_seconds


def measure(*, bulk: int = 10_000, mapped: int = 100) -> Mapped:
    """The mapped tasks are measured for few leads, and taken to cost the same for many."""
    os.environ["BENCH_LEADS"] = f"{bulk}/{mapped}"
    homes = ROOT / ".airflow"
    homes.mkdir(exist_ok=True)
    with (
        own_database(POSTGRES, drop=DROP_FROM_POSTGRES) as metadata,
        TemporaryDirectory(dir=homes) as name,
        lean_server(latency=0.05, slots=60, capacity=20, endless=True) as server,
    ):
        home = Path(name)
        with closing(sqlite3.connect(home / "warehouse.db")) as db, db:
            db.execute(LEADS)
            db.executemany("INSERT INTO leads VALUES (?, ?, ?, ?, ?, ?)", map(lead_row, range(bulk)))
        with (
            airflow_processes(home, metadata=metadata, dags=DAGS) as address,
            closing(Airflow(address, home, metadata)) as airflow,
        ):
            airflow.wait_until_up()
            for database in ("warehouse", "ledger"):
                airflow.connect(database, conn_type="sqlite", host=str(home / f"{database}.db"))
            extra = f'{{"requests_per_second": {PACE}}}'
            given = {"host": server.url, "password": server.token, "extra": extra}
            airflow.connect("chilipiper_default", conn_type="chilipiper", **given)
            seconds = {dag_id: _run(airflow, dag_id) for dag_id in ("mapped", "bulk")}
            meetings = server.stats().meetings
        assert len(meetings) == bulk + mapped, f"{len(meetings)} of {bulk + mapped} leads were booked"
        assert set(meetings.values()) == {1}, "somebody was booked twice"
    return Mapped(bulk, mapped, bulk_seconds=seconds["bulk"], mapped_seconds=seconds["mapped"])


def _run(airflow: Airflow, dag_id: str) -> float:
    airflow.post(f"/dags/{dag_id}/dagRuns", dag_run_id="first", logical_date=None)
    began = time.monotonic()
    while (run := airflow.get(f"/dags/{dag_id}/dagRuns/first"))["state"] not in ("success", "failed"):
        assert time.monotonic() < began + 1800, f"{dag_id} has not ended"
        time.sleep(1)
    assert run["state"] == "success", f"{dag_id} ended as {run['state']}; its logs are in {airflow.home}"
    start, end = (datetime.fromisoformat(run[name]) for name in ("start_date", "end_date"))
    return (end - start).total_seconds()


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.mapped", description=__doc__)
    parser.add_argument("--bulk", type=int, default=10_000)
    parser.add_argument("--mapped", type=int, default=100)
    found = measure(**vars(parser.parse_args(arguments)))
    print(found, f"times faster: {found.times_faster:.0f}")


if __name__ == "__main__":
    main(sys.argv[1:])
