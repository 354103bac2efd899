"""How a booking task ends: what is pushed to XCom, and whether it fails, skips or returns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from airflow_chilipiper.api.errors import NotAllowed, NotFound
from airflow_chilipiper.task.outcomes import BOOKED, IN_DOUBT, LINES
from airflow_chilipiper.version_compat import AirflowException, AirflowFailException, AirflowSkipException

if TYPE_CHECKING:
    from airflow.sdk import Context

    from airflow_chilipiper.operators.base import ChiliPiperBookOperator
    from airflow_chilipiper.task.outcomes import Outcomes

CURABLE = ("unknown", "not_attempted", "no_slot")
"""Statuses that another try may change."""


def push(outcomes: Outcomes, context: Context, task: ChiliPiperBookOperator) -> None:
    """Put everything into XCom now, since a task that fails returns nothing."""
    if not task.do_xcom_push:
        return
    ti, answer = context["ti"], answer_of(outcomes, task)
    if task.lead is not None:
        ti.xcom_push("meeting_id", answer["meeting_id"])
    else:
        if isinstance(answer, list):
            ti.xcom_push("meeting_ids", [row["meeting_id"] for row in answer])
        ti.xcom_push("counts", dict(outcomes.counts))
    ti.xcom_push("return_value", answer)


def answer_of(outcomes: Outcomes, task: ChiliPiperBookOperator) -> Any:
    """The lead's row; all rows; or, where these are written to a table, what is to be known of them."""
    if task.lead is not None:
        return outcomes.rows()[0]
    return outcomes.summary() if task.writes_outcomes else outcomes.rows()


def tell(outcomes: Outcomes, task: ChiliPiperBookOperator) -> None:
    """Log how many came to what, and what somebody has to know, by the number of the row in the order of the query."""
    total = sum(outcomes.counts.values())
    task.log.info("%d leads: %s", total, _listed(outcomes.counts) or "none")
    others = sorted(told for rows in outcomes.troubled.values() for told in rows)
    if total and outcomes.counts["invalid"] == total:
        task.log.warning("No lead could be asked about, the first because: %s", others[0][1]["reason"])
    for number, row in sorted(others, key=lambda other: other[1]["status"] not in IN_DOUBT)[:LINES]:
        log = task.log.warning if row["status"] in IN_DOUBT else task.log.info
        log("Row %d: %s. %s", number + 1, row["status"], row["reason"])
    if (more := sum(count for status, count in outcomes.counts.items() if status not in BOOKED) - LINES) > 0:
        task.log.info("%d rows more were not booked: see %s", more, _holder(task))
    for number, why in outcomes.refused[:LINES]:
        task.log.warning("Row %d: its outcome is not written. %s", number + 1, why)


def end(outcomes: Outcomes, stopped_by: Exception | None, task: ChiliPiperBookOperator) -> Any:
    """The task's answer; or the failure or skip that its arguments ask for."""
    if isinstance(stopped_by, (NotAllowed, NotFound)):
        raise AirflowFailException(f"stopped, since no other lead would fare better: {stopped_by}")
    if failing := {status: count for status, count in outcomes.counts.items() if status in task.fail_on}:
        _fail(failing, stopped_by or (outcomes.rows()[0]["reason"] if task.lead is not None else None), outcomes, task)
    if outcomes.refused:
        number, why = outcomes.refused[0]
        raise AirflowFailException(f"{len(outcomes.refused)} outcomes are not written. Row {number + 1}: {why}")
    if task.lead is not None:
        _end_one(outcomes.rows()[0], task)
    return answer_of(outcomes, task)


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {status}" for status, count in counts.items())


def _holder(task: ChiliPiperBookOperator) -> str:
    """Where every outcome is."""
    if not task.writes_outcomes:
        return "XCom"
    return f"table {task.results_table}" if task.results_table else "what write_back_sql has written"


def _fail(failing: Mapping[str, int], reason: object, outcomes: Outcomes, task: ChiliPiperBookOperator) -> None:
    because = f" ({reason})" if reason else ""
    whose = "every lead that had its turn" if task.killed and task.writes_outcomes else "every lead"
    but = f" but {len(outcomes.refused)}" if outcomes.refused else ""
    promise = f"The outcome of {whose}{but} is in {_holder(task)}, and no lead that may have been invited is asked for"
    message = f"{_listed(failing)}{because}. {promise} again"
    raise (AirflowException if failing.keys() & set(CURABLE) else AirflowFailException)(message)


def _end_one(row: dict[str, Any], task: ChiliPiperBookOperator) -> None:
    status, message = row["status"], f"{row['status']}: {row['reason']}"
    if status in ("refused", "invalid"):
        raise AirflowFailException(message)
    ending = {"no_slot": task.on_no_slot, "disqualified": task.on_disqualified}.get(status, "return")
    if ending == "skip":
        raise AirflowSkipException(message)
    if ending == "fail":
        raise AirflowFailException(message)
    if ending == "retry":
        raise AirflowException(message)
