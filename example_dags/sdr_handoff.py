"""Hand the leads that SDRs have qualified over to account executives, by their ids in the CRM; no e-mail is needed.

Needs three connections and a workspace:

- ``chilipiper_default``: the address of Chili Piper's API and a token (or those of the sandbox)
- ``warehouse``: any SQL database with the table ``qualified_leads``, whose columns are those of the two statements
  below; ``crm_id`` is Salesforce's id of a lead (00Q...) or a contact (003...), ``sdr_email`` the rep who hands over
- ``ledger``: a Postgres database (or a SQLite one, on a single machine) that remembers who was booked
- a workspace ``Sales`` with Handoff routers; each SDR needs a Handoff licence
"""

from contextlib import closing

import pendulum
from airflow.providers.common.sql.operators.sql import SQLExecuteQueryOperator
from airflow.sdk import BaseHook, dag, task

from airflow_chilipiper.operators import HandoffBookOperator, col, rows_as_dicts

QUALIFIED = "SELECT id, crm_id, sdr_email FROM qualified_leads WHERE meeting_id IS NULL ORDER BY id"
WRITE_BACK = "UPDATE qualified_leads SET meeting_id = ?, meeting_start = ?, meeting_host = ? WHERE id = ?"
WRITTEN = ("meeting_id", "start_time", "host_email", "id")


@dag(
    schedule="0 * * * *",
    start_date=pendulum.datetime(2026, 1, 1, tz="Europe/Paris"),
    catchup=False,
    max_active_runs=1,
    tags=["chilipiper"],
)
def sdr_handoff():
    qualified = SQLExecuteQueryOperator(
        task_id="qualified", conn_id="warehouse", sql=QUALIFIED, handler=rows_as_dicts, show_return_value_in_logs=False
    )

    book = HandoffBookOperator(
        task_id="book",
        purpose="sdr-handoff",
        leads=qualified.output,
        lead_key=col("crm_id"),
        crm_id=col("crm_id"),
        booker_email=col("sdr_email"),
        workspace="Sales",
        path="earliest",  # of all the routers and paths that are offered
        keep=["id"],
        between=("09:00", "18:00"),
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
        return ", ".join(f"{count} {status}" for status, count in counts.items()) or "nobody is qualified"

    write_back(book.output) >> report(book.output["counts"])


sdr_handoff()
