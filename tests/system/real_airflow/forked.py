"""Airflow's components, forked from one process: each alone would take seconds to import what all of them need."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

from tests.system.real_airflow.processes import COMPONENTS, free_port, program, settings

SHARED = (
    "airflow.__main__",
    "airflow.api_fastapi.app",
    "airflow.dag_processing.manager",
    "airflow.jobs.scheduler_job_runner",
    "airflow.jobs.triggerer_job_runner",
)


@contextmanager
def forked_airflow(home: Path, *, metadata: str, dags: Path) -> Iterator[str]:
    """What `airflow_processes` does, in one session."""
    address = f"http://localhost:{free_port()}"
    with program("launcher", __name__, str(home), environment=settings(home, address, metadata, dags), home=home):
        yield address


def main(home: Path) -> None:
    for module in SHARED:
        import_module(module)
    _, status = os.waitpid(fork("db migrate", home), 0)
    if status:
        sys.exit(f"Airflow's tables could not be made; {home / 'db.log'} says why")
    for component in COMPONENTS:
        fork(component, home)
    signal.pause()


def fork(component: str, home: Path) -> int:
    """Logs to a file of its name. Answers the child's id; the child itself comes to its end in here."""
    if child := os.fork():
        return child
    output = os.open(home / f"{component.split(maxsplit=1)[0]}.log", os.O_WRONLY | os.O_CREAT)
    os.dup2(output, sys.stdout.fileno())
    os.dup2(output, sys.stderr.fileno())
    sys.argv = ["airflow", *component.split()]
    sys.exit(import_module("airflow.__main__").main())


if __name__ == "__main__":
    main(Path(sys.argv[1]))
