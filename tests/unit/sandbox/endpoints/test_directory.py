"""Lists answer in the envelopes of the published schemas, page by page."""

from typing import Any

import pytest

from airflow_chilipiper.sandbox.state.seed import DEMO, fixed_uuid
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


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, {"link-rr-demo", "link-rr-qualified", "link-rr-full"}),
        ({"filterLinkSlugs": ["book-a-demo"]}, {"link-rr-demo"}),
        ({"filterWorkspaceIds": ["ws-success"]}, set()),
        ({"filterDistributionIds": ["dist-full"]}, {"link-rr-full"}),
        ({"filterMeetingTypeId": [DEMO], "filterLinkSlugs": ["qualified-demo"]}, {"link-rr-qualified"}),
    ],
)
def test_link_lists_filter(edge: Edge, asked: dict[str, Any], found: set[str]) -> None:
    links = edge.post("/v1/org/schedulingLinks/list-round-robin", json=asked).json()["links"]

    assert {link["linkId"] for link in links} == found


@pytest.mark.parametrize("asked", [{"filterWorkspaceIds": []}, {"slug": "x"}, None])
def test_a_link_list_needs_a_body_of_known_filters(edge: Edge, asked: Any) -> None:
    assert edge.post("/v1/org/schedulingLinks/list-group", json=asked).status_code == 400


def test_routers_tell_the_keys_of_each_trigger(edge: Edge) -> None:
    rows = edge.post("/v1/org/concierge/routers/concierge/list").json()["routers"]
    triggers = {each["type"]: each for each in rows[0]["router"]["formMapping"]["get"]}

    assert set(triggers) == {
        "ProcessedThirdPartyFormTrigger",
        "ProcessedInAppButtonTrigger",
        "ProcessedRouterLinkTrigger",
    }
    assert triggers["ProcessedThirdPartyFormTrigger"]["mapping"][0]["name"] == "email"
    assert triggers["ProcessedInAppButtonTrigger"]["mapping"][0] == {"dataField": "PersonEmail"}
    assert triggers["ProcessedRouterLinkTrigger"]["mapping"][0]["required"] is True


def test_lists_without_pages_filter_by_workspace(edge: Edge) -> None:
    wanted = {"workspaceId": "ws-success"}

    assert [each["id"] for each in edge.get("/v1/org/handoff/routers/handoff/list", params=wanted).json()] == [
        "ho-success",
        "ho-nobody",
    ]
    assert [each["name"] for each in edge.get("/v1/org/meeting-types/list", params=wanted).json()] == ["Onboarding"]
    routers = edge.post("/v1/org/concierge/routers/concierge/list", json=wanted).json()["routers"]
    assert [each["router"]["slug"] for each in routers] == ["partner-demo"]
