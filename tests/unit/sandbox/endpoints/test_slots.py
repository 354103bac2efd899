"""A slot may be written in every shape that some source shows, and books all the same."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_chilipiper.sandbox import Sandbox
from tests.unit.sandbox.conftest import Edge

ICELAND = {"PersonCountry": "Iceland"}


def test_a_slot_as_a_string_books_like_any_other(box: Sandbox, edge: Edge) -> None:
    box.tenant.variants.slot_shape = "string"
    answer = edge.route().json()
    start = answer["schedulingData"]["startTimes"][0]

    assert isinstance(start, str)
    assert edge.book(answer["routeId"], start).status_code == 200


def test_a_slot_under_start(box: Sandbox, edge: Edge) -> None:
    box.tenant.variants.slot_shape = "start"

    assert set(edge.route().json()["schedulingData"]["startTimes"][0]) == {"start", "attendees"}


def test_fractional_seconds_are_part_of_the_start_as_sent(box: Sandbox, edge: Edge) -> None:
    box.tenant.variants.fractional_seconds = True
    session, starts = edge.offer()

    assert starts[0].endswith(":00.000Z")
    assert edge.book(session, starts[0]).status_code == 200
    assert edge.list_meetings().json()["data"]["list"][0]["dateTime"]["start"] == starts[0]


@pytest.mark.parametrize(("shape", "found"), [("null", {"startTimes": None}), ("absent", {})])
def test_none_free_may_be_null_or_absent(box: Sandbox, edge: Edge, shape: Any, found: dict[str, Any]) -> None:
    box.tenant.variants.none_free = shape
    data = edge.route(**ICELAND).json()["schedulingData"]

    assert {name: value for name, value in data.items() if name == "startTimes"} == found


def test_concierge_may_leave_the_host_open(box: Sandbox, edge: Edge) -> None:
    box.tenant.variants.concierge_attendees = "flexible"
    (attendee,) = edge.route().json()["schedulingData"]["startTimes"][-1]["attendees"]

    assert attendee["type"] == "FlexibleRoundRobinAssignee"
    assert len(attendee["userIds"]) > 1


def test_handoff_slots_may_name_attendees(box: Sandbox, edge: Edge) -> None:
    path = edge.open_handoff(routerId="ho-expert").json()["routers"][0]["pathResults"][0]
    assert path["startTimes"][0]["attendees"] == []

    box.tenant.variants.handoff_attendees = True
    path = edge.open_handoff(routerId="ho-expert").json()["routers"][0]["pathResults"][0]
    assert path["startTimes"][0]["attendees"][0]["distributionId"] == "dist-experts"
