"""Book all leads of a warehouse in four shards, on whatever workers there are."""

from datetime import timedelta

from airflow.sdk import DAG

from airflow_chilipiper.operators import ConciergeBookOperator, col

SHARDS = 4

with DAG("sharded_booking", schedule=None, max_active_runs=1):
    ConciergeBookOperator.partial(
        task_id="book",
        purpose="spring",
        sql="SELECT id, email, preferred FROM leads ORDER BY id",
        sql_conn_id="warehouse",
        max_leads=100_000,
        lead_key=col("id"),
        router_slug="inbound-demo",
        trigger="InAppButton",
        form={"PersonEmail": col("email")},
        prefer=col("preferred"),
        results_table="outcomes",
        ledger_conn_id="ledger",
        pool="chilipiper",
        retries=2,
        retry_delay=timedelta(seconds=1),
    ).expand(shard=[f"{number}/{SHARDS}" for number in range(SHARDS)])
