"""One booking task in each DAG. Its id is its campaign, too, and the connection to the sandbox that it books in."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

from airflow.sdk import DAG

from airflow_chilipiper.operators import ConciergeBookOperator, col

TODAY = datetime.now(UTC).date()
MIDWEEK = next(day for ahead in range(1, 8) if (day := TODAY + timedelta(days=ahead)).weekday() in (1, 2))
MIDNIGHT = datetime.combine(MIDWEEK, time(tzinfo=UTC))
LEADS = [  # each with an hour of its own, at which somebody works somewhere, so that none takes the slot of another
    {"id": number, "email": f"lead{number}@prospect.example", "at": (MIDNIGHT + timedelta(hours=number)).isoformat()}
    for number in range(20)
]
LEDGERS: dict[str, dict[str, Any]] = {"sql": {"ledger_conn_id": "ledger"}, "task_state": {}}


def booking(dag_id: str, *, leads_at_once: int = 4, **arguments: Any) -> None:
    with DAG(dag_id, schedule=None):
        task = ConciergeBookOperator(
            task_id="book",
            purpose=dag_id,
            router_slug="inbound-demo",
            trigger="InAppButton",
            leads=LEADS,
            lead_key=col("id"),
            form={"PersonEmail": col("email")},
            prefer=col("at"),
            chilipiper_conn_id=dag_id,
            **{"retries": 1, "retry_delay": timedelta(seconds=1), **arguments},
        )
    task.leads_at_once = leads_at_once


for ledger, where in LEDGERS.items():
    booking(f"cleared_{ledger}", **where)
    booking(f"cleared_under_way_{ledger}", **where, leads_at_once=2)
    booking(f"killed_{ledger}", **where)
booking("killed_with_supervisor", **LEDGERS["sql"])
booking("outlives_supervisor", **LEDGERS["sql"])
booking("timed_out", **LEDGERS["sql"], execution_timeout=timedelta(minutes=5), retry_delay=timedelta(seconds=6))
booking("two_runs", **LEDGERS["sql"], retries=9, retry_delay=timedelta(seconds=4))
