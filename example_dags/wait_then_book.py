"""Wait until a host has enough free slots to choose from, then book one guest into the best of them.

Needs two connections and a scheduling link:

- ``chilipiper_default``: the address of Chili Piper's API and a token (or those of the sandbox)
- ``ledger``: a Postgres database (or a SQLite one, on a single machine) that remembers who was booked
- a link of the host's with the meeting type below; the defaults are those of the sandbox

Trigger it with the guest's e-mail. The wait opens no session, so it may be long; it takes a triggerer, but no worker.
"""

from datetime import timedelta

import pendulum
from airflow.sdk import Param, dag

from airflow_chilipiper.operators import SchedulingLinkBookOperator
from airflow_chilipiper.sensors import AvailableSlotsSensor

LINK = "https://sandbox.chilipiper.example/link/meet-amy"
DEMO = "ac2caac1-078b-531e-8c28-ef3bde5ccc67"


@dag(
    schedule=None,
    start_date=pendulum.datetime(2026, 1, 1, tz="Europe/Paris"),
    params={
        "guest": Param(type="string", format="email", description="The guest's e-mail"),
        "host": Param("amy.expert@sandbox.example", type="string", format="email", description="The host's e-mail"),
        "link": Param(LINK, type="string", format="uri", description="Address of the host's scheduling link"),
        "meeting_type": Param(DEMO, type="string", description="Id of the link's meeting type"),
    },
    tags=["chilipiper"],
)
def wait_then_book():
    slots = AvailableSlotsSensor(
        task_id="slots",
        host_email="{{ params.host }}",
        meeting_type_id="{{ params.meeting_type }}",
        weekdays=("Tue", "Wed", "Thu"),
        between=("10:00", "16:00"),
        min_slots=3,
        poke_interval=timedelta(minutes=10),
        timeout=timedelta(days=2),
        deferrable=True,
    )

    SchedulingLinkBookOperator(
        task_id="book",
        purpose="waited-for-a-slot",
        lead={},  # rows are data, and are never rendered; the guest stands in a template
        guest_email="{{ params.guest }}",
        booking_url="{{ params.link }}",
        meeting_type_id="{{ params.meeting_type }}",
        prefer=slots.output,  # somebody may have been faster: then the nearest slot that is still free
        fail_on=("no_slot", "unknown", "not_attempted"),
        ledger_conn_id="ledger",
    )


wait_then_book()
