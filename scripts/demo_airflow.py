"""The demo's Airflow: a home of its own, three connections, and DAGs run as `airflow dags test` runs them."""

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from airflow.models.dagrun import DagRun


class DemoFailed(Exception):
    """Why, for whoever watches."""


def shut_in(home: Path, dags: Path) -> None:
    """Give Airflow a home, and keep every Airflow setting of the user's out. To be called before it is imported."""
    for name in [name for name in os.environ if name.startswith("AIRFLOW")]:
        del os.environ[name]
    os.environ |= {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(dags),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db",
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(home / "logs"),
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
    }


def connect(chilipiper: str, **sqlite_files: Path) -> None:
    """The connections that the example DAGs name."""
    os.environ["AIRFLOW_CONN_CHILIPIPER_DEFAULT"] = chilipiper
    for name, file in sqlite_files.items():
        os.environ[f"AIRFLOW_CONN_{name.upper()}"] = json.dumps({"conn_type": "sqlite", "host": str(file)})


def send_all_output_to(log: Path) -> TextIO:
    """From now on whatever anybody in this process prints goes to the file; answers the terminal."""
    sys.stdout.flush()
    terminal = os.fdopen(os.dup(sys.stdout.fileno()), "w", buffering=1, encoding="utf-8", errors="replace")
    with log.open("w") as file:
        os.dup2(file.fileno(), sys.stdout.fileno())
        os.dup2(file.fileno(), sys.stderr.fileno())
    return terminal


def set_up() -> str:
    """Make Airflow's database; answers its version."""
    from airflow import __version__
    from airflow.utils.db import initdb

    initdb()
    return __version__


def run(dag_id: str, dags: Path) -> None:
    """Run the DAG once, or say which tasks failed."""
    from airflow.dag_processing.dagbag import DagBag

    bag = DagBag(dags / f"{dag_id}.py")
    if dag_id not in bag.dags:
        errors = [error.strip().splitlines()[-1] for error in bag.import_errors.values()]
        raise DemoFailed(f"{dag_id}.py has no DAG {dag_id}: {'; '.join(errors) or 'another name?'}")
    finished: DagRun = bag.dags[dag_id].test()
    if finished.state != "success":
        failed = ", ".join(task.task_id for task in finished.get_task_instances() if task.state != "success")
        raise DemoFailed(f"the DAG {dag_id} ended as {finished.state}; not successful: {failed}")
