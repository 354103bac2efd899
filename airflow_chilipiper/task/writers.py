"""Where the outcomes of a booking task go, and what stands there already."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from airflow_chilipiper.booking.outcome import Outcome
from airflow_chilipiper.task.outcomes import Outcomes, Writer
from airflow_chilipiper.warehouse.results_table import Known, ResultsTable, Sender
from airflow_chilipiper.warehouse.session import sql_hook
from airflow_chilipiper.warehouse.write_back import WriteBack

if TYPE_CHECKING:
    from airflow.sdk import Context

    from airflow_chilipiper.operators.base import ChiliPiperBookOperator
    from airflow_chilipiper.task.run import Run


def outcomes_of(task: ChiliPiperBookOperator, run: Run, context: Context) -> Outcomes:
    """The task's outcomes, after what its results table knows was told to the *run*. A preview writes nothing."""
    writers = [] if task.read("action") == "preview" else list(_writers(task, run, context))
    return Outcomes(writers=writers, keep_all=task.lead is not None or not task.writes_outcomes)


def _writers(task: ChiliPiperBookOperator, run: Run, context: Context) -> Iterator[Writer]:
    conn_id = task.read("results_conn_id") or task.sql_conn_id
    if task.results_table is not None:
        hook = sql_hook(conn_id, "results_conn_id")
        facts = {"purpose": task.read("purpose"), "keep": task.keep, "sender": Sender.of(context["ti"])}
        table = ResultsTable(hook, task.read("results_table"), **facts)
        if table.prepare():
            task.log.info("Made the table %s over connection %s.", task.results_table, conn_id)
        known = table.known(set(run.keys()))
        run.known = lambda key: _already_booked(known.get(key), task.read("rebook_after"))
        yield table
    if task.write_back_sql is not None:
        yield WriteBack(sql_hook(conn_id, "results_conn_id"), task.read("write_back_sql"), keep=task.keep)


def _already_booked(known: Known | None, rebook_after: timedelta | None) -> Outcome | None:
    if known is None or _is_due_again(known, rebook_after):
        return None
    reason = "the results table shows a booking for this purpose"
    return Outcome(status="already_booked", reason=reason, meeting_id=known.meeting_id, start_time=known.start_time)


def _is_due_again(known: Known, rebook_after: timedelta | None) -> bool:
    return rebook_after is not None and datetime.fromisoformat(known.recorded_at) + rebook_after <= datetime.now(UTC)
