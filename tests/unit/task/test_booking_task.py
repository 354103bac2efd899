"""A booking task as a whole: what it answers, and what it pushes before it ends."""

from __future__ import annotations

from typing import Any

import pytest
from airflow.sdk import DAG, task

from airflow_chilipiper.operators import ConciergeBookOperator, col
from airflow_chilipiper.task.booking_task import afterwards
from tests.booking_task import Desk, lead
from tests.unit.task.routed import FREE_MAIL, FULL, ROUTER, many, one


def test_one_lead(desk: Desk) -> None:
    """Its row is the answer, under the e-mail as its key; the meeting's id stands alone."""
    answered = desk.run(one(desk, lead("Ada")))
    assert answered["lead_key"] == "ada@prospect.example"
    assert answered["meeting_id"] == desk.chili.meetings[0]["meetingId"]
    assert desk.ti.xcom == {"meeting_id": answered["meeting_id"], "return_value": answered}


def test_many_leads(desk: Desk) -> None:
    """One row each, in the order of the leads, whatever became of them."""
    rows = [lead("ada"), FULL, FREE_MAIL, {"lead_id": "joe", "email": "joe"}]
    answered = desk.run(many(desk, *rows))
    assert [(row["lead_key"], row["status"]) for row in answered] == [
        ("ada", "booked"),
        ("bob", "no_slot"),
        ("eve", "disqualified"),
        ("joe", "invalid"),
    ]
    assert desk.ti.xcom == {
        "meeting_ids": [answered[0]["meeting_id"], None, None, None],
        "counts": {"booked": 1, "no_slot": 1, "disqualified": 1, "invalid": 1},
        "return_value": answered,
    }


def test_nothing_is_pushed_that_is_not_wanted(desk: Desk) -> None:
    assert desk.run(one(desk, lead("ada"), do_xcom_push=False))["status"] == "booked"
    assert desk.ti.pushed == []


def test_what_is_pushed_outlives_the_failure(run_dag: Any, desk: Desk) -> None:
    """For real: a task that runs in any case reads every lead's outcome, and a skip skips what follows."""
    with DAG("failing", schedule=None) as dag:

        @task(trigger_rule="all_done")
        def write_back(rows: Any = None, counts: Any = None) -> list[Any]:
            return [[row["status"] for row in rows], counts]

        @task
        def welcome(meeting_id: str) -> str:
            return meeting_id

        book = ConciergeBookOperator(
            task_id="book", purpose="q3", leads=[FREE_MAIL], lead_key=col("lead_id"), fail_on=["disqualified"], **ROUTER
        )
        write_back(book.output, book.output["counts"])
        skipped = ConciergeBookOperator(
            task_id="skipped", purpose="q3", lead=FREE_MAIL, skip_on=["disqualified"], **ROUTER
        )
        welcome(skipped.output["meeting_id"])
        booked = ConciergeBookOperator(task_id="booked", purpose="q3", lead=lead("ada"), **ROUTER)
        welcome.override(task_id="greet")(booked.output["meeting_id"])
    ended = {ti.task_id: ti for ti in run_dag(dag).get_task_instances()}
    states = {name: ti.state for name, ti in ended.items()}
    assert states == {
        "book": "failed",
        "write_back": "success",
        "skipped": "skipped",
        "welcome": "skipped",
        "booked": "success",
        "greet": "success",
    }
    assert ended["write_back"].xcom_pull(task_ids="write_back") == [["disqualified"], {"disqualified": 1}]
    assert ended["greet"].xcom_pull(task_ids="greet") == desk.chili.meetings[0]["meetingId"]


def test_every_step_is_taken_in_order_whatever_became_of_those_before() -> None:
    taken = list[str]()

    def step(name: str, error: Exception | None = None) -> Any:
        def take() -> None:
            taken.append(name)
            if error:
                raise error

        return take

    steps = step("first"), step("second", OSError()), step("third", ZeroDivisionError("third")), step("last")
    with pytest.raises(ZeroDivisionError, match="third"), afterwards(*steps):
        raise KeyError
    assert taken == ["first", "second", "third", "last"]
