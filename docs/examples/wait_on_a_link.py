"""Wait until a scheduling link offers slots to a guest, then book the first of those that were found."""

from airflow.sdk import DAG

from airflow_chilipiper.operators import SchedulingLinkBookOperator
from airflow_chilipiper.sensors import SchedulingLinkSlotSensor

LINK = "link-rr-demo"

with DAG("wait_on_a_link", schedule=None):
    # begin
    wait = SchedulingLinkSlotSensor(task_id="wait", link_id=LINK, guest_email="jo@example.com", deferrable=True)
    SchedulingLinkBookOperator(
        task_id="book", lead={"email": "jo@example.com"}, link_id=LINK, prefer=wait.output, purpose="vip"
    )
    # end
