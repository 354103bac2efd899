"""The first two promises in a real Airflow: scheduler, API server, DAG processor, triggerer and LocalExecutor.

The sandbox's own record of meetings is the judge.
"""

from __future__ import annotations

import os
import signal

import psutil
import pytest
from airflow import sdk

from tests.system.real_airflow.campaign import Campaign, Run, campaign
from tests.system.real_airflow.rest import Airflow

BOOK = "concierge-schedule"
FOR_EVER = 600.0
LEDGERS = pytest.mark.parametrize("ledger", ["sql", "task_state"])


@LEDGERS
def test_a_task_that_is_cleared_after_its_success_opens_and_books_nothing(airflow: Airflow, ledger: str) -> None:
    skip_without_ledger(ledger)
    with campaign(f"cleared_{ledger}", airflow) as tour:
        run = tour.start()
        assert run.wait_for_end().state == "success"
        assert run.statuses == {"booked": 20}
        booked, calls = run.meeting_ids, len(tour.chili.calls)

        run.clear()
        assert run.wait_for_end(tries=2).state == "success"
        assert tour.chili.calls[calls:] == []
        assert run.statuses == {"already_booked": 20}
        assert run.meeting_ids == booked == tour.meetings


@LEDGERS
def test_a_retry_finishes_the_batch_of_a_process_that_was_killed(airflow: Airflow, ledger: str) -> None:
    skip_without_ledger(ledger)
    with campaign(f"killed_{ledger}", airflow) as tour:
        run = start_and_hold(tour)
        os.kill(run.task.pid, signal.SIGKILL)
        assert_finished_by_second_try(run, tour)


def test_a_retry_finishes_the_batch_of_a_worker_that_was_killed_whole(airflow: Airflow) -> None:
    """Airflow notices by the missing heartbeat."""
    with campaign("killed_with_supervisor", airflow) as tour:
        run = start_and_hold(tour)
        task = psutil.Process(run.task.pid)
        task.parent().kill()
        task.kill()
        assert_finished_by_second_try(run, tour)


@LEDGERS
def test_a_task_that_is_cleared_under_way_begins_no_further_booking_and_its_next_try_goes_on(
    airflow: Airflow, ledger: str
) -> None:
    """Its calls take three seconds, and Airflow kills it five seconds after it has asked it to stop."""
    skip_without_ledger(ledger)
    with campaign(f"cleared_under_way_{ledger}", airflow) as tour:
        tour.chili.faults.slow(BOOK, seconds=3, acts_first=True, count=20)
        run = tour.start()
        tour.wait_for("a booking", lambda: run.task.state == "running" and tour.chili.meetings)
        run.clear()
        run.wait_for_state("running", "success", tries=2)
        tour.chili.faults.clear()
        assert run.wait_for_end(tries=2).state == "success"
        assert run.statuses.keys() == {"booked", "already_booked"}
        assert run.meeting_ids == tour.meetings
        assert tour.called(BOOK) == len(tour.chili.meetings) == 20
        if ledger == "sql":
            logged_at = tour.logged("Terminating process")
            sent = [at for at, sender in tour.on_record("sent_at", "sender") if sender.endswith("#1")]
            assert max(sent) < logged_at + 1.5


def test_a_batch_whose_time_is_over_says_what_became_of_each_lead_and_is_finished_by_its_retry(
    airflow: Airflow,
) -> None:
    """Its alarm is rung by hand, once the calls are in flight."""
    with campaign("timed_out", airflow) as tour:
        run = start_and_hold(tour)
        os.kill(run.task.pid, signal.SIGALRM)
        run.wait_for_state("up_for_retry")
        assert run.statuses == {"booked": 8, "unknown": 4, "not_attempted": 8}
        assert_finished_by_second_try(run, tour)


def test_a_task_that_outlives_its_supervisor_books_nobody_whom_its_retry_books(airflow: Airflow) -> None:
    """Airflow takes it for dead, so two tries work beside each other; calls of the first act late."""
    with campaign("outlives_supervisor", airflow) as tour:
        run = start_and_hold(tour, seconds=30)
        task = psutil.Process(run.task.pid)
        task.parent().kill()
        assert run.wait_for_end(tries=2).state == "success"
        tour.wait_for("the first try to end", lambda: not task.is_running())
        assert len(tour.meetings) == 20
        assert run.meeting_ids.items() <= tour.meetings.items()
        assert set(tour.on_record("state", "meeting_id")) == {("booked", each) for each in tour.meetings.values()}


def test_two_runs_at_once_share_the_leads_of_a_purpose(airflow: Airflow) -> None:
    with campaign("two_runs", airflow) as tour:
        tour.chili.faults.slow(BOOK, seconds=25, acts_first=True, count=4)
        runs = [tour.start("first"), tour.start("second")]
        assert [run.wait_for_end().state for run in runs] == ["success"] * 2
        assert tour.called(BOOK) == 20
        assert runs[0].meeting_ids == runs[1].meeting_ids == tour.meetings
        assert {sender.split("/")[1] for (sender,) in tour.on_record("sender")} == {"first", "second"}


def skip_without_ledger(ledger: str) -> None:
    if ledger == "task_state" and not hasattr(sdk, "NEVER_EXPIRE"):
        pytest.skip("the task state store came with Airflow 3.3")


def start_and_hold(tour: Campaign, *, seconds: float = FOR_EVER) -> Run:
    """Eight bookings are answered; four more are in flight, of which two have acted and two may do so later."""
    tour.chili.faults.slow(BOOK, seconds=seconds, acts_first=True, count=2, skip=8)
    tour.chili.faults.slow(BOOK, seconds=seconds, count=2, skip=8)
    run = tour.start()
    tour.wait_for("four calls in flight", lambda: run.task.state == "running" and not tour.chili.faults.pending)
    assert len(tour.chili.meetings) == 10
    return run


def assert_finished_by_second_try(run: Run, tour: Campaign) -> None:
    """Everybody was asked for once: found are those who were invited, and for the rest in flight a person decides."""
    task = run.wait_for_end(tries=2)
    assert (task.state, task.try_number) == ("success", 2), tour.log[-6000:]
    assert run.statuses == {"already_booked": 10, "booked": 8, "review": 2}
    assert run.meeting_ids == tour.meetings
    assert tour.called(BOOK) == 20 - 4
    assert_discreet(tour)


def assert_discreet(tour: Campaign) -> None:
    log = tour.log
    assert "20 leads: " in log
    assert "@prospect.example" not in log
    assert tour.chili.token not in log
