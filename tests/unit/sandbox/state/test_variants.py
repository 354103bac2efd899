"""Every shape that some source shows can be switched on, one at a time."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_chilipiper.sandbox import Sandbox
from tests.unit.sandbox.conftest import MONDAY, Edge


def test_the_session_id_has_two_names(box: Sandbox, edge: Edge) -> None:
    box.tenant.variants.route_key = "routingId"

    assert "routingId" in edge.route().json()
    assert "routingId" in edge.open_link().json()
    assert "routeId" in edge.open_handoff().json()


def test_codes_and_statuses_can_be_chosen(box: Sandbox, edge: Edge) -> None:
    box.tenant.variants.codes["session_unknown"] = (422, "BadRoute")
    answer = edge.book("nobody-opened-this", MONDAY)

    assert (answer.status_code, answer.json()["errorCode"]) == (422, "BadRoute")


@pytest.mark.parametrize(("shape", "found"), [("null", {"data": {"list": None}}), ("absent", {"data": {}})])
def test_empty_arrays_may_be_null_or_absent(box: Sandbox, edge: Edge, shape: Any, found: dict[str, Any]) -> None:
    box.tenant.variants.empty_arrays = shape
    answer = edge.list_meetings().json()

    assert {"data": answer["data"]} == found


def test_optional_fields_may_be_null(box: Sandbox, edge: Edge) -> None:
    box.tenant.variants.explicit_nulls = True
    edge.book_first()
    edge.offer()

    assert edge.log().json()["results"][0]["meetingId"] is None
    assert edge.list_meetings().json()["data"]["list"][0]["bookerId"] is None
    assert edge.get("/v1/org/user/read/u-ae-1").json()["salesforce"] is None
    assert edge.get("/v1/org/meeting-types/list").json()[0]["reminders"] is None


def test_a_newer_version_adds_fields_everywhere(box: Sandbox, edge: Edge) -> None:
    box.tenant.variants.unknown_fields = True
    answer = edge.route().json()

    assert "addedLater" in answer
    assert "addedLater" in answer["schedulingData"]["startTimes"][0]["attendees"][0]
    assert edge.book(answer["routeId"], answer["schedulingData"]["startTimes"][0]["startTime"]).status_code == 200
