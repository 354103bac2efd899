"""Every night, book a demo for each new lead of the warehouse and write the meeting back beside the lead.

Needs three connections and a router:

- ``chilipiper_default``: the address of Chili Piper's API and a token (or those of the sandbox)
- ``warehouse``: any SQL database with the table ``leads``, whose columns are those of the two statements below
- ``ledger``: a Postgres database (or a SQLite one, on a single machine) that remembers who was booked
- a Concierge router with the slug ``inbound-demo``, whose form has the fields named under ``form``
"""

from contextlib import closing

import pendulum
from airflow.sdk import BaseHook, Param, dag, task

from airflow_chilipiper.operators import ConciergeBookOperator, col

NEW_LEADS = """
SELECT id, crm_id, email, first_name, last_name, company, company_size, country, timezone
FROM leads WHERE meeting_id IS NULL ORDER BY id
"""
WRITE_BACK = """
UPDATE leads SET meeting_id = ?, meeting_status = ?, meeting_start = ?, meeting_host = ?, meeting_note = ?
WHERE id = ? AND meeting_id IS NULL
"""
WRITTEN = ("meeting_id", "status", "start_time", "host_email", "reason", "id")


@dag(
    schedule="0 2 * * *",
    start_date=pendulum.datetime(2026, 1, 1, tz="Europe/Paris"),  # guests without a zone of their own get this one
    catchup=False,
    max_active_runs=1,
    params={"max_leads": Param(500, type="integer", minimum=1, description="With more new leads, nothing is sent.")},
    tags=["chilipiper"],
)
def nightly_concierge():
    book = ConciergeBookOperator(
        task_id="book",
        purpose="inbound-demo",  # one demo for each lead, in whatever run; a new campaign takes a new name
        router_slug="inbound-demo",
        trigger="ThirdPartyForm",
        sql=NEW_LEADS,
        sql_conn_id="warehouse",
        max_leads="{{ params.max_leads }}",
        lead_key=col("crm_id"),
        timezone=col("timezone", default="Europe/Paris"),
        form={
            "email": col("email"),
            "first_name": col("first_name"),
            "last_name": col("last_name"),
            "company": col("company"),
            "company_size": col("company_size"),
            "country": col("country"),
            "source": "nightly",
        },
        keep=["id"],
        between=("09:00", "18:00"),
        fetch_meeting=True,
        ledger_conn_id="ledger",
        retries=2,
    )

    @task(trigger_rule="all_done")  # a booking task that fails has left the outcomes of all its leads, too
    def write_back(outcomes: list[dict] | None):
        warehouse = BaseHook.get_hook("warehouse")
        rows = [[outcome.get(name) for name in WRITTEN] for outcome in outcomes or []]
        with closing(warehouse.get_conn()) as connection, closing(connection.cursor()) as cursor:
            cursor.executemany(WRITE_BACK.replace("?", warehouse.placeholder), rows)
            connection.commit()

    @task
    def report(counts: dict[str, int]) -> str:
        """Last of all, and only if all went well: without it a run would be green whose booking task failed."""
        return ", ".join(f"{count} {status}" for status, count in counts.items()) or "no new leads"

    write_back(book.output) >> report(book.output["counts"])


nightly_concierge()
