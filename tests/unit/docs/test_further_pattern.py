"""A further pattern costs the files that the page on contributing lists: one is added to a copy of the package."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
EXAMPLE = ROOT / "docs" / "examples" / "further_pattern"
NEW = {
    "api/patterns/walk_in.py": "pattern.py",
    "operators/walk_in.py": "operator.py",
    "sensors/walk_in.py": "sensor.py",
    "sandbox/endpoints/walk_in.py": "endpoints.py",
}
IMPORTED = {
    "operators/__init__.py": "from airflow_chilipiper.operators.walk_in import WalkInBookOperator\n",
    "sensors/__init__.py": "from airflow_chilipiper.sensors.walk_in import WalkInSlotSensor\n",
}
ALL_PATTERNS = "(CONCIERGE, SCHEDULING_LINK, HANDOFF)"

# What a user does with it: wait for slots at a desk, and book its two guests; then, again, nobody twice.
USE = """
import json, os, sys
from pathlib import Path
from types import SimpleNamespace

import pendulum

import airflow_chilipiper
from airflow_chilipiper.operators import WalkInBookOperator, col
from airflow_chilipiper.sandbox import sandbox
from airflow_chilipiper.sensors import WalkInSlotSensor

class TaskInstance(SimpleNamespace):
    dag_id, run_id, task_id, map_index, try_number = "walk_ins", "manual", "book", -1, 1
    def xcom_push(self, key, value): ...

def context():
    dag = SimpleNamespace(timezone=pendulum.timezone("UTC"))
    return {"ti": TaskInstance(), "dag": dag, "dag_run": SimpleNamespace(run_type="manual")}

leads = [{"id": number, "email": f"lead{number}@example.com"} for number in (1, 2)]
with sandbox() as chili:
    os.environ["AIRFLOW_CONN_CHILIPIPER_DEFAULT"] = chili.connection_with(chili.token, ledger_conn_id="ledger")
    wait = WalkInSlotSensor(task_id="wait", guest_email="lead1@example.com", desk="dist-experts")
    slots = wait.execute({})
    book = WalkInBookOperator(
        task_id="book", purpose="q3", leads=leads, lead_key=col("id"), desk="dist-experts", prefer=slots[:1]
    )
    chili.faults.lose_answer("walk-in-schedule")
    statuses = [[row["status"] for row in book.execute(context())] for _ in range(2)]
    guests = sorted(meeting["guest"] for meeting in chili.meetings)

Path(sys.argv[1]).write_text(json.dumps({
    "package": airflow_chilipiper.__file__,
    "slots": len(slots),
    "statuses": statuses,
    "guests": guests,
    "arguments": "desk" in WalkInBookOperator.__signature__.parameters,
}))
"""


def add_pattern(package: Path) -> set[str]:
    """The files of the package that this touches."""
    for file, source in NEW.items():
        shutil.copyfile(EXAMPLE / source, package / file)
    for file, line in IMPORTED.items():
        text = (package / file).read_text()
        (package / file).write_text(text.replace("\n__all__", f"{line}\n__all__", 1))
    arguments = package / "arguments" / "patterns.py"
    before, found, after = arguments.read_text().partition("PATTERNS = ")
    _, name, entry = (EXAMPLE / "arguments.py").read_text().partition("WALK_IN = ")
    assert found
    assert ALL_PATTERNS in after
    after = after.replace(ALL_PATTERNS, f"{ALL_PATTERNS[:-1]}, WALK_IN)")
    arguments.write_text(f"{before}{name}{entry}{found}{after}")
    return {*NEW, *IMPORTED, "arguments/patterns.py"}


def test_a_further_pattern_waits_books_and_finds_a_lost_answer_with_the_listed_files_alone(tmp_path: Path) -> None:
    package = tmp_path / "airflow_chilipiper"
    shutil.copytree(ROOT / "airflow_chilipiper", package, ignore=shutil.ignore_patterns("__pycache__"))
    touched = {f"airflow_chilipiper/{file}" for file in add_pattern(package)}

    _, _, page = (ROOT / "docs" / "contributing.md").read_text().partition("## A further pattern")
    assert touched == {file.replace("NAME", "walk_in") for file in re.findall(r"^\d+\. `(\S+)`", page, re.MULTILINE)}

    ledger = json.dumps({"conn_type": "sqlite", "host": str(tmp_path / "ledger.db")})
    used = subprocess.run(
        [sys.executable, "-c", USE, str(tmp_path / "found.json")],
        env=os.environ | {"PYTHONPATH": str(tmp_path), "AIRFLOW_CONN_LEDGER": ledger},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert used.returncode == 0, used.stderr
    found = json.loads((tmp_path / "found.json").read_text())
    assert Path(found["package"]).is_relative_to(tmp_path)
    assert found["slots"] > 1
    assert found["statuses"] == [["booked", "booked"], ["already_booked", "already_booked"]]
    assert found["guests"] == ["lead1@example.com", "lead2@example.com"]
    assert found["arguments"]
