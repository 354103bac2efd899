"""Waiting for slots of links of every kind, in real DAG runs too."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from airflow.sdk import DAG, task

from airflow_chilipiper.arguments.times import as_moments
from airflow_chilipiper.sandbox import Sandbox
from airflow_chilipiper.sandbox.state.seed import ONBOARDING
from airflow_chilipiper.sensors import (
    SchedulingLinkSlotSensor,
)
from tests.unit.sensors.waiting import (
    GUEST,
    made,
)


@pytest.mark.parametrize(
    "arguments",
    [
        {"link": {"type": "Group", "linkId": "link-group"}},
        {"link_type": "Ownership", "link_id": "link-owner", "meeting_type_id": ONBOARDING},
        {"booking_url": "https://sandbox.chilipiper.example/book/book-a-demo"},
        {"link_owner": "amy.expert@sandbox.example", "link_slug": "amy-expert-demo"},
        {"link_type": "AdminOneOnOne", "link_id": "link-admin"},
    ],
)
def test_links_of_every_kind(chili: Sandbox, arguments: dict[str, Any]) -> None:
    if "booking_url" in arguments:
        arguments = {"booking_url": page_of(chili)}
    assert made(SchedulingLinkSlotSensor, guest_email=GUEST, **arguments).execute({})
    opening = chili.calls[-1]
    assert opening.operation == "scheduling-link-init"
    assert opening.body["guestEmail"] == GUEST
    assert "guestTimezone" not in opening.body


def page_of(chili: Sandbox) -> str:
    from airflow_chilipiper.hooks import ChiliPiperHook

    hook = ChiliPiperHook()
    pages = {found.link_id: found.booking_url for found in hook.links()}
    hook.close()
    chili.tenant.sessions.clear()
    return pages["link-rr-demo"]


def test_a_slot_that_comes_later_reaches_the_next_task(chili: Sandbox, run_dag: Callable[..., Any]) -> None:
    """A real DAG run: deferred after a first look without answer, resumed by the trigger, slots in XCom."""
    chili.faults.server_error("scheduling-link-init")
    with DAG("wait_for_a_slot", start_date=datetime(2026, 1, 1, tzinfo=UTC), schedule=None) as dag:
        wait = SchedulingLinkSlotSensor(
            task_id="wait",
            guest_email="{{ params.guest }}",
            link_type="RoundRobin",
            link_id="link-rr-demo",
            window="{{ params.window }}",
            deferrable=True,
            poke_interval=0,
            params={"guest": GUEST, "window": "3 days"},
        )

        @task
        def preferred(slots: list[str]) -> int:
            return len(as_moments(slots, "prefer"))

        preferred(wait.output)
    run = run_dag(dag)
    assert run.state == "success"
    assert [call.status for call in chili.calls] == [500, 200]
    assert chili.calls[-1].body["guestEmail"] == GUEST
    assert chili.calls[-1].body["interval"]["duration"] == "3 days"


def test_one_sensor_for_each_of_many_guests(chili: Sandbox, run_dag: Callable[..., Any]) -> None:
    """Mapped over e-mails in a real DAG run."""
    with DAG("mapped", start_date=datetime(2026, 1, 1, tzinfo=UTC), schedule=None) as dag:
        SchedulingLinkSlotSensor.partial(
            task_id="wait", link_type="RoundRobin", link_id="link-rr-demo", window="2 days", min_notice="0 hours"
        ).expand(guest_email=[GUEST, "ann@prospect.example"])
    assert run_dag(dag).state == "success"
    assert sorted(call.body["guestEmail"] for call in chili.calls) == ["ann@prospect.example", GUEST]
