"""Lists answer in the envelopes of the published schemas, page by page."""

from __future__ import annotations

import pytest

from airflow_chilipiper.sandbox import Sandbox
from airflow_chilipiper.sandbox.state.seed import fixed_uuid
from tests.unit.sandbox.conftest import Edge


def test_ping_says_ok(edge: Edge) -> None:
    assert edge.get("/v1/org/health/ping").json() == "ok"


def test_users_come_in_pages_of_ten(edge: Edge) -> None:
    path = "/v1/org/workspace/users"
    pages = [edge.get(path, params={"workspaceId": "ws-sales", "page": page}).json() for page in range(3)]

    assert [len(page["results"]) for page in pages] == [10, 8, 0]
    assert all(page["total"] == 18 for page in pages)


@pytest.mark.parametrize(("name", "value"), [("pageSize", "51"), ("pageSize", "0"), ("page", "-1"), ("page", "x")])
def test_page_sizes_are_limited(edge: Edge, name: str, value: str) -> None:
    answer = edge.get("/v1/org/workspace", params={name: value})

    assert (answer.status_code, answer.text) == (400, f"Invalid value for: query parameter {name}")


def test_user_find_matches_parts_of_mail_and_name(edge: Edge) -> None:
    found = edge.get("/v1/org/user/find", params={"query": "setter"}).json()

    assert {user["id"] for user in found["results"]} == {"u-sdr-1", "u-sdr-2"}
    assert edge.get("/v1/org/user/find").status_code == 400


def test_users_are_read_by_id(edge: Edge) -> None:
    assert edge.get("/v1/org/user/read/u-ae-1").json()["timezone"] == "Europe/Paris"
    assert edge.get("/v1/org/user/read/u-none").status_code == 404
    found = edge.post("/v1/org/user/find-by-id", json=["u-ae-1", "u-none"]).json()
    assert [user["id"] for user in found["results"]] == ["u-ae-1"]


def test_unknown_workspaces_and_users_are_not_found(edge: Edge) -> None:
    assert edge.get("/v1/org/workspace/users", params={"workspaceId": "ws-none"}).status_code == 404
    assert edge.get("/v1/org/schedulingLinks/list-personal-v2/u-none").status_code == 404
    assert edge.get(f"/v1/org/concierge/routers/concierge/{fixed_uuid('none')}").status_code == 404


def test_lists_without_pages_filter_by_workspace(edge: Edge) -> None:
    wanted = {"workspaceId": "ws-success"}

    assert [each["id"] for each in edge.get("/v1/org/handoff/routers/handoff/list", params=wanted).json()] == [
        "ho-success",
        "ho-nobody",
    ]
    assert [each["name"] for each in edge.get("/v1/org/meeting-types/list", params=wanted).json()] == ["Onboarding"]
    routers = edge.post("/v1/org/concierge/routers/concierge/list", json=wanted).json()["routers"]
    assert [each["router"]["slug"] for each in routers] == ["partner-demo"]


def test_lists_may_come_bare(box: Sandbox, edge: Edge) -> None:
    box.tenant.variants.list_envelope = "bare"

    assert [each["id"] for each in edge.get("/v1/org/workspace").json()] == ["ws-sales", "ws-success"]


def test_ping_may_be_plain_text(box: Sandbox, edge: Edge) -> None:
    box.tenant.variants.ping = "text"

    assert edge.get("/v1/org/health/ping").text == "ok"
