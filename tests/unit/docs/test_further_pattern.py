"""A further pattern costs the files that `docs/contributing.md` lists: a copy of the package with those books."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]
PACKAGE = ROOT / "airflow_chilipiper"
WALK_IN = Path(__file__).parent / "walk_in"
NEW = sorted(file.relative_to(WALK_IN) for file in WALK_IN.glob("*/**/*.py"))
# What is written below the files that are there.
ADDED = {
    "arguments/patterns.py": """
WALK_IN = PatternArguments(
    name="walk_in",
    type="airflow_chilipiper.api.patterns.walk_in:WalkIn",
    permissions="walk-in.schedule (walking in)",
    readers={"desk": as_name},
    request=lambda values: {"desk": values.needed("desk"), "guest": values.email, "form": values.form},
    required=("desk",),
    target=("desk",),
    needs_email=lambda arguments: True,
)
PATTERNS[WALK_IN.name] = WALK_IN
""",
    "operators/__init__.py": """
from airflow_chilipiper.operators.walk_in import WalkInBookOperator

__all__ += ["WalkInBookOperator"]
""",
    "sensors/__init__.py": """
from airflow_chilipiper.sensors.walk_in import WalkInSlotSensor

__all__ += ["WalkInSlotSensor"]
""",
}


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a package with a fourth pattern."""
    folder = tmp_path_factory.mktemp("fourth")
    package = folder / PACKAGE.name
    shutil.copytree(PACKAGE, package, ignore=shutil.ignore_patterns("__pycache__"))
    for name in NEW:
        shutil.copyfile(WALK_IN / name, package / name)
    for name, text in ADDED.items():
        (package / name).write_text((package / name).read_text() + text)
    return folder


@pytest.fixture(scope="module")
def played(copied: Path) -> dict[str, Any]:
    command = [sys.executable, str(WALK_IN / "play.py"), str(copied / "ledger.db")]
    environment = os.environ | {"PYTHONPATH": str(copied)}
    run = subprocess.run(command, cwd=copied, env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    found: dict[str, Any] = json.loads(run.stdout.splitlines()[-1])
    assert Path(found["package"]).is_relative_to(copied)
    return found


def test_the_files_are_those_that_contributors_read_of_and_at_most_seven() -> None:
    page = (ROOT / "docs" / "contributing.md").read_text().partition("## A further pattern")[2]
    listed = re.findall(r"^\d+\. `airflow_chilipiper/(\S+)`", page, re.MULTILINE)
    touched = [*map(str, NEW), *ADDED]
    assert sorted(name.replace("NAME", "walk_in") for name in listed) == sorted(touched)
    assert len(touched) <= 7


def test_slots_are_found_by_the_sensor_the_trigger_and_the_hook(played: dict[str, Any]) -> None:
    assert played["free"]


def test_leads_are_booked_once_though_an_answer_is_lost(played: dict[str, Any]) -> None:
    assert played["lost"] == 1
    assert played["first"] == ["booked"] * 3
    assert played["again"] == ["already_booked"] * 3
    assert played["meetings"] == [f"{name}@prospect.example" for name in ("ada", "bob", "eve", "joe")]


def test_what_cannot_be_booked_is_refused_lead_by_lead(played: dict[str, Any]) -> None:
    """An unknown desk, none, and no guest; and nobody is asked for whom the connection does not allow."""
    others = ["refused", "invalid", "invalid"]
    assert played["odd"] == [["booked", *others], ["already_booked", *others]]
    assert played["kept_out"] == ["invalid", 0]


def test_bad_arguments_are_refused_when_a_dag_is_parsed(played: dict[str, Any]) -> None:
    assert [text.partition(":")[0] for text in played["refusals"]] == [
        "desk is missing",
        "desk is missing",
        "guest_email is missing",
    ]


def test_the_test_of_a_connection_names_its_permission(played: dict[str, Any]) -> None:
    assert played["tested"].endswith(", handoff.schedule (Handoff), walk-in.schedule (walking in).")


def test_its_arguments_are_templates(played: dict[str, Any]) -> None:
    assert (played["fields"], played["sensor_fields"]) == (["desk"], ["desk", "guest_email"])


def test_its_arguments_are_explained_with_the_others(played: dict[str, Any]) -> None:
    assert played["explained"]
