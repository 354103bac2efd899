"""The demo, as `make demo` runs it, in a copy of the project's files that it needs."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from scripts import demo_airflow

ROOT = Path(__file__).parents[2]
FAILING = """
from airflow.sdk import dag, task


@dag
def failing():
    @task
    def book():
        raise ValueError("no")

    book()


failing()
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for folder in ("scripts", "example_dags"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def demo(project: Path) -> subprocess.CompletedProcess[str]:
    """With a home of its own, and a user's Airflow settings that would break it."""
    user = project / "user"
    user.mkdir()
    settings = {"AIRFLOW_HOME": str(user / "airflow"), "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": "no://such"}
    return subprocess.run(
        [sys.executable, project / "scripts" / "demo.py"],
        env={**os.environ, **settings, "HOME": str(user)},
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def test_the_demo_books_everybody_once_and_leaves_the_users_airflow_alone(project: Path) -> None:
    done = demo(project)

    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert "40 leads: 31 booked, 4 disqualified, 3 no_slot, 2 invalid." in done.stdout
    assert "40 leads: 31 already_booked, 4 disqualified, 3 no_slot, 2 invalid." in done.stdout
    assert "2 answers were lost on purpose: their meetings were found" in done.stdout
    assert "0 booking calls; the sandbox still has 31 meetings" in done.stdout
    assert "38 meetings for as many guests" in done.stdout
    assert re.search(r"Louis Marc +invalid +repeats the key of row 12", done.stdout)
    assert "\x1b" not in done.stdout
    assert list((project / "user").iterdir()) == []
    assert sorted(path.name for path in project.iterdir()) == [".airflow", "example_dags", "scripts", "user"]


def test_the_demo_fails_clearly_where_it_cannot_write(project: Path) -> None:
    (project / ".airflow").write_text("a file where the folder should be")

    done = demo(project)

    assert done.returncode == 1
    assert re.fullmatch(r"The demo failed: it cannot make the folder \S+ anew \(.+\)\.\n", done.stderr)


def test_a_dag_that_fails_or_cannot_be_read_fails_the_demo_by_name(airflow_db: Path) -> None:
    dags = Path(os.environ["AIRFLOW__CORE__DAGS_FOLDER"])
    (dags / "failing.py").write_text(FAILING)
    (dags / "broken.py").write_text("from airflow.sdk import nothing_of_that_name, dag\n")

    with pytest.raises(demo_airflow.DemoFailed, match="failing ended as failed; not successful: book"):
        demo_airflow.run("failing", dags)
    with pytest.raises(demo_airflow.DemoFailed, match=r"broken\.py has no DAG broken: .*nothing_of_that_name"):
        demo_airflow.run("broken", dags)
