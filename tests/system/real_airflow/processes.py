"""Airflow's own processes, in a home and on a port of their own, for as long as a block runs."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from uuid import uuid4

import psutil

COMPONENTS = ("api-server", "dag-processor", "scheduler --skip-serve-logs", "triggerer --skip-serve-logs")


@contextmanager
def airflow_processes(home: Path, *, metadata: str, dags: Path) -> Iterator[str]:
    """Make Airflow's tables behind the URL *metadata* and start it; answers the address of its API, not up yet.

    Whatever was started is killed at the end: each process has a session of its own, which not even a task leaves.
    """
    address = f"http://localhost:{free_port()}"
    environment = settings(home, address, metadata, dags)
    with ExitStack() as started:
        migrating = started.enter_context(in_own_session("db migrate", environment, home))
        assert migrating.wait() == 0, f"Airflow's tables could not be made; {home / 'db.log'} says why"
        for component in COMPONENTS:
            started.enter_context(in_own_session(component, environment, home))
        yield address


def settings(home: Path, address: str, metadata: str, dags: Path) -> dict[str, str]:
    """Secrets that all processes share, and short waits; a task that gives no sign of life is given up soon.

    Bytecode may be written, since else each task compiles all of the package.
    """
    others = {name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "PYTHONDONT"))}
    return others | {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__API_AUTH__JWT_SECRET": uuid4().hex * 2,
        "AIRFLOW__API__BASE_URL": address,
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": address.rpartition(":")[2],
        "AIRFLOW__API__SECRET_KEY": uuid4().hex,
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "AIRFLOW__CORE__DAGS_FOLDER": str(dags),
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{address}/execution/",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__FERNET_KEY": "",
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__PARALLELISM": "12",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": metadata,
        "AIRFLOW__DATABASE__SQL_ALCHEMY_MAX_OVERFLOW": "25",  # the API server hangs where more tasks ask at once
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(home / "logs"),
        "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.5",
        "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "15",
        "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": "1",
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        "AIRFLOW__WORKERS__EXECUTION_API_TIMEOUT": "60",  # what is asked again is done again by a busy API server
        "AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL": "3",
    }


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as asked:
        port: int = asked.getsockname()[1]
        return port


@contextmanager
def in_own_session(component: str, environment: dict[str, str], home: Path) -> Iterator[subprocess.Popen[bytes]]:
    with program(
        component.split(maxsplit=1)[0], "airflow", *component.split(), environment=environment, home=home
    ) as started:
        yield started


@contextmanager
def program(
    name: str, module: str, *arguments: str, environment: dict[str, str], home: Path
) -> Iterator[subprocess.Popen[bytes]]:
    with (home / f"{name}.log").open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        kill_session(process.pid)
        process.wait()


def kill_session(session: int) -> None:
    """Until nobody is left: who was forked meanwhile is found by the next look."""
    while members := [pid for pid in psutil.pids() if session_of(pid) == session]:
        for pid in members:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def session_of(pid: int) -> int | None:
    """None for who is gone, or dead and not yet mourned."""
    try:
        return None if psutil.Process(pid).status() == psutil.STATUS_ZOMBIE else os.getsid(pid)
    except (psutil.Error, ProcessLookupError):
        return None
