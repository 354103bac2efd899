"""The sweep as a task: what it finds, what it says, and that it books nobody."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk import DAG

from airflow_chilipiper.arguments.bad_value import BadValue
from airflow_chilipiper.booking.ledger.lead_key import digest
from airflow_chilipiper.operators import (
    HandoffBookOperator,
    Rebook,
    ReconcileBookingsOperator,
    SchedulingLinkBookOperator,
    col,
)
from airflow_chilipiper.version_compat import AirflowException, AirflowFailException
from tests.booking_task import Desk, lead

LINK = {"link_id": "link-rr-demo", "lead_key": col("lead_id"), "ledger_conn_id": "ledger", "leads_at_once": 1}


@pytest.fixture(autouse=True)
def no_lag(desk: Desk) -> None:
    """A meeting is in the sandbox's list as soon as it is booked."""
    desk.connect(meeting_list_lag=0)


def lose(desk: Desk, *names: str, booked: bool, purpose: str = "q3", **arguments: Any) -> None:
    """Book leads whose answers are lost while the meeting list cannot be asked."""
    fault = desk.chili.faults.lose_answer if booked else desk.chili.faults.lose_request
    fault("scheduling-link-schedule", count=len(names))
    desk.chili.faults.error("meeting-list-put", status=403, code="Forbidden", count=len(names))
    given = {**LINK, "leads": [lead(name) for name in names], "purpose": purpose, **arguments}
    with pytest.raises(AirflowException, match=f"{len(names)} unknown"):
        desk.run(desk.make(SchedulingLinkBookOperator, **given))


def age(ledger: Path, seconds: float) -> None:
    """As if all had been sent that much earlier."""
    with closing(sqlite3.connect(ledger)) as db, db:
        db.execute(
            "UPDATE chilipiper_ledger SET sent_at = sent_at - ?, no_effect_after = no_effect_after - ?",
            (seconds, seconds),
        )


def sweep(desk: Desk, **arguments: Any) -> dict[str, Any]:
    """As a task does it; what it answers is JSON."""
    asked = {call.operation for call in desk.chili.calls}
    with DAG("sweeping", schedule=None):
        given = {"purpose": None, "ledger_conn_id": "ledger", **arguments}
        operator = ReconcileBookingsOperator(task_id="sweep", **given)
    answer = desk.run(operator)
    assert {call.operation for call in desk.chili.calls} - asked <= {"meeting-list-put", "concierge-list-routers"}
    return json.loads(json.dumps(answer))  # type: ignore[no-any-return]


def test_lost_meetings_are_found_without_an_email_and_the_next_run_knows_them(desk: Desk, ledger: Path) -> None:
    lose(desk, "ada", "bob", booked=True)
    answer = sweep(desk)
    assert answer["counts"] == {"booked": 2}
    assert {row["meeting_id"] for row in answer["rows"]} == {each["meetingId"] for each in desk.chili.meetings}
    assert "prospect.example" not in json.dumps(answer)
    desk.run(desk.make(SchedulingLinkBookOperator, **LINK, leads=[lead("ada"), lead("bob")]))
    assert desk.statuses() == ["already_booked"] * 2
    assert len(desk.chili.meetings) == 2


