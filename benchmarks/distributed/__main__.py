"""Book leads over Airflow's CeleryExecutor, kill one of two workers in the middle, and judge what came of it.

Real services do the work: Redis is the broker, Postgres holds Airflow's metadata, the leads, the outcomes and the
ledger. The sandbox, which nobody kills, has the truth on record. The exit status is 1 if a promise is broken.
"""

from __future__ import annotations

import argparse
import json
import shutil
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest

from airflow_chilipiper.sandbox import Sandbox, sandbox
from airflow_chilipiper.sandbox.http.decoding import Duration, Instant, Interval
from airflow_chilipiper.sandbox.state.seed import DEMO
from benchmarks.distributed.blow import Blow, arrival_of, shard_of, strike
from benchmarks.distributed.broker import Absent, own_broker
from benchmarks.distributed.engine import Engine, engine
from benchmarks.distributed.judge import judge
from benchmarks.distributed.report import Report
from benchmarks.distributed.run import Run
from benchmarks.distributed.stalls import Stalls, watched
from benchmarks.distributed.warehouse import Warehouse, lead_in
from tests.conftest import DROP_FROM_POSTGRES, POSTGRES, ROOT, own_database, pytest_unconfigure

HOME = ROOT / ".airflow" / "distributed"
HOSTS = 120  # so that there are slots for everybody
KILLED = "one"
SHARDS = 4  # as in the DAG
SLOWEST = 4  # times what the pace alone asks for, beside what a retry waits


def main(arguments: Sequence[str] | None = None) -> int:
    asked = parser().parse_args(arguments)
    try:
        with services(asked) as (running, box, warehouse):
            report = book(asked, running, box, warehouse)
    except Absent as why:
        print(why, file=sys.stderr)
        return 1
    print(report)
    complaints = report.complaints()
    print("", *complaints or ["every promise was kept"], sep="\n")
    return 1 if complaints else 0


@contextmanager
def services(asked: argparse.Namespace) -> Iterator[tuple[Engine, Sandbox, Warehouse]]:
    """Everything that runs, and that is gone afterwards; the logs stay until the next time."""
    shutil.rmtree(HOME, ignore_errors=True)
    HOME.mkdir(parents=True)
    say(f"Airflow starts; its logs are in {HOME.relative_to(ROOT)}")
    with (
        postgres() as metadata,
        postgres() as url,
        own_broker(visibility_timeout=asked.visibility_timeout) as broker,
        sandbox(hosts=HOSTS, latency=asked.latency, requests_per_second=asked.pace) as box,
        engine(HOME, metadata=metadata, broker=broker) as running,
    ):
        warehouse = Warehouse(url)
        warehouse.fill(asked.leads)
        look_at_calendars(box)
        connect(running, box, warehouse)
        yield running, box, warehouse


@contextmanager
def postgres() -> Iterator[str]:
    try:
        with own_database(POSTGRES, drop=DROP_FROM_POSTGRES) as url:
            yield url
    except (pytest.skip.Exception, pytest.fail.Exception) as away:
        raise Absent(str(away)) from None


def connect(running: Engine, box: Sandbox, warehouse: Warehouse) -> None:
    """The connections and the pool that the DAG names."""
    chilipiper: dict[str, Any] = json.loads(box.connection_with(box.token, meeting_list_lag=2))
    running.airflow.connect("chilipiper_default", **chilipiper | {"extra": json.dumps(chilipiper["extra"])})
    for conn_id in ("warehouse", "ledger"):
        running.airflow.connect(conn_id, **warehouse.connection)
    running.airflow.post("/pools", name="chilipiper", slots=SHARDS)


def look_at_calendars(box: Sandbox) -> None:
    """Each day that is looked at for the first time takes a while, in which calls would pile up."""
    week = Interval(Instant(time.time()), Duration(7 * 86_400))
    with box.tenant.lock:
        box.tenant.free_slots(box.tenant.catalogue.distributions["dist-inbound"], meeting_type=DEMO, interval=week)


def book(asked: argparse.Namespace, running: Engine, box: Sandbox, warehouse: Warehouse) -> Report:
    with watched() as stalls:
        run, blow = play(asked, running, box, warehouse)
    return report(asked, run, blow, box, warehouse, stalls)


def play(asked: argparse.Namespace, running: Engine, box: Sandbox, warehouse: Warehouse) -> tuple[Run, Blow]:
    run, alone = Run(running.airflow), 2 * asked.leads / asked.pace
    run.wait_until("the first call", lambda: bool(box.calls), within=120)
    say(f"{asked.leads} leads at {asked.pace:g} calls a second: {alone:.0f} s if nobody were killed")
    enough = asked.kill_at * 2 * asked.leads
    run.wait_until("the moment to kill", lambda: len(box.calls) >= enough, within=60 + SLOWEST * alone)
    blow = strike(KILLED, running, run, box=box, warehouse=warehouse, orphans=asked.orphans)
    say(f"worker {blow.worker} is killed, with {blow.in_flight} booking calls in flight")
    run.wait_for_end(within=180 + SLOWEST * alone)
    return run, blow


def report(
    asked: argparse.Namespace, run: Run, blow: Blow, box: Sandbox, warehouse: Warehouse, stalls: Stalls
) -> Report:
    leads = [str(number) for number in range(asked.leads)]
    senders, retry = warehouse.senders(leads), run.first_retry()
    arrivals = [(arrival_of(call, asked.latency), lead_in(call.body)) for call in box.calls]
    struck = {lead for lead, sender in senders.items() if shard_of(sender) in blow.shards}
    again = (at for at, lead in arrivals if lead in struck and at > retry)
    times = [at for at, _ in arrivals]
    return Report(
        verdict=judge(leads, warehouse.outcomes(), box.meetings, times, limit=asked.pace, shards=SHARDS, stalls=stalls),
        blow=blow,
        state=run.state(),
        tries=run.tries(),
        first=min(times),
        last=max(times),
        again=min(again, default=None),
    )


def say(what: str) -> None:
    print(f"{time.strftime('%X')} {what}", file=sys.stderr, flush=True)


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.distributed", description=__doc__)
    parser.add_argument("--leads", type=int, default=1_200, help="default %(default)s")
    parser.add_argument("--pace", type=float, default=40, help="calls a second of all shards (default %(default)s)")
    parser.add_argument("--latency", type=float, default=0.05, help="seconds to an answer (default %(default)s)")
    parser.add_argument("--kill-at", type=float, default=0.4, help="share of the calls (default %(default)s)")
    parser.add_argument(
        "--visibility-timeout",
        type=int,
        default=20,
        help="seconds after which Redis delivers a task again that did not end (default %(default)s)",
    )
    parser.add_argument("--orphans", action="store_true", help="kill the worker without its tasks, which go on booking")
    return parser


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    try:
        sys.exit(main())
    finally:
        pytest_unconfigure()
