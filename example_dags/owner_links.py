"""Book each customer who is up for renewal with their own account owner, over the scheduling link in a column.

Needs three connections:

- ``chilipiper_default``: the address of Chili Piper's API and a token (or those of the sandbox)
- ``warehouse``: any SQL database with the table ``renewals``, whose columns are those of the two statements below;
  ``owner_link`` is the address of the owner's booking page, as Chili Piper's list of links shows it
- ``ledger``: a Postgres database (or a SQLite one, on a single machine) that remembers who was booked

Trigger it with the action ``preview`` to see, in the outcomes of the task ``book``, who would be booked.
"""

from contextlib import closing

import pendulum
from airflow.sdk import BaseHook, Param, dag, task

from airflow_chilipiper.operators import SchedulingLinkBookOperator, col

DUE = """
SELECT id, email, owner_link, timezone FROM renewals
WHERE meeting_id IS NULL AND owner_link IS NOT NULL ORDER BY id
"""
WRITE_BACK = "UPDATE renewals SET meeting_id = ?, meeting_start = ?, meeting_host = ? WHERE id = ?"
WRITTEN = ("meeting_id", "start_time", "host_email", "id")


@dag(
    schedule="0 6 * * Mon",
    start_date=pendulum.datetime(2026, 1, 1, tz="Europe/Paris"),
    catchup=False,
    max_active_runs=1,
    params={"action": Param("book", enum=["book", "preview"])},
    tags=["chilipiper"],
)
def owner_links():
    book = SchedulingLinkBookOperator(
        task_id="book",
        purpose="renewal-{{ dag_run.run_after.year }}",  # once a year
        booking_url=col("owner_link"),  # with ids in the table: link_type="RoundRobin", link_id=col("link_id")
        sql=DUE,
        sql_conn_id="warehouse",
        lead_key=col("id"),
        timezone=col("timezone", default="Europe/Paris"),
        keep=["id"],
        window="14 days",
        between=("09:00", "18:00"),
        action="{{ params.action }}",
        fetch_meeting=True,
        ledger_conn_id="ledger",
        retries=2,
    )

    @task(trigger_rule="all_done")  # a booking task that fails has left the outcomes of all its leads, too
    def write_back(outcomes: list[dict] | None):
        warehouse = BaseHook.get_hook("warehouse")
        booked = [outcome for outcome in outcomes or [] if outcome["meeting_id"]]
        rows = [[outcome.get(name) for name in WRITTEN] for outcome in booked]
        with closing(warehouse.get_conn()) as connection, closing(connection.cursor()) as cursor:
            cursor.executemany(WRITE_BACK.replace("?", warehouse.placeholder), rows)
            connection.commit()

    @task
    def report(counts: dict[str, int]) -> str:
        """Last of all, and only if all went well: without it a run would be green whose booking task failed."""
        return ", ".join(f"{count} {status}" for status, count in counts.items()) or "nobody is due"

    write_back(book.output) >> report(book.output["counts"])


owner_links()
