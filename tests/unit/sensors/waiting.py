"""Sensors over the sandbox as a DAG declares them, and what Airflow does with them."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from importlib import import_module
from typing import Any

import pytest

from airflow_chilipiper.sandbox import Sandbox, sandbox
from airflow_chilipiper.sandbox.state.seed import DEMO
from airflow_chilipiper.sensors import (
    AvailableSlotsSensor,
    ConciergeSlotSensor,
    HandoffSlotSensor,
    SchedulingLinkSlotSensor,
    SlotBaseSensor,
)

CONNECTION = "AIRFLOW_CONN_CHILIPIPER_DEFAULT"
GUEST = "jo.doe@prospect.example"
FORM = {"PersonEmail": GUEST, "CompanyEmployees": 50}
CONCIERGE = {"router_slug": "inbound-demo", "trigger": "InAppButton", "form": FORM, "opens_sessions": True}
LINK = {"guest_email": GUEST, "link_type": "RoundRobin", "link_id": "link-rr-demo"}
FULL = {**LINK, "link_id": "link-rr-full"}
HANDOFF = {"workspace_id": "ws-success", "booker_id": "u-sdr-1", "guest_email": GUEST}
HOST = {"host": "u-host-01", "meeting_type_id": DEMO}
EVERY_SENSOR = [
    (AvailableSlotsSensor, HOST),
    (ConciergeSlotSensor, CONCIERGE),
    (HandoffSlotSensor, HANDOFF),
    (SchedulingLinkSlotSensor, LINK),
]


@pytest.fixture
def chili(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    with sandbox(requests_per_second=1000) as running:
        monkeypatch.setenv(CONNECTION, running.connection)
        yield running


def made(kind: type[SlotBaseSensor], **arguments: Any) -> Any:
    """One that gives up after its first look unless another timeout is given."""
    return kind(**{"task_id": "wait", "poke_interval": 0, "timeout": 0, "deferrable": False, **arguments})


def link(**arguments: Any) -> Any:
    return made(SchedulingLinkSlotSensor, **{**LINK, **arguments})


def full(**arguments: Any) -> Any:
    return made(SchedulingLinkSlotSensor, **{**FULL, **arguments})


def airflows(name: str) -> Any:
    """An exception that 3.1 keeps elsewhere."""
    for module in ("airflow.sdk.exceptions", "airflow.exceptions"):
        try:
            return getattr(import_module(module), name)
        except (AttributeError, ModuleNotFoundError):
            continue
    raise AssertionError(name)


def deferred(sensor: Any) -> Any:
    with pytest.raises(airflows("TaskDeferred")) as caught:
        sensor.execute({})
    return caught.value


def resumed(sensor: Any, deferral: Any, **context: Any) -> Any:
    """Run the trigger for real and come back with its event, as the task runner does."""

    async def one_event() -> Any:
        return (await anext(deferral.trigger.run())).payload

    return sensor.resume_execution(deferral.method_name, {"event": asyncio.run(one_event())}, context)


def free(chili: Sandbox) -> None:
    """The calendars behind the full link are opened."""
    links = chili.tenant.catalogue.links
    with chili.tenant.lock:
        links["link-rr-full"] = replace(links["link-rr-full"], target=links["link-rr-demo"].target)


def fresh(code: str, **environment: str) -> str:
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, env=os.environ | environment
    )
    assert run.returncode == 0, run.stderr
    return run.stdout
