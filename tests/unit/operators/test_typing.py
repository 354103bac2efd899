"""What type checkers say of a user's DAG file: a mistake is found at its line, and a right file has none."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
HEAD = """
from __future__ import annotations
from airflow_chilipiper.operators import *
from airflow_chilipiper.sensors import *

"""
CONCIERGE = 'ConciergeBookOperator(task_id="a", purpose="q3", router_slug="in", trigger="InAppButton", {})'
LINK = 'SchedulingLinkBookOperator(task_id="a", purpose="q3", link_id="l", {})'
SENSOR = 'ConciergeSlotSensor(task_id="a", router_slug="in", trigger="InAppButton", form=dict(a=1), {})'
# Each a line of its own, and the argument that is to blame.
WRONG = [
    ('ConciergeBookOperator(task_id="a", purpose="q3", router_slug="in", trigger="Nope")', "trigger"),
    ('ConciergeBookOperator(task_id="a", purpose=1, router_slug="in", trigger="InAppButton")', "purpose"),
    ('ConciergeBookOperator(task_id="a", router_slug="in", trigger="InAppButton")', "purpose"),
    ('ConciergeBookOperator(task_id="a", purpose="q3", trigger="InAppButton")', "router_slug"),
    (CONCIERGE.format('weekdays=("Lundi",)'), "weekdays"),
    (CONCIERGE.format("bogus=3"), "bogus"),
    (CONCIERGE.format('email="x"'), "email"),
    (CONCIERGE.format('key="id"'), "key"),
    (CONCIERGE.format('on_no_slot="retry"'), "on_no_slot"),
    (CONCIERGE.format('fail_on=["lost"]'), "lost"),
    (CONCIERGE.format('fail_on={"no_slot": "5%"}'), "float"),
    (CONCIERGE.format('skip_on={"no_slot": 0.5}'), "skip_on"),
    (CONCIERGE.format('in_doubt="rebook"'), "in_doubt"),
    (CONCIERGE.format("window=7"), "window"),
    (CONCIERGE.format('retries="many"'), "retries"),
    (LINK.format('email="x"'), "email"),
    (LINK.format("bogus=3"), "bogus"),
    (LINK.format("booking_url=3"), "booking_url"),
    ('HandoffBookOperator(task_id="a", purpose="q3", crm_type="Lead")', "crm_type"),
    ('HandoffBookOperator(task_id="a", purpose="q3", email="x")', "email"),
    ('ReconcileBookingsOperator(task_id="a", bogus=3)', "bogus"),
    ('ReconcileBookingsOperator(task_id="a", email="x")', "email"),
    ('ConciergeSlotSensor(task_id="a", router_slug="in", trigger="Nope", form=dict(a=1))', "trigger"),
    (SENSOR.format('weekdays=("Lundi",)'), "weekdays"),
    (SENSOR.format('mode="sleep"'), "mode"),
    (SENSOR.format('email="x"'), "email"),
    ('HandoffSlotSensor(task_id="a", bogus=3)', "bogus"),
    ('SchedulingLinkSlotSensor(task_id="a", email="x")', "email"),
    ('AvailableSlotsSensor(task_id="a", meeting_type_id="m", email="x")', "email"),
    ("Rebook(session_lifetime=600)", "session_lifetime"),
]
RIGHT = """
from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

from airflow.sdk import DAG, task

from airflow_chilipiper.hooks import ChiliPiperHook
from airflow_chilipiper.operators import (
    ConciergeBookOperator,
    HandoffBookOperator,
    Rebook,
    ReconcileBookingsOperator,
    SchedulingLinkBookOperator,
    col,
)
from airflow_chilipiper.sensors import (
    AvailableSlotsSensor,
    ConciergeSlotSensor,
    HandoffSlotSensor,
    SchedulingLinkSlotSensor,
)

