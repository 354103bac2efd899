"""Waits for a desk, looks at it over the hook and from the triggerer, books, and prints what became of the leads."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Iterator
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pendulum
import pytest
from airflow.sdk import DAG

import airflow_chilipiper
from airflow_chilipiper.api.patterns.walk_in import WalkIn
from airflow_chilipiper.arguments.bad_value import BadValue
from airflow_chilipiper.hooks import ChiliPiperHook
from airflow_chilipiper.operators import WalkInBookOperator, col
from airflow_chilipiper.sandbox import Sandbox, sandbox
from airflow_chilipiper.sensors import WalkInSlotSensor

LEADS = [{"id": name, "email": f"{name}@prospect.example"} for name in ("ada", "bob", "eve")]
ODD = [
    {"id": "joe", "email": "joe@prospect.example", "desk": "front"},
    {"id": "kim", "email": "kim@prospect.example", "desk": "none"},
    {"id": "lea", "email": "lea@prospect.example", "desk": None},
    {"id": "max"},
]


class TaskInstance:
    dag_id, run_id, task_id, map_index, try_number = "d", "r", "t", -1, 1

    def __init__(self) -> None:
        self.pushed: dict[str, Any] = {}

    def xcom_push(self, key: str, value: Any) -> None:
        self.pushed[key] = value


def run(operator: Any) -> Any:
    dag = SimpleNamespace(timezone=pendulum.timezone("Europe/Paris"))
    return operator.execute({"ti": TaskInstance(), "dag": dag, "dag_run": SimpleNamespace(run_type="manual")})


def booked(task_id: str, **more: Any) -> list[Any]:
    arguments = {"purpose": "q3", "leads": LEADS, "lead_key": col("id"), "ledger_conn_id": "ledger", "fail_on": ()}
    arguments |= {"desk": "front", **more}
    return [row["status"] for row in run(WalkInBookOperator(task_id=task_id, **arguments))]


def refusals() -> Iterator[str]:
    """What a DAG is told that names no desk, or no guest to wait for."""
    for kind, given in (
        (WalkInBookOperator, {"task_id": "no_desk", "purpose": "q3", "lead": LEADS[0], "desk": None}),
        (WalkInSlotSensor, {"task_id": "no_desk_to_watch", "desk": None, "guest_email": "jo@prospect.example"}),
        (WalkInSlotSensor, {"task_id": "nobody", "desk": "front"}),
    ):
        try:
            kind(**given)
        except BadValue as bad:
            yield str(bad)


def kept_out(box: Sandbox) -> list[Any]:
    """A lead whom the connection's safety net does not allow."""
    before = len(box.calls)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(
            "AIRFLOW_CONN_CHILIPIPER_DEFAULT", box.connection_with(box.token, allowed_guest_domains="a.example")
        )
        return [*booked("kept_out", purpose="q4", leads=LEADS[:1]), len(box.calls) - before]


def play(box: Sandbox) -> dict[str, Any]:
    waiting = WalkInSlotSensor(
        task_id="wait", desk="front", guest_email="jo@prospect.example", poke_interval=0, timeout=0
    )
    free = waiting.execute({})
    event = asyncio.run(anext(waiting.watcher(deadline=pendulum.now().timestamp() + 60).run()))
    offer = ChiliPiperHook().open(WalkIn(desk="front", guest="jo@prospect.example"), window=timedelta(days=7))
    offered = {slot.start_as_sent for slot in offer.slots}
    box.faults.lose_answer("walk-in-schedule", skip=1)
    return {
        "package": airflow_chilipiper.__file__,
        "fields": [*WalkInBookOperator.template_fields][-1:],
        "sensor_fields": sorted({"desk", "guest_email"} & {*WalkInSlotSensor.template_fields}),
        "explained": ":param desk: the name of the desk (templated)\n" in (WalkInBookOperator.__doc__ or ""),
        "refusals": [*refusals()],
        "free": {*free} <= offered and free[0] in str(event.payload),  # a sensor's slots have notice
        "tested": ChiliPiperHook().test_connection()[1],
        "first": booked("book"),
        "again": booked("again"),
        "odd": [booked(task_id, leads=ODD, desk=col("desk", default=None)) for task_id in ("odd", "odd_again")],
        "kept_out": kept_out(box),
        "lost": sum(call.fault == "lose_answer" for call in box.calls),
        "meetings": sorted(meeting["guest"] for meeting in box.meetings),
    }


with sandbox() as box, DAG("d", schedule=None):
    box.tenant.tokens = {token: kept | {"walk-in.schedule"} for token, kept in box.tenant.tokens.items()}
    os.environ["AIRFLOW_CONN_CHILIPIPER_DEFAULT"] = box.connection
    os.environ["AIRFLOW_CONN_LEDGER"] = json.dumps({"conn_type": "sqlite", "host": sys.argv[1]})
    became = play(box)
sys.stdout.write(json.dumps(became) + "\n")
