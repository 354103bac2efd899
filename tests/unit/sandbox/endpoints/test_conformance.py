"""What the sandbox takes and answers fits the published schemas.

`published_schemas.json` is this test's own copy, trimmed to the operations that the sandbox serves; each says at which
version of the Edge API it was published. The six booking calls and the ping have no published schema.
"""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from airflow_chilipiper.sandbox.endpoints import ENDPOINTS
from airflow_chilipiper.sandbox.state.seed import DEMO, fixed_uuid
from tests.unit.sandbox.conftest import MONDAY, WEEK, Edge

PUBLISHED = json.loads(Path(__file__).with_name("published_schemas.json").read_text())
SERVED = {endpoint.operation: endpoint for endpoint in ENDPOINTS}
UNPUBLISHED = {
    "concierge-route",
    "concierge-route-by-slug",
    "concierge-schedule",
    "scheduling-link-init",
    "scheduling-link-schedule",
    "handoff-init",
    "handoff-schedule",
    "health-ping",
}
INBOUND = fixed_uuid("inbound")
ATTENDEE = {"type": "DistributionAssignee", "distributionId": "dist-experts", "required": True, "userIds": ["u-ae-1"]}
SLOTS = {
    "expectedHost": {"type": "AssigneeFromDistribution", "distributionId": "dist-experts"},
    "attendees": [ATTENDEE],
    "meetingTypeRef": {"id": DEMO, "timestamp": MONDAY},
    "interval": WEEK,
    "pagination": {"page": 0, "pageSize": 500},
}
FILTERS = {"filterWorkspaceIds": ["ws-sales", "ws-success"], "filterMeetingTypeId": [DEMO, fixed_uuid("onboarding")]}
LOG = {"workspaceId": "ws-sales", "routerId": INBOUND, "start": MONDAY, "end": "2026-12-02T00:00:00Z", "page": "0"}
ASKED: dict[str, tuple[dict[str, str], dict[str, str], Any]] = {
    "availability-slots-v2": ({}, {}, SLOTS),
    "concierge-list-routers": ({}, {}, None),
    "concierge-logs": ({}, LOG, None),
    "concierge-router-get": ({"routerId": INBOUND}, {}, None),
    "handoff-router-list": ({}, {"workspaceId": "ws-sales"}, None),
    "meeting-list-put": ({}, {}, {"start": MONDAY, "end": "2026-11-09T00:00:00Z", "guestEmail": "jo@example.com"}),
    "meeting-type-list": ({}, {"workspaceId": "ws-sales"}, None),
    "scheduling-link-list-admin-one-on-one": ({}, {}, FILTERS),
    "scheduling-link-list-group": ({}, {}, {}),
    "scheduling-link-list-ownership": ({}, {}, {**FILTERS, "filterDistributionIds": ["dist-experts"]}),
    "scheduling-link-list-personal-v2": ({"userId": "u-ae-1"}, {}, None),
    "scheduling-link-list-round-robin": ({}, {}, FILTERS),
    "user-find": ({}, {"query": "expert", "page": "0", "pageSize": "50"}, None),
    "user-find-by-ids": ({}, {"page": "0"}, ["u-ae-1", "u-sdr-1"]),
    "user-read": ({"userId": "u-sdr-1"}, {}, None),
    "workspace-list": ({}, {"page": "0", "pageSize": "10"}, None),
    "workspace-list-users": ({}, {"workspaceId": "ws-sales"}, None),
}


def closed(schema: Any) -> Any:
    """The schema with undeclared fields forbidden, so that a misspelt optional field is found out."""
    if isinstance(schema, list):
        return [closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {name: closed(each) for name, each in schema.items()}
    declares = isinstance(schema.get("properties"), dict) and schema.get("type") == "object"
    return {"additionalProperties": False, **inner} if declares else inner


def is_moment(value: object) -> bool:
    return not isinstance(value, str) or datetime.fromisoformat(value).utcoffset() is not None


CHECKER = FormatChecker(["uuid"])
CHECKER.checks("date-time", raises=ValueError)(is_moment)
COMPONENTS = {"components": {"schemas": closed(PUBLISHED["components"]["schemas"])}}


def complaints(schema: Any, value: Any) -> list[str]:
    found = Draft202012Validator({**COMPONENTS, **closed(schema)}, format_checker=CHECKER).iter_errors(value)
    return [f"{error.json_path}: {error.message}" for error in found]


def ask(edge: Edge, operation_id: str, ids: dict[str, str], query: dict[str, str], body: Any) -> Any:
    published = PUBLISHED["operations"][operation_id]
    sent = {} if body is None else {"json": body}
    answer = edge.request(published["method"], published["path"].format(**ids), params=query, **sent)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_every_operation_is_published_or_known_not_to_be() -> None:
    assert set(SERVED) == set(PUBLISHED["operations"]) | UNPUBLISHED
    assert len(SERVED) == len(ENDPOINTS)


@pytest.mark.parametrize("operation_id", PUBLISHED["operations"])
def test_the_operation_is_where_it_is_published(operation_id: str) -> None:
    published, served = PUBLISHED["operations"][operation_id], SERVED[operation_id]

    assert (served.method, served.path) == (published["method"], published["path"])
    assert list(served.permissions) == published["permissions"]
    assert set(served.query_names) == set(published["query"])


@pytest.mark.parametrize("operation_id", [*ASKED, "meeting-get"])
def test_answers_fit(edge: Edge, operation_id: str) -> None:
    meeting_id = edge.book_first().json()["meetingId"]
    ids, query, body = ASKED.get(operation_id, ({"meetingId": meeting_id}, {}, None))
    answer = ask(edge, operation_id, ids, query, body)

    assert not complaints(PUBLISHED["operations"][operation_id]["answer"], answer)
    assert answer, "an empty answer would fit anything"


@pytest.mark.parametrize(
    "operation_id", [name for name, published in PUBLISHED["operations"].items() if published["request"]]
)
def test_requests_that_fit_are_taken(edge: Edge, operation_id: str) -> None:
    ids, query, body = ASKED[operation_id]

    assert not complaints(PUBLISHED["operations"][operation_id]["request"], body)
    ask(edge, operation_id, ids, query, body)


@pytest.mark.parametrize("path", ["/v1/org/user/read/none", "/v1/org/meetings/get/none"])
def test_errors_fit_the_envelope(edge: Edge, path: str) -> None:
    assert not complaints(PUBLISHED["error"], edge.get(path).json())


def test_slots_of_every_pattern_are_written_as_slots_v2_writes_them(edge: Edge) -> None:
    """The booking calls have no schema; their slots are the sibling's, whose attendees are published."""
    slots = [
        *edge.route().json()["schedulingData"]["startTimes"],
        *edge.open_link().json()["startTimes"],
        *edge.open_link("link-group", "Group").json()["startTimes"],
        *edge.open_link("link-owner", "Ownership", guestEmail="kept@customer.example").json()["startTimes"],
    ]
    kinds = {slot["attendees"][0]["type"] for slot in slots}

    assert not complaints({"type": "array", "items": {"$ref": "#/components/schemas/MeetingStartTime"}}, slots)
    assert kinds == {
        "StrictRoundRobinAssignee",
        "FlexibleRoundRobinAssignee",
        "ManuallyAssigned",
        "AssignedViaTeam",
    }