with DAG("right", schedule=None, default_args={"email": ["ops@corp.example"], "retries": 2}):

    @task
    def rows() -> list[dict[str, Any]]:
        return [{"lead_id": 1, "email": "ada@prospect.example"}]

    @task
    def router() -> str:
        return ChiliPiperHook().routers()[0].slug

    leads = rows()
    wait = SchedulingLinkSlotSensor(
        task_id="wait", guest_email="{{ params.guest }}", link_id="l", mode="reschedule", poke_interval=60, pool="p"
    )
    book = ConciergeBookOperator(
        task_id="book",
        purpose="q3",
        router_slug=router(),
        trigger="InAppButton",
        form={"PersonEmail": col("email"), "Source": "{{ dag.dag_id }}"},
        leads=leads,
        lead_key=col("lead_id"),
        guest_email=col("email"),
        timezone=col("zone", default=None),
        window=timedelta(days=3),
        window_start=datetime(2026, 11, 2, tzinfo=timezone.utc),
        between=("09:00", "17:00"),
        weekdays=("Mon",),
        min_notice="2 hours",
        prefer=wait.output,
        keep=["name"],
        fail_on={"no_slot": 0.1},
        skip_on=("disqualified",),
        in_doubt=Rebook(session_lifetime="{{ params.lifetime }}"),
        preview="{{ params.preview }}",
        retries=3,
        retry_delay=timedelta(minutes=5),
        pool="chilipiper",
        queue="bookings",
        execution_timeout=timedelta(hours=1),
        default_args={"email": ["ops@corp.example"]},
        trigger_rule="all_done",
        on_failure_callback=lambda context: None,
        params={"lifetime": "10 minutes"},
        doc_md="x",
    )
    handed = HandoffBookOperator(
        task_id="handed",
        purpose="{{ params.purpose }}",
        lead={"crm": "00Q1"},
        lead_key=col("crm"),
        timezone=ZoneInfo("Europe/Paris"),
        workspace="Sales",
        booker_email=col("rep"),
        crm_id=col("crm"),
        crm_type="LeadId",
        fail_on=("no_slot",),
        shard="0/4",
    )
    links = SchedulingLinkBookOperator(
        task_id="links",
        purpose=book.output,
        sql="SELECT * FROM leads",
        sql_conn_id="warehouse",
        lead_key=col("id"),
        link={"type": "RoundRobin", "linkId": col("link")},
        weekdays=["Mon", "Tue"],
        results_table="outcomes",
        write_back_sql="UPDATE leads SET meeting = :meeting_id WHERE id = :lead_key",
        shard=(0, 4),
        in_doubt="hold",
    )
    mapped = ConciergeBookOperator.partial(
        task_id="mapped", purpose="q3", router_slug="in", trigger="RouterLink", form={}, retries=1
    ).expand(lead=leads)
    sweep = ReconcileBookingsOperator(task_id="sweep", purpose="{{ params.purpose }}", retries=1, fail_on_review=True)
    host = AvailableSlotsSensor(task_id="host", meeting_type_id="m", host_email="a@b.example", soft_fail=True)
    offered = ConciergeSlotSensor(
        task_id="offered", router_slug="in", trigger="InAppButton", form=leads, opens_sessions=True, deferrable=True
    )
    rep = HandoffSlotSensor(task_id="rep", workspace_id="w", booker_id="u", crm_id="00Q1", crm_type="LeadId")
    wait >> book >> sweep
    [links, handed] >> sweep
"""


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("user")
    right, wrong = folder / "right.py", folder / "wrong.py"
    right.write_text(RIGHT)
    wrong.write_text(HEAD + "\n".join(line for line, _ in WRONG) + "\n")
    return right, wrong


Found = dict[str, dict[int, str]]  # by the name of the file, whose folder may be that of an earlier run


def found_by_mypy(*files: Path) -> Found:
    """With the cache of `make check`, whose settings are strict and more."""
    command = [sys.executable, "-m", "mypy", "--strict", "--output", "json", *map(str, files)]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 1, run.stdout + run.stderr
    errors = [each for each in map(json.loads, run.stdout.splitlines()) if each["severity"] == "error"]
    return gathered([(Path(each["file"]).name, each["line"], each["message"]) for each in errors])


def found_by_pyright(*files: Path) -> Found:
    command = [sys.executable, "-m", "basedpyright", "--pythonpath", sys.executable, "--outputjson", *map(str, files)]
    run = subprocess.run(command, cwd=files[0].parent, capture_output=True, text=True, check=False)
    assert run.returncode == 1, run.stdout + run.stderr
    errors = [each for each in json.loads(run.stdout)["generalDiagnostics"] if each["severity"] == "error"]
    return gathered([(Path(each["file"]).name, each["range"]["start"]["line"] + 1, each["message"]) for each in errors])


def gathered(errors: list[tuple[str, int, str]]) -> Found:
    found: Found = {}
    for file, line, message in errors:
        of_file = found.setdefault(file, {})
        of_file[line] = of_file.get(line, "") + message
    return found


@pytest.mark.parametrize("check", [found_by_mypy, found_by_pyright], ids=["mypy", "pyright"])
def test_each_mistake_is_found_at_its_line_and_a_right_file_has_none(
    check: Callable[..., Found], files: tuple[Path, Path]
) -> None:
    found = check(*files)
    assert found.keys() == {"wrong.py"}, found
    said = found["wrong.py"]
    lines = dict(enumerate(WRONG, HEAD.count("\n") + 1))
    assert [call for number, (call, _) in lines.items() if number not in said] == []
    assert [call for number, (call, blamed) in lines.items() if blamed not in said[number]] == []
    assert said.keys() == lines.keys()
