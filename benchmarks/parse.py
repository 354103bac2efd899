"""What our imports add to the parsing of a DAG file, above what Airflow's SDK has loaded by then.

Each time is that of a fresh interpreter that finds all bytecode written, as on any DAG processor; the least is what the
machine can do undisturbed.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from tests.conftest import ROOT, pytest_unconfigure

TIMED = """
import runpy, time
{before}
cpu, clock = time.process_time(), time.perf_counter()
{measured}
print(time.perf_counter() - clock, time.process_time() - cpu)
"""
OPERATORS = ("import airflow.sdk", "import airflow_chilipiper.operators")
SENSORS = ("import airflow.sdk", "import airflow_chilipiper.sensors")
PLAIN = """
import datetime, pendulum
from airflow.sdk import DAG, BaseOperator, BaseSensorOperator, Param, task

with DAG("plain", params={"guest": Param(type="string", format="email")}):
    @task
    def guest(): ...
    guest() >> BaseOperator(task_id="book") >> BaseSensorOperator(task_id="slots")
"""
# An example with a sensor and an operator of ours, above a DAG of as many tasks that are Airflow's.
EXAMPLE = (PLAIN, f"runpy.run_path({str(ROOT / 'example_dags' / 'wait_then_book.py')!r})")
CASES = {"operators": OPERATORS, "sensors": SENSORS, "example DAG file": EXAMPLE}


@dataclass(frozen=True, kw_only=True)
class Parse:
    """Milliseconds of each run, on the clock and of CPU."""

    wall_ms: Sequence[float]
    cpu_ms: Sequence[float]


def measure(before: str, measured: str, *, runs: int = 15) -> Parse:
    """A run that nobody measures comes first: it writes the bytecode."""
    code = TIMED.format(before=before, measured=measured)
    taken = [once(code) for _ in range(runs + 1)][1:]
    wall, cpu = zip(*taken, strict=True)
    return Parse(wall_ms=wall, cpu_ms=cpu)


def once(code: str) -> tuple[float, float]:
    command = [sys.executable, "-c", code]
    run = subprocess.run(command, env=environment(), capture_output=True, text=True, check=True)  # noqa: S603  # ours
    wall, cpu = run.stdout.splitlines()[-1].split()
    return float(wall) * 1000, float(cpu) * 1000


def environment() -> dict[str, str]:
    """Bytecode is written, whatever our own environment says of that, and to where nobody else writes it."""
    known = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**known, "PYTHONPYCACHEPREFIX": str(ROOT / ".cache" / "bytecode")}


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.parse", description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=15)
    given = parser.parse_args(arguments)
    print(f"{'ms, above airflow.sdk':22}  {'median':>6}  {'least':>6}  {'CPU median':>10}  {'CPU least':>9}")
    for name, (before, measured) in CASES.items():
        found = measure(before, measured, runs=given.runs)
        wall, cpu = found.wall_ms, found.cpu_ms
        print(f"{name:22}  {median(wall):6.1f}  {min(wall):6.1f}  {median(cpu):10.1f}  {min(cpu):9.1f}")


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    finally:
        pytest_unconfigure()
