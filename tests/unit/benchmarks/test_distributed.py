"""The distributed run takes minutes and is no test; that its judge sees, and that it takes only its own, is one."""

from __future__ import annotations

import dataclasses
import os
import signal
import subprocess
import sys
from types import SimpleNamespace
from typing import Any

import psutil
import pytest
import redis
import sqlalchemy as sa

from airflow_chilipiper.booking.ledger.entry import Entry, new_version
from airflow_chilipiper.booking.ledger.lead_key import entry_key
from airflow_chilipiper.booking.ledger.sql.ledger import SqlLedger
from airflow_chilipiper.ledgers import sender_of
from airflow_chilipiper.sandbox import CallRecord, sandbox
from benchmarks.distributed import __main__ as distributed
from benchmarks.distributed import broker
from benchmarks.distributed.blow import HELD, Blow, arrival_of, shard_of, strike
from benchmarks.distributed.broker import REDIS, Absent, own_broker
from benchmarks.distributed.engine import DAGS, Engine
from benchmarks.distributed.judge import Verdict, agree, busiest, judge
from benchmarks.distributed.report import Report
from benchmarks.distributed.run import Run
from benchmarks.distributed.stalls import Stalls
from benchmarks.distributed.warehouse import PURPOSE, Warehouse, email_of, lead_in
from tests.conftest import absent
from tests.dagbag import DagBag
from tests.entries import changed
from tests.system.real_airflow.processes import kill_session

GOOD = {"leads": ["1", "2"], "outcomes": [("1", "booked", "m1"), ("2", "review", None)], "made": {"m1": "1"}}


def verdict(leads: list[str], outcomes: list[Any], made: dict[str, str], times: list[float] | None = None) -> Verdict:
    meetings = [{"meetingId": meeting_id, "guest": email_of(lead)} for meeting_id, lead in made.items()]
    return judge(leads, outcomes, meetings, times or [], limit=10, shards=1, stalls=Stalls(0))


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({}, []),
        ({"made": {"m1": "1", "m2": "2"}}, []),  # in doubt, and invited
        ({"made": {"m1": "1", "m2": "1"}}, ["1 meetings beyond a lead's first"]),
        ({"leads": ["1", "2", "3"]}, ["1 leads without an outcome"]),
        ({"outcomes": [*GOOD["outcomes"], ("1", "booked", "m1")]}, ["1 leads with several outcomes"]),
        ({"made": {}}, ["1 leads whose outcome and meeting disagree"]),
        ({"made": {"m2": "1"}}, ["1 leads whose outcome and meeting disagree"]),
        ({"made": {"m1": "1", "m9": "9"}}, ["1 leads whose outcome and meeting disagree"]),
        ({"outcomes": [("1", "refused", None), ("2", "review", None)]}, ["1 leads whose outcome and meeting disagree"]),
        ({"times": [n / 10 for n in range(30)]}, []),
        ({"times": [n / 10 for n in range(20)] + [0.5, 0.6]}, ["12 calls in 1 s, and the limit is 10 a second"]),
        ({"times": [n * 0.096 for n in range(200)]}, ["105 calls in 10 s, and the limit is 10 a second"]),
    ],
)
def test_whatever_speaks_against_the_promises_is_reported(change: dict[str, Any], complaint: list[str]) -> None:
    assert verdict(**GOOD | change).complaints() == complaint


@pytest.mark.parametrize(
    ("said", "made", "fits"),
    [
        ([("already_booked", "m1")], {"m1"}, True),
        ([("unknown", None)], {"m1"}, True),
        ([("no_slot", None)], set(), True),
        ([("no_slot", None)], {"m1"}, False),
        ([("booked", None)], set(), False),
        ([], {"m1"}, False),
    ],
)
def test_an_outcome_and_the_meetings_made_fit_or_not(said: Any, made: set[str], fits: bool) -> None:
    assert agree(said, made) is fits


def test_the_end_of_the_busiest_second_does_not_count() -> None:
    assert busiest([0.0, 0.5, 1.0, 1.4], 1.0, Stalls(0)) == 3
    assert busiest([], 1.0, Stalls(0)) == 0


def test_calls_that_pile_up_while_the_judge_is_held_up_say_nothing_about_the_pace() -> None:
    stalls = Stalls(0.0)
    for now in (0.01, 0.03, 0.5, 0.51, 0.53):
        stalls.tick(now)
    assert stalls.seen == [(0.03, 0.5)]
    piled_up, later = [0.5, 0.5, 0.5, 0.5], [0.8, 0.9]
    assert busiest(piled_up + later, 1.0, stalls) == 2
    assert busiest(piled_up + later, 1.0, Stalls(0)) == 6


BLOW = Blow(worker="one", at=10.0, shards=frozenset({1, 3}), in_flight=5)
REPORT = Report(
    verdict=verdict(**GOOD), blow=BLOW, state="success", tries={0: 1, 1: 2, 2: 1, 3: 2}, first=0, last=60, again=27.5
)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({}, []),
        ({"state": "failed"}, ["the DAG run ended as failed"]),
        (
            {"tries": {0: 1, 1: 1, 2: 1, 3: 2}},
            ["shards [1] were at work on the killed worker, and were not tried again"],
        ),
        (
            {"blow": dataclasses.replace(BLOW, in_flight=0)},
            ["no booking call was in flight when the worker was killed"],
        ),
        ({"blow": dataclasses.replace(BLOW, shards=frozenset())}, ["no shard was at work on the killed worker"]),
    ],
)
def test_a_run_that_proves_too_little_is_no_success(change: dict[str, Any], complaint: list[str]) -> None:
    assert dataclasses.replace(REPORT, **change).complaints() == complaint


