"""Every night, book a demo for each new lead of the warehouse and write the meeting back beside the lead.

Needs three connections and a router:

- ``chilipiper_default``: the address of Chili Piper's API and a token (or those of the sandbox)
- ``warehouse``: any SQL database with the table ``leads``, whose columns are those of the two statements below
- ``ledger``: a Postgres database (or a SQLite one, on a single machine) that remembers who was booked
- a Concierge router with the slug ``inbound-demo``, whose form has the fields named under ``form``
"""

import pendulum
from airflow.sdk import Param, dag

from airflow_chilipiper.operators import ConciergeBookOperator, col

NEW_LEADS = """
SELECT id, crm_id, email, first_name, last_name, company, company_size, country, timezone
FROM leads WHERE meeting_id IS NULL ORDER BY id
"""
WRITE_BACK = """
UPDATE leads SET meeting_id = :meeting_id, meeting_status = :status, meeting_start = :start_time,
    meeting_host = :host_email, meeting_note = :reason
WHERE id = :id AND meeting_id IS NULL
"""
FORM_FIELDS = ("email", "first_name", "last_name", "company", "company_size", "country")


@dag(
    schedule="0 2 * * *",
    start_date=pendulum.datetime(2026, 1, 1, tz="Europe/Paris"),  # filters slots for guests without a zone
    catchup=False,
    max_active_runs=1,
    params={"max_leads": Param(500, type="integer", minimum=1, description="With more new leads, nothing is sent.")},
    tags=["chilipiper"],
)
def nightly_concierge():
    ConciergeBookOperator(
        task_id="book",
        sql=NEW_LEADS,
        sql_conn_id="warehouse",
        max_leads="{{ params.max_leads }}",
        purpose="inbound-demo",  # one demo for each lead, in whatever run; a new campaign takes a new name
        router_slug="inbound-demo",
        trigger="ThirdPartyForm",
        lead_key=col("crm_id"),
        timezone=col("timezone", default="Europe/Paris"),
        form={**{name: col(name) for name in FORM_FIELDS}, "source": "nightly"},
        between=("09:00", "18:00"),
        keep=["id"],
        write_back_sql=WRITE_BACK,  # for every lead, even where the task fails
        fetch_meeting=True,
        ledger_conn_id="ledger",
        retries=2,
    )


nightly_concierge()
