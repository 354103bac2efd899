"""Choose a slot yourself, in a task of your own: the hook books it, once."""

from datetime import timedelta

from airflow.sdk import DAG, task

from airflow_chilipiper.hooks import ChiliPiperHook, SchedulingLink

LINK = {"type": "RoundRobin", "linkId": "link-rr-demo"}


@task
def book_third_slot(lead: dict[str, str]) -> str | None:
    hook = ChiliPiperHook()
    pattern = SchedulingLink(link=LINK, guest=lead["email"])
    offer = hook.open(pattern, window=timedelta(days=5))
    outcome = hook.book(pattern, offer, offer.slots[2], purpose="renewal 2026", lead_key=lead["id"])
    return outcome.meeting_id


with DAG("own_task", schedule=None):
    book_third_slot({"id": "42", "email": "jo@example.com"})
