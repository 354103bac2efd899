"""Who may ask, what is on record, and what an unexpected request is answered."""

from __future__ import annotations

import pytest

from airflow_chilipiper.sandbox import Sandbox
from airflow_chilipiper.sandbox.endpoints import ENDPOINTS
from airflow_chilipiper.sandbox.http.endpoint import ROOT, Endpoint
from tests.unit.sandbox.conftest import Edge

PLACES = {
    "routerSlug": "inbound-demo",
    "sessionId": "s",
    "routerId": "r",
    "pathId": "p",
    "userId": "u-sdr-1",
    "workspaceId": "ws-sales",
    "meetingId": "m",
}


@pytest.mark.parametrize("header", [{}, {"Authorization": "sandbox-token"}, {"Authorization": "Bearer revoked"}])
def test_without_a_bearer_token_the_answer_is_401(box: Sandbox, edge: Edge, header: dict[str, str]) -> None:
    edge.headers.pop("Authorization")
    answer = edge.get("/v1/org/health/ping", headers=header)

    assert answer.status_code == 401
    assert answer.json()["errorCode"] == "Unauthorized"


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.operation)
def test_a_403_names_each_missing_permission(box: Sandbox, edge: Edge, endpoint: Endpoint) -> None:
    path = endpoint.path.format(**PLACES)
    for permission in endpoint.permissions:
        token = box.token_without(permission)
        answer = edge.request(endpoint.method, path, headers={"Authorization": f"Bearer {token}"})

        assert answer.status_code == 403
        assert permission in answer.json()["errorMessage"]
        assert answer.json()["arguments"] == {"permission": permission, "operation": endpoint.operation}


def test_an_older_revision_of_the_help_asks_for_schedule_alone(box: Sandbox, edge: Edge) -> None:
    edge.headers["Authorization"] = f"Bearer {box.token_with('concierge.schedule')}"
    assert edge.route().status_code == 403

    box.tenant.variants.route_permission = False
    assert edge.route().status_code == 200


def test_an_unknown_permission_is_a_mistake_of_the_test(box: Sandbox) -> None:
    with pytest.raises(ValueError, match=r"concierge\.book"):
        box.token_with("concierge.book")


def test_an_unexpected_request_is_answered_with_what_would_have_matched(edge: Edge) -> None:
    answer = edge.get("/v1/org/workspaces")

    assert answer.status_code == 404
    assert f"Closest: GET {ROOT}/v1/org/workspace (workspace-list)" in answer.text


def test_a_wrong_method_is_unexpected_too(edge: Edge) -> None:
    answer = edge.post("/v2/org/meetings/meetings", json={})

    assert answer.status_code == 404
    assert f"PUT {ROOT}/v2/org/meetings/meetings" in answer.text


def test_every_call_is_on_record(box: Sandbox, edge: Edge) -> None:
    session, starts = edge.offer()
    edge.book(session, starts[0])

    routed, booked = box.calls
    assert (routed.operation, routed.method, routed.status) == ("concierge-route-by-slug", "POST", 200)
    assert routed.body["form"] == {"PersonEmail": "jo@example.com"}
    assert booked.path == f"{ROOT}/v1/org/concierge/routing/{session}/schedule-simple"
    assert booked.body == {"startTime": starts[0]}


def test_success_carries_the_declared_headers(edge: Edge) -> None:
    assert {"cache-control", "x-robots-tag", "pragma", "expires"} <= set(edge.get("/v1/org/workspace").headers)
