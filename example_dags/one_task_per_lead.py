"""Book each new lead in a task of its own, followed by a task of its own: fit for dozens of leads, not for thousands.

Airflow spends up to a second on a task and maps over 1,024 at most; for more leads see ``nightly_concierge.py``. In
return each lead has its own log, retries and link to the meeting. Leads and outcomes go from task to task over XCom.

Needs three connections and a router:

- ``chilipiper_default``: the address of Chili Piper's API and a token (or those of the sandbox)
- ``warehouse``: any SQL database with the table ``leads``, whose columns are those of the two statements below
- ``ledger``: a Postgres database (or a SQLite one, on a single machine) that remembers who was booked
- a Concierge router with the slug ``inbound-demo``, whose form has the fields named under ``form``
"""

from datetime import timedelta

import pendulum
from airflow.providers.common.sql.operators.sql import SQLExecuteQueryOperator
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import BaseHook, dag, task

from airflow_chilipiper.operators import ConciergeBookOperator, col, rows_as_dicts

NEW_LEADS = "SELECT id, crm_id, email, company_size, timezone FROM leads WHERE meeting_id IS NULL ORDER BY id"
WRITE_BACK = (
    "UPDATE leads SET meeting_id = ?, meeting_status = ?, meeting_start = ? WHERE id = ? AND meeting_id IS NULL"
)


@dag(
    schedule="*/30 8-18 * * Mon-Fri",
    start_date=pendulum.datetime(2026, 1, 1, tz="Europe/Paris"),
    catchup=False,
    max_active_runs=1,
    tags=["chilipiper"],
)
def one_task_per_lead():
    new_leads = SQLExecuteQueryOperator(
        task_id="new_leads", conn_id="warehouse", sql=NEW_LEADS, handler=rows_as_dicts, show_return_value_in_logs=False
    )

    booked = ConciergeBookOperator.partial(
        task_id="book",
        map_index_template="{{ task.lead['id'] }}",  # rather than the e-mail, which everybody would see
        purpose="inbound-demo",
        router_slug="inbound-demo",
        trigger="ThirdPartyForm",
        lead_key=col("crm_id"),
        timezone=col("timezone", default="Europe/Paris"),
        form={"email": col("email"), "company_size": col("company_size")},
        keep=["id"],
        ledger_conn_id="ledger",
        retries=2,
        retry_delay=timedelta(minutes=2),
    ).expand(lead=new_leads.output)

    @task(trigger_rule="all_done", map_index_template="{{ task.op_kwargs['outcome']['id'] }}")
    def follow_up(outcome: dict):
        """One lead's outcome: write it back. This is also the place to tell the owner."""
        warehouse = BaseHook.get_hook("warehouse")
        row = [outcome[name] for name in ("meeting_id", "status", "start_time", "id")]
        warehouse.run(WRITE_BACK.replace("?", warehouse.placeholder), parameters=row)

    # Without the last task a run would be green whose booking failed.
    [booked, follow_up.expand(outcome=booked.output)] >> EmptyOperator(task_id="all_well")


one_task_per_lead()