def test_a_report_says_when_the_work_went_on() -> None:
    report = str(REPORT)
    assert "worker one with shards 1 and 3, 10.0 s after the first call, 5 booking calls in flight" in report
    assert "the first 17.5 s after the kill" in report
    assert "the first" not in str(dataclasses.replace(REPORT, again=None)).partition("calls of the retries")[2]


def test_a_call_that_was_held_arrived_before_it_was_held() -> None:
    call = CallRecord("concierge-schedule", "POST", "/", {"guest": email_of("7")}, 200, None, 100.0)
    held = dataclasses.replace(call, fault="slow")
    assert [arrival_of(each, 0.5) for each in (call, held)] == [99.5, 99.5 - HELD]
    assert lead_in(call.body) == "7"
    assert lead_in({}) is None


class Tasks(Run):
    """Three task instances: of the process *pid*, of none yet, and of ours."""

    def __init__(self, pid: int) -> None:
        self.pid = pid

    def tasks(self) -> list[dict[str, Any]]:
        return [{"map_index": number, "pid": pid} for number, pid in enumerate((self.pid, None, os.getpid()))]


class Sent(Warehouse):
    def __init__(self, *senders: str) -> None:
        self.senders_in_flight = senders

    def in_flight(self) -> list[str]:
        return [*self.senders_in_flight]


@pytest.mark.parametrize("orphans", [False, True])
def test_a_worker_is_killed_with_what_it_started_or_without(orphans: bool) -> None:
    """Its task has a process group of its own, as Airflow's have; only its own shards' calls count as in flight."""
    child = [
        sys.executable,
        "-c",
        "import os, signal; os.setpgid(0, 0); print(os.getpid(), flush=True); signal.pause()",
    ]
    program = f"import subprocess; subprocess.run({child!r})"
    with (
        sandbox() as box,
        subprocess.Popen(
            [sys.executable, "-c", program], stdout=subprocess.PIPE, start_new_session=True, text=True
        ) as worker,
    ):
        task = psutil.Process(int(worker.stdout.readline()))
        running, sent = Engine(None, {"one": worker}), Sent("d/r/book/0#1", "d/r/book/2#1", "d/r/book/0#1")
        blow = strike("one", running, Tasks(task.pid), box=box, warehouse=sent, orphans=orphans, filling=0)
        assert worker.wait() == -signal.SIGKILL
        assert (blow.shards, blow.in_flight) == ({0}, 2)
        assert alive(task) is orphans
        kill_session(worker.pid)
        assert not box.faults.pending


def alive(process: psutil.Process) -> bool:
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


def test_the_shard_is_read_from_what_the_ledger_calls_a_sender() -> None:
    ti = SimpleNamespace(dag_id="d", run_id="r", task_id="g.book", map_index=3, try_number=12)
    assert shard_of(sender_of(ti)) == 3


def test_the_broker_takes_away_its_own_keys_alone() -> None:
    server = redis.Redis.from_url(REDIS)
    try:
        with own_broker(visibility_timeout=20) as settings:
            prefix = settings["AIRFLOW__CELERY_BROKER_TRANSPORT_OPTIONS__GLOBAL_KEYPREFIX"]
            server.set(f"{prefix}unacked", "ours")
            server.set(f"of-others-{prefix}", "theirs", ex=60)
    except Absent as away:
        absent(str(away))
    assert (server.get(f"{prefix}unacked"), server.getdel(f"of-others-{prefix}")) == (None, b"theirs")


def test_a_redis_that_does_not_answer_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broker, "REDIS", "redis://127.0.0.1:9/7")
    with pytest.raises(Absent, match="Redis does not answer"), own_broker(visibility_timeout=20):
        pass


def test_the_warehouse_knows_the_leads_and_who_asked_for_their_meetings(postgres_schema_url: str) -> None:
    warehouse = Warehouse(postgres_schema_url)
    warehouse.fill(3)
    ledger = SqlLedger(sa.create_engine(postgres_schema_url))
    ledger.create()
    (entry,) = ledger.get_or_create([Entry(key=entry_key(PURPOSE, "2"), purpose=PURPOSE, version=new_version())])
    ledger.update([changed(entry, "sent", sender="d/r/book/1#1")])
    assert warehouse.senders(["0", "1", "2"]) == {"2": "d/r/book/1#1"}
    assert warehouse.in_flight() == ["d/r/book/1#1"]


def test_the_dag_books_in_as_many_shards_as_its_pool_has_slots() -> None:
    bag = DagBag(DAGS)
    assert bag.import_errors == {}
    book = bag.dags["sharded_booking"].get_task("book")
    shards = book.expand_input.value["shard"]
    assert shards == [f"{number}/{distributed.SHARDS}" for number in range(distributed.SHARDS)]
    assert book.partial_kwargs["purpose"] == PURPOSE
