"""Airflow's own trigger runner with so many sensors deferred to it, in a process of its own; there is no database.

The runner keeps its loop, its watchdog and what it puts around each trigger. Only its supervisor is away, which would
hand it the triggers and take their events: it gets all of them at its first sync.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import resource
import sys
import time
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import structlog
from airflow.executors.workloads import RunTrigger
from airflow.jobs.triggerer_job_runner import TriggerRunner, messages
from airflow.models.trigger import Trigger

from airflow_chilipiper.triggers import SlotTrigger

ENDLESS = 10**9


class Triggerer(TriggerRunner):  # type: ignore[misc]
    """Runs these triggers for that many seconds, and counts those that ended, of which there should be none."""

    def __init__(self, triggers: list[RunTrigger], seconds: float) -> None:
        super().__init__()
        self.waiting = triggers
        self.seconds = seconds
        self.ended = 0

    async def init_comms(self) -> None:
        self.comms_decoder = SimpleNamespace(_reader_task=asyncio.create_task(asyncio.sleep(ENDLESS)))
        asyncio.get_running_loop().call_later(self.seconds, setattr, self, "stop", True)

    async def asend(self, message: Any) -> Any:
        self.ended += len(message.events or ()) + len(message.failures or ())
        waiting, self.waiting = self.waiting, []
        return messages.TriggerStateSync(to_create=waiting, to_cancel=set())


def deferred(number: int, *, apart: bool, interval: float, deadline: float) -> RunTrigger:
    """A sensor that wants more slots than are offered; *apart* it has a connection id of its own."""
    query = {
        "pattern": "concierge",
        "arguments": {"router_slug": "bench", "trigger": "InAppButton", "form": {"PersonEmail": "a@bench.example"}},
        "window_start": None,
        "window": 604_800.0,
        "between": [],
        "weekdays": [],
        "min_notice": 0.0,
        "timezone": "Europe/Paris",
    }
    trigger = SlotTrigger(
        chilipiper_conn_id=f"sensor_{number}" if apart else "sensors",
        query=query,
        min_slots=ENDLESS,
        interval=interval,
        deadline=deadline,
        max_failures=0,
    )
    path, arguments = trigger.serialize()
    return RunTrigger(id=number, classpath=path, encrypted_kwargs=Trigger.encrypt_kwargs(arguments))


def run(*, sensors: int, seconds: float, interval: float, apart: bool) -> dict[str, float]:
    """What it took, from the moment at which the runner starts; memory is what the sensors added, at most."""
    import_module("airflow_chilipiper.api.http.transport")  # else its import is counted
    end = time.time() + 10 * seconds
    given = [deferred(each, apart=apart, interval=interval, deadline=end) for each in range(1, sensors + 1)]
    triggerer, before = Triggerer(given, seconds), resident()
    cpu, clock = time.process_time(), time.monotonic()
    asyncio.run(triggerer.arun())
    return {
        "seconds": time.monotonic() - clock,
        "cpu_seconds": time.process_time() - cpu,
        "memory_mb": resident() - before,
        "ended": triggerer.ended,
    }


def resident() -> float:
    """The most memory that this process has had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    os.environ["_AIRFLOW_PROCESS_CONTEXT"] = "client"  # as the runner's own process is marked
    logging.disable()
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    print("\n" + json.dumps(run(**json.loads(sys.argv[1]))))
