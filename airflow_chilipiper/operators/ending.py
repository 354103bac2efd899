"""How a booking task ends: what is pushed to XCom, and whether it fails, skips or returns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from airflow_chilipiper._compat import AirflowException, AirflowFailException, AirflowSkipException
from airflow_chilipiper.api.errors import NotAllowed, NotFound

if TYPE_CHECKING:
    from airflow.sdk import Context

    from airflow_chilipiper.operators.book import ChiliPiperBookOperator

CURABLE = ("unknown", "not_attempted", "no_slot")
"""Statuses that another try may change."""
BOOKED = ("booked", "already_booked", "would_book")
IN_DOUBT = ("review", "unknown")
"""Statuses that somebody has to know of: told first, as warnings."""
LINES = 50


def push(results: Sequence[dict[str, Any]], context: Context, task: ChiliPiperBookOperator) -> None:
    """Put everything into XCom now, since a task that fails returns nothing."""
    if not task.do_xcom_push:
        return
    ti = context["ti"]
    if task.lead is not None:
        ti.xcom_push("meeting_id", results[0]["meeting_id"])
        ti.xcom_push("return_value", results[0])
    else:
        ti.xcom_push("meeting_ids", [row["meeting_id"] for row in results])
        ti.xcom_push("counts", _counts(results))
        ti.xcom_push("return_value", list(results))


def end(results: Sequence[dict[str, Any]], stopped_by: Exception | None, task: ChiliPiperBookOperator) -> Any:
    """The task's answer; or the failure or skip that its arguments ask for."""
    task.log.info("%d leads: %s", len(results), _listed(_counts(results)) or "none")
    others = [(number, row) for number, row in enumerate(results, 1) if row["status"] not in BOOKED]
    if results and all(row["status"] == "invalid" for row in results):
        task.log.warning("No lead could be asked about, the first because: %s", results[0]["reason"])
    for number, row in sorted(others, key=lambda other: other[1]["status"] not in IN_DOUBT)[:LINES]:
        tell = task.log.warning if row["status"] in IN_DOUBT else task.log.info
        tell("Lead %d of %d: %s. %s", number, len(results), row["status"], row["reason"])
    if isinstance(stopped_by, (NotAllowed, NotFound)):
        raise AirflowFailException(f"stopped, since no other lead would fare better: {stopped_by}")
    if failing := _counts([row for row in results if row["status"] in task.fail_on]):
        _fail(failing, stopped_by or (results[0]["reason"] if task.lead is not None else None))
    if task.lead is None:
        return list(results)
    _end_one(results[0], task)
    return results[0]


def _counts(results: Sequence[dict[str, Any]]) -> dict[str, int]:
    return dict(Counter(row["status"] for row in results))


def _listed(counts: dict[str, int]) -> str:
    return ", ".join(f"{count} {status}" for status, count in counts.items())


def _fail(failing: dict[str, int], reason: object) -> None:
    because = f" ({reason})" if reason else ""
    promise = "XCom holds every lead's outcome, and no lead that may have been invited is asked for again"
    message = f"{_listed(failing)}{because}. {promise}"
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
