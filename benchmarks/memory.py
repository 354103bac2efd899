"""The most memory that a booking task takes, over an idle Airflow task."""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from benchmarks.server import lean_server
from benchmarks.task import connect, execute, warehouse

PACE = 500
LATENCY = 0.02


@dataclass(frozen=True)
class Memory:
    """In MB of 2**20 bytes: the process with what Airflow itself loads for any task, and the most of it at the end."""

    leads: int
    idle: float
    peak: float

    @property
    def over_idle(self) -> float:
        return self.peak - self.idle


def measure(*, leads: int) -> Memory:
    """In a process of its own, since a peak is never taken back."""
    command = [sys.executable, "-m", "benchmarks.memory", "--here", str(leads)]
    ran = subprocess.run(command, cwd=Path(__file__).parent.parent, check=True, capture_output=True, text=True)  # noqa: S603
    return Memory(**json.loads(ran.stdout.splitlines()[-1]))


def measure_here(leads: int) -> Memory:
    """Leads from a query, outcomes into a results table, over a durable ledger."""
    with lean_server(latency=LATENCY, slots=60, capacity=20, endless=True) as server, warehouse(leads) as house:
        connect(server.url, server.token, requests_per_second=PACE)
        import airflow.sdk.execution_time.task_runner  # noqa: F401  # what every task process has loaded

        idle = _peak()
        done = execute(house.operator(results_table="outcomes"))
        peak = _peak()
        assert done.counts == {"booked": leads}, done.counts
        assert set(server.stats().meetings.values()) == {1}, "somebody was booked twice"
    return Memory(leads, idle, peak)


def _peak() -> float:
    """Of this process, whose memory the children's is not."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.memory", description=__doc__)
    parser.add_argument("leads", type=int, nargs="?", default=10_000)
    parser.add_argument("--here", action="store_true", help="in this process, which is then to end")
    given = parser.parse_args(arguments)
    if given.here:
        print(json.dumps(vars(measure_here(given.leads))))
    else:
        found = measure(leads=given.leads)
        print(found, f"{found.over_idle:.0f} MB over idle")


if __name__ == "__main__":
    main(sys.argv[1:])
