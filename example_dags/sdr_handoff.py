"""Hand the leads that SDRs have qualified over to account executives, by their ids in the CRM; no e-mail is needed.

Needs three connections and a workspace:

- ``chilipiper_default``: the address of Chili Piper's API and a token (or those of the sandbox)
- ``warehouse``: any SQL database with the table ``qualified_leads``, whose columns are those of the two statements
  below; ``crm_id`` is Salesforce's id of a lead (00Q...) or a contact (003...), ``sdr_email`` the rep who hands over
- ``ledger``: a Postgres database (or a SQLite one, on a single machine) that remembers who was booked
- a workspace ``Sales`` with Handoff routers; each SDR needs a Handoff licence
"""

import pendulum
from airflow.sdk import dag

from airflow_chilipiper.operators import HandoffBookOperator, col

QUALIFIED = "SELECT id, crm_id, sdr_email FROM qualified_leads WHERE meeting_id IS NULL ORDER BY id"
WRITE_BACK = """
UPDATE qualified_leads SET meeting_id = :meeting_id, meeting_start = :start_time, meeting_host = :host_email
WHERE id = :id AND meeting_id IS NULL
"""


@dag(
    schedule="0 * * * *",
    start_date=pendulum.datetime(2026, 1, 1, tz="Europe/Paris"),
    catchup=False,
    max_active_runs=1,
    tags=["chilipiper"],
)
def sdr_handoff():
    HandoffBookOperator(
        task_id="book",
        sql=QUALIFIED,
        sql_conn_id="warehouse",
        purpose="sdr-handoff",
        lead_key=col("crm_id"),
        crm_id=col("crm_id"),
        booker_email=col("sdr_email"),
        workspace="Sales",
        path="earliest",  # of all the routers and paths that are offered
        between=("09:00", "18:00"),
        keep=["id"],
        write_back_sql=WRITE_BACK,
        fetch_meeting=True,
        ledger_conn_id="ledger",
        retries=2,
    )


sdr_handoff()
