"""Where the outcomes of a booking task go, and what stands there already."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from airflow_chilipiper.booking.outcome import Outcome, Status
from airflow_chilipiper.task.outcomes import Writer
from airflow_chilipiper.task.plan import BookingPlan
from airflow_chilipiper.task.run import Run
from airflow_chilipiper.task.services import Services
from airflow_chilipiper.warehouse.results_table import Known, ResultsTable
from airflow_chilipiper.warehouse.write_back import WriteBack


def writers_of(plan: BookingPlan, run: Run, services: Services) -> Iterator[Writer]:
    """Those that the plan names, once the *run* has what its results table knows. A preview writes nothing."""
    if plan.preview:
        return
    if plan.results_table is not None:
        hook = services.sql_hook(plan.results_conn_id, "results_conn_id")
        table = ResultsTable(hook, plan.results_table, purpose=plan.purpose, keep=plan.keep, sender=services.sender)
        if table.prepare():
            services.log.info("Made the table %s over connection %s.", plan.results_table, plan.results_conn_id)
        known, again = table.known(set(run.keys())), plan.rebook_after
        run.known = lambda key: _already_booked(known.get(key), again)
        yield table
    if plan.write_back_sql is not None:
        hook = services.sql_hook(plan.results_conn_id, "results_conn_id")
        yield WriteBack(hook, plan.write_back_sql, keep=plan.keep)


def _already_booked(known: Known | None, rebook_after: timedelta | None) -> Outcome | None:
    if known is None:
        return None
    if rebook_after is not None and datetime.fromisoformat(known.recorded_at) + rebook_after <= datetime.now(UTC):
        return None
    reason = "the results table shows a booking for this purpose"
    return Outcome(
        status=Status.ALREADY_BOOKED, reason=reason, meeting_id=known.meeting_id, start_time=known.start_time
    )
