"""Book each customer who is up for renewal with their own account owner, over the scheduling link in a column.

Needs three connections:

- ``chilipiper_default``: the address of Chili Piper's API and a token (or those of the sandbox)
- ``warehouse``: any SQL database with the table ``renewals``, whose columns are those of the two statements below;
  ``owner_link`` is the address of the owner's booking page, as Chili Piper's list of links shows it
- ``ledger``: a Postgres database (or a SQLite one, on a single machine) that remembers who was booked

Trigger it with ``preview`` to see, in the log of the task ``book``, how many would be booked and who would not.
"""

import pendulum
from airflow.sdk import Param, dag

from airflow_chilipiper.operators import SchedulingLinkBookOperator, col

DUE = """
SELECT id, email, owner_link, timezone FROM renewals
WHERE meeting_id IS NULL AND owner_link IS NOT NULL ORDER BY id
"""
WRITE_BACK = """
UPDATE renewals SET meeting_id = :meeting_id, meeting_start = :start_time, meeting_host = :host_email
WHERE id = :id AND meeting_id IS NULL
"""


@dag(
    schedule="0 6 * * Mon",
    start_date=pendulum.datetime(2026, 1, 1, tz="Europe/Paris"),
    catchup=False,
    max_active_runs=1,
    params={"preview": Param(False, type="boolean", description="Check every customer, and book nobody.")},
    tags=["chilipiper"],
)
def owner_links():
    SchedulingLinkBookOperator(
        task_id="book",
        sql=DUE,
        sql_conn_id="warehouse",
        purpose="renewal-{{ dag_run.run_after.year }}",  # once a year
        booking_url=col("owner_link"),  # with ids in the table: link_type="RoundRobin", link_id=col("link_id")
        lead_key=col("id"),
        timezone=col("timezone", default="Europe/Paris"),
        window="14 days",
        between=("09:00", "18:00"),
        keep=["id"],
        write_back_sql=WRITE_BACK,
        fetch_meeting=True,
        preview="{{ params.preview }}",
        ledger_conn_id="ledger",
        retries=2,
    )


owner_links()
