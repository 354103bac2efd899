"""Waits for a desk, looks at it over the hook and from the triggerer, books, and prints what became of the leads."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pendulum
from airflow.sdk import DAG

import airflow_chilipiper
from airflow_chilipiper.api.patterns.walk_in import WalkIn
from airflow_chilipiper.hooks import ChiliPiperHook
from airflow_chilipiper.operators import WalkInBookOperator, col
from airflow_chilipiper.sandbox import Sandbox, sandbox
from airflow_chilipiper.sensors import WalkInSlotSensor

LEADS = [{"id": name, "email": f"{name}@prospect.example"} for name in ("ada", "bob", "eve")]


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
    return [row["status"] for row in run(WalkInBookOperator(task_id=task_id, desk="front", **{**arguments, **more}))]


def play(box: Sandbox) -> dict[str, Any]:
    waiting = WalkInSlotSensor(
        task_id="wait", desk="front", guest_email="jo@prospect.example", poke_interval=0, timeout=0
    )
    free = waiting.execute({})
    event = asyncio.run(anext(waiting.watcher(deadline=pendulum.now().timestamp() + 60).run()))
    offer = ChiliPiperHook().open(WalkIn(desk="front", guest="jo@prospect.example"), window=timedelta(days=7))
    box.faults.lose_answer("walk-in-schedule", skip=1)
    return {
        "package": airflow_chilipiper.__file__,
        "fields": [*WalkInBookOperator.template_fields][-1:],
        "free": len(free) == len(offer.slots) > 0 and free[0] in str(event.payload),
        "tested": ChiliPiperHook().test_connection()[1],
        "first": booked("book"),
        "again": booked("again"),
        "lost": sum(call.fault == "lose_answer" for call in box.calls),
        "meetings": sorted(meeting["guest"] for meeting in box.meetings),
    }


with sandbox() as box, DAG("d", schedule=None):
    box.tenant.tokens = {token: kept | {"walk-in.schedule"} for token, kept in box.tenant.tokens.items()}
    os.environ["AIRFLOW_CONN_CHILIPIPER_DEFAULT"] = box.connection
    os.environ["AIRFLOW_CONN_LEDGER"] = json.dumps({"conn_type": "sqlite", "host": sys.argv[1]})
    became = play(box)
sys.stdout.write(json.dumps(became) + "\n")
