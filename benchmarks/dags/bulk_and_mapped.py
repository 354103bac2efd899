"""The same leads in one task, and as one mapped task each."""

import os

from airflow.sdk import DAG

from airflow_chilipiper.operators import ConciergeBookOperator, col

BULK, MAPPED = (int(number) for number in os.environ["BENCH_LEADS"].split("/"))
ASKED = {
    "router_slug": "inbound-demo",
    "trigger": "InAppButton",
    "form": {"PersonEmail": col("email")},
    "lead_key": col("lead_id"),
    "ledger_conn_id": "ledger",
}


def lead(number: int) -> dict[str, str]:
    return {"lead_id": f"lead-{number}", "email": f"lead-{number}@prospect.example"}


with DAG("bulk", schedule=None):
    ConciergeBookOperator(
        task_id="book",
        purpose="bulk",
        sql="SELECT lead_id, email FROM leads",
        sql_conn_id="warehouse",
        max_leads=BULK,
        results_table="outcomes",
        **ASKED,
    )

with DAG("mapped", schedule=None):
    ConciergeBookOperator.partial(task_id="book", purpose="mapped", **ASKED).expand(lead=list(map(lead, range(MAPPED))))
