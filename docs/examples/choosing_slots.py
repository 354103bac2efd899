"""Which slot: working hours and days of the guest, and near to a time that the lead wished for."""

from datetime import timedelta

from airflow.sdk import DAG

from airflow_chilipiper.operators import ConciergeBookOperator, col

LEADS = [{"id": "42", "email": "jo@example.com", "timezone": "America/New_York", "wish": None}]

with DAG("choosing_slots", schedule=None):
    # begin
    ConciergeBookOperator(
        task_id="book",
        purpose="demo request 2026",
        leads=LEADS,
        lead_key=col("id"),
        router_slug="inbound-demo",
        trigger="InAppButton",
        form={"PersonEmail": col("email")},
        timezone=col("timezone", default="Europe/Paris"),
        window=timedelta(days=14),
        between=("09:00", "17:00"),
        weekdays=("Mon", "Tue", "Wed", "Thu", "Fri"),
        min_notice="1 day",
        prefer=col("wish", default=None),
    )
    # end
