"""Airflow with the CeleryExecutor, and two of its workers, for as long as a block runs."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from tests.system.real_airflow.processes import COMPONENTS, free_port, in_own_session, settings
from tests.system.real_airflow.rest import Airflow

WORKERS = ("one", "two")
SLOTS = 2  # of each worker: neither can take more than half of four shards
DAGS = Path(__file__).parent / "dags"


class Engine:
    """A running Airflow and its workers, each of which leads a session of its own."""

    def __init__(self, airflow: Airflow, workers: Mapping[str, subprocess.Popen[bytes]]) -> None:
        self.airflow, self.workers = airflow, workers


@contextmanager
def engine(home: Path, *, metadata: str, broker: dict[str, str]) -> Iterator[Engine]:
    """Up and healthy; *metadata* is the URL of an empty database, and *broker* what `own_broker` answered."""
    address = f"http://localhost:{free_port()}"
    environment = settings(home, address, metadata, DAGS) | broker | of_celery(metadata)
    with ExitStack() as started:
        migrating = started.enter_context(in_own_session("db migrate", environment, home))
        assert migrating.wait() == 0, f"Airflow's tables could not be made; {home / 'db.log'} says why"
        for component in COMPONENTS:
            started.enter_context(modest(component, environment, home))
        workers = {name: started.enter_context(worker(name, environment, home)) for name in WORKERS}
        airflow = started.enter_context(closing(Airflow(address, home, metadata)))
        airflow.wait_until_up()
        yield Engine(airflow, workers)


@contextmanager
def worker(name: str, environment: dict[str, str], home: Path) -> Iterator[subprocess.Popen[bytes]]:
    (own := home / f"worker-{name}").mkdir()
    asked = f"celery worker --celery-hostname {name}@%h --concurrency {SLOTS} --skip-serve-logs"
    with modest(asked, environment, own) as process:
        yield process


@contextmanager
def modest(component: str, environment: dict[str, str], home: Path) -> Iterator[subprocess.Popen[bytes]]:
    """It lets the sandbox go first, whose clock tells the pace: calls that pile up before it look like a burst."""
    with in_own_session(component, environment, home) as process:
        os.setpriority(os.PRIO_PROCESS, process.pid, 5)
        yield process


def of_celery(metadata: str) -> dict[str, str]:
    return {"AIRFLOW__CORE__EXECUTOR": "CeleryExecutor", "AIRFLOW__CELERY__RESULT_BACKEND": f"db+{metadata}"}
