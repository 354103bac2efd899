"""Book thousands of leads in four tasks beside each other, on as many workers, with every outcome in a table.

Each task runs the query and books its shard of the leads at its part of the pace. Outcomes are appended to the table as
they become known; a lead that it shows as booked for this purpose is not asked about again.

Needs three connections, a pool and a router:

- ``chilipiper_default``: the address of Chili Piper's API and a token (or those of the sandbox); its
  ``requests_per_second`` is that of all four tasks
- ``warehouse``: any SQL database with the table ``leads``, whose columns are those of the query below
- ``ledger``: a Postgres or MySQL database that all workers reach (or a SQLite one, on a single machine)
- ``chilipiper``: a pool with four slots, ``airflow pools set chilipiper 4 "Chili Piper"``
- a Concierge router with the slug ``inbound-demo``, whose form has the fields named under ``form``
"""

from collections import Counter
from datetime import timedelta

import pendulum
from airflow.sdk import dag, task

from airflow_chilipiper.operators import ConciergeBookOperator, col

LEADS = "SELECT crm_id, email, company, company_size, timezone FROM leads ORDER BY crm_id"
SHARDS = 4


@dag(
    schedule=None,
    start_date=pendulum.datetime(2026, 1, 1, tz="Europe/Paris"),
    catchup=False,
    max_active_runs=1,
    tags=["chilipiper"],
)
def campaign_in_shards():
    booked = ConciergeBookOperator.partial(
        task_id="book",
        sql=LEADS,
        sql_conn_id="warehouse",
        max_leads=20_000,
        purpose="autumn-campaign",  # one meeting for each lead, in whatever run; a new campaign takes a new name
        router_slug="inbound-demo",
        trigger="ThirdPartyForm",
        lead_key=col("crm_id"),
        timezone=col("timezone", default="Europe/Paris"),
        form={"email": col("email"), "company": col("company"), "company_size": col("company_size")},
        results_table="chilipiper_outcomes",
        ledger_conn_id="ledger",
        pool="chilipiper",
        retries=3,
        retry_delay=timedelta(minutes=2),
    ).expand(shard=[f"{shard}/{SHARDS}" for shard in range(SHARDS)])

    @task
    def report(summaries: list[dict]) -> dict[str, int]:
        """How many came to what in all shards; who has to be looked at is in the table."""
        return dict(sum((Counter(summary["counts"]) for summary in summaries), Counter()))

    report(booked.output)


campaign_in_shards()