def test_what_is_not_found_is_named_for_a_person(desk: Desk, ledger: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In the log, in what is returned, and on record; the task fails if it is asked to, after all is said.

    Before that the list must have had its time, by clocks that may differ by five minutes.
    """
    lose(desk, "ada", booked=False)
    assert sweep(desk)["counts"] == {"unknown": 1}
    age(ledger, 301)
    answer = sweep(desk)
    assert answer["counts"] == {"review": 1}
    (row,) = answer["rows"]
    assert (row["ledger_key"], row["purpose"]) == (digest("q3", "ada"), "q3")
    assert row["sender"] == "nightly/manual/book/-1#1"
    assert row["reason"].startswith("no meeting is found; ")
    assert f"Ledger key {row['ledger_key']} (q3): review." in capsys.readouterr().out
    with pytest.raises(AirflowFailException, match="1 bookings need a person"):
        sweep(desk, fail_on_review=True)
    assert desk.ti.xcom["return_value"] == answer


def test_one_purpose_or_all_and_page_by_page(desk: Desk, ledger: Path) -> None:
    lose(desk, "ada", "bob", "cyd", booked=True)
    lose(desk, "dan", booked=True, purpose="q4")
    assert sweep(desk, purpose=" q4 ")["counts"] == {"booked": 1}
    assert sweep(desk, rows_at_once=1)["counts"] == {"booked": 3}
    assert sweep(desk) == {"counts": {}, "rows": []}


def test_a_handoff_by_crm_id_is_matched_by_the_guest_whom_the_offer_named(desk: Desk, ledger: Path) -> None:
    desk.chili.faults.lose_answer("handoff-schedule")
    desk.chili.faults.error("meeting-list-put", status=403, code="Forbidden")
    handoff = {"workspace_id": "ws-sales", "booker_id": "u-sdr-1", "path": "earliest", "ledger_conn_id": "ledger"}
    with pytest.raises(AirflowException, match="1 unknown"):
        desk.run(desk.make(HandoffBookOperator, lead={"id": "00Q1"}, lead_key="00Q1", crm_id="00Q1", **handoff))
    assert sweep(desk)["counts"] == {"booked": 1}


def test_only_the_booking_tasks_own_word_sets_a_lead_free(desk: Desk, ledger: Path) -> None:
    stated = {"in_doubt": Rebook(session_lifetime=timedelta(minutes=10))}
    lose(desk, "ada", booked=False, **stated)
    assert sweep(desk)["counts"] == {"unknown": 1}
    age(ledger, 9999)
    assert sweep(desk)["counts"] == {"planned": 1}
    desk.run(desk.make(SchedulingLinkBookOperator, **LINK, **stated, leads=[lead("ada")]))
    assert desk.statuses() == ["booked"]


def test_a_list_that_cannot_be_asked_fails_the_task_and_changes_nothing(desk: Desk, ledger: Path) -> None:
    lose(desk, "ada", booked=True)
    desk.chili.faults.error("meeting-list-put", status=403, code="Forbidden", message="meeting.read")
    with pytest.raises(AirflowFailException, match=r"meeting\.read"):
        sweep(desk)
    assert sweep(desk)["counts"] == {"booked": 1}


def test_without_a_ledger_connection_there_is_nothing_to_sweep(desk: Desk) -> None:
    with pytest.raises(AirflowFailException, match="no ledger connection"):
        sweep(desk, ledger_conn_id=None)
    assert desk.chili.calls == []


def test_a_database_without_the_table_is_refused_and_left_as_it_is(desk: Desk, ledger: Path) -> None:
    """To make one there would be to say that nothing is in doubt."""
    with pytest.raises(AirflowFailException, match="'ledger' leads to a database without the table chilipiper_ledger"):
        sweep(desk)
    assert desk.chili.calls == []
    with closing(sqlite3.connect(ledger)) as db:
        assert db.execute("SELECT name FROM sqlite_master").fetchall() == []


def test_the_connection_names_the_ledger(desk: Desk, ledger: Path) -> None:
    lose(desk, "ada", booked=True)
    desk.connect(ledger_conn_id="ledger", meeting_list_lag=0)
    assert sweep(desk, ledger_conn_id=None)["counts"] == {"booked": 1}


@pytest.mark.parametrize(
    ("argument", "value"), [("purpose", 7), ("rows_at_once", 0), ("chilipiper_conn_id", ""), ("ledger_conn_id", 7)]
)
def test_a_bad_argument_is_named_when_the_dag_is_parsed(argument: str, value: Any) -> None:
    with DAG("sweeping", schedule=None), pytest.raises(BadValue, match=argument):
        ReconcileBookingsOperator(task_id="sweep", **{argument: value})


def test_templates_leave_text(desk: Desk, ledger: Path) -> None:
    lose(desk, "ada", booked=True)
    assert sweep(desk, rows_at_once="7", purpose="q3")["counts"] == {"booked": 1}


def test_for_real(desk: Desk, ledger: Path, run_dag: Callable[..., Any]) -> None:
    lose(desk, "ada", booked=True)
    with DAG("sweeping", schedule=None) as dag:
        ReconcileBookingsOperator(task_id="sweep", purpose="{{ 'q' ~ 3 }}", ledger_conn_id="ledger")
    run = run_dag(dag)
    assert run.state == "success"
    (ti,) = run.get_task_instances()
    assert ti.xcom_pull(task_ids="sweep")["counts"] == {"booked": 1}
