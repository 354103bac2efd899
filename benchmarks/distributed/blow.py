"""One worker killed, with all that it had started, in the middle of its bookings."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass

from airflow_chilipiper.sandbox import CallRecord, Sandbox
from benchmarks.distributed.engine import Engine
from benchmarks.distributed.run import Run
from benchmarks.distributed.warehouse import Warehouse
from tests.system.real_airflow.processes import kill_session, session_of

BOOK = "concierge-schedule"
HELD = 3.0  # seconds for which the last booking calls before the kill are not answered
MOST_HELD = 40
FILLING = 1.0  # seconds in which calls come to be held


@dataclass(frozen=True, kw_only=True)
class Blow:
    """`shards` were at work on the worker, and `in_flight` of their booking calls had no answer on record."""

    worker: str
    at: float
    shards: frozenset[int]
    in_flight: int


def strike(
    worker: str,
    engine: Engine,
    run: Run,
    *,
    box: Sandbox,
    warehouse: Warehouse,
    orphans: bool,
    filling: float = FILLING,
) -> Blow:
    """Half of the calls in flight have acted when the worker dies; the others act afterwards.

    With *orphans* its tasks outlive it: Airflow gives each a process group of its own, and only the worker's is killed.
    """
    session = engine.workers[worker].pid
    shards = frozenset(task["map_index"] for task in run.tasks() if session_of(task["pid"] or 0) == session)
    for _ in range(MOST_HELD // 2):
        box.faults.slow(BOOK, seconds=HELD, acts_first=True)
        box.faults.slow(BOOK, seconds=HELD)
    time.sleep(filling)
    os.killpg(session, signal.SIGKILL) if orphans else kill_session(session)
    at = time.time()
    box.faults.clear()
    in_flight = sum(shard_of(sender) in shards for sender in warehouse.in_flight())
    return Blow(worker=worker, at=at, shards=shards, in_flight=in_flight)


def shard_of(sender: str) -> int:
    """The map index in what the ledger calls a sender, as `dag/run/task/3#1`."""
    return int(sender.rpartition("#")[0].rpartition("/")[2])


def arrival_of(call: CallRecord, latency: float) -> float:
    """The record has the time of the answer."""
    return call.at - latency - (HELD if call.fault == "slow" else 0)
