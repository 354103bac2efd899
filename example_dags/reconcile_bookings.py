"""Every hour, find out what became of bookings whose answer was lost, and report what a person has to decide.

A booking task does so itself at its next try or run. This DAG is for what has none: campaigns that are over, tasks that
were given up. It needs two connections:

- ``chilipiper_default``: the address of Chili Piper's API and a token that may read meetings (or those of the sandbox)
- ``ledger``: the database that the booking tasks record in
"""

import pendulum
from airflow.sdk import dag, task

from airflow_chilipiper.operators import ReconcileBookingsOperator


@dag(
    schedule="0 * * * *",
    start_date=pendulum.datetime(2026, 1, 1, tz="UTC"),
    catchup=False,
    max_active_runs=1,
    tags=["chilipiper"],
)
def reconcile_bookings():
    reconcile = ReconcileBookingsOperator(
        task_id="reconcile",
        ledger_conn_id="ledger",  # all of its campaigns; name one by purpose="..."
        retries=2,
    )

    @task
    def report(found: dict) -> list[str]:
        """What a person must decide, by the keys that `airflow chilipiper ledger resolve` takes; send it anywhere."""
        return [f"{row['ledger_key']}: {row['reason']}" for row in found["rows"] if row["state"] == "review"]

    report(reconcile.output)


reconcile_bookings()
