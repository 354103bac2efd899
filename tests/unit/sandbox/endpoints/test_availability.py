"""Slots-v2 opens nothing and pages through what is free."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_chilipiper.sandbox import Sandbox
from airflow_chilipiper.sandbox.state.seed import DEMO, fixed_uuid
from tests.unit.sandbox.conftest import MONDAY, WEEK, Edge


def request(*attendees: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "expectedHost": {"type": "User", "userId": "u-ae-1"},
        "attendees": list(attendees) or [{"type": "ManuallyAssigned", "userId": "u-ae-1", "required": True}],
        "meetingTypeRef": {"id": DEMO, "timestamp": MONDAY},
        "interval": WEEK,
        **more,
    }


def free_slots(edge: Edge, *attendees: dict[str, Any], **more: Any) -> dict[str, Any]:
    answer = edge.put("/v1/org/availability/slots-v2", json=request(*attendees, **more))
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_it_opens_no_session(box: Sandbox, edge: Edge) -> None:
    assert free_slots(edge)["total"] > 40
    assert not box.tenant.sessions


def test_a_distribution_offers_whoever_is_free(edge: Edge) -> None:
    pool = {"type": "DistributionAssignee", "distributionId": "dist-experts", "required": True}
    everybody = free_slots(edge, pool)
    one = free_slots(edge, {**pool, "userIds": ["u-ae-2"]})

    assert everybody["total"] > one["total"]
    assert one["results"][0]["attendees"][0]["userIds"] == ["u-ae-2"]


def test_several_users_must_all_be_free(edge: Edge) -> None:
    users = [{"type": "ManuallyAssigned", "userId": user, "required": True} for user in ("u-ae-1", "u-ae-2")]

    assert free_slots(edge, *users)["total"] < min(free_slots(edge, user)["total"] for user in users)


def test_pages_follow_each_other_without_gap(edge: Edge) -> None:
    whole = free_slots(edge, pagination={"page": 0, "pageSize": 500})
    pages = [free_slots(edge, pagination={"page": page, "pageSize": 40}) for page in range(3)]

    assert [slot for page in pages for slot in page["results"]] == whole["results"]


def test_a_blocked_host_shows_as_an_empty_list(edge: Edge) -> None:
    found = free_slots(edge, {"type": "ManuallyAssigned", "userId": "u-full", "required": True})

    assert (found["results"], found["total"]) == ([], 0)


@pytest.mark.parametrize(
    ("more", "place"),
    [
        ({"pagination": {"page": 0, "pageSize": 501}}, ".pagination.pageSize"),
        ({"attendees": []}, ".attendees"),
        ({"attendees": [{"type": "ManuallyAssigned", "userId": "u-ae-1"}]}, ".attendees[0].required"),
        (
            {"attendees": [{"type": "ManuallyAssigned", "userId": "u-1", "required": "yes"}]},
            ".attendees[0].required",
        ),
        ({"meetingTypeRef": {"id": DEMO}}, ".meetingTypeRef.timestamp"),
        ({"expectedHost": {"type": "Team"}}, ".expectedHost.type"),
    ],
)
def test_the_published_limits_hold(edge: Edge, more: dict[str, Any], place: str) -> None:
    answer = edge.put("/v1/org/availability/slots-v2", json=request() | more)

    assert answer.text == f"Invalid value for: body (DecodingFailure at {place})"


@pytest.mark.parametrize(
    "more",
    [
        {"meetingTypeRef": {"id": fixed_uuid("nothing"), "timestamp": MONDAY}},
        {"attendees": [{"type": "ManuallyAssigned", "userId": "u-nobody", "required": True}]},
        {"attendees": [{"type": "DistributionAssignee", "distributionId": "dist-none", "required": True}]},
    ],
    ids=["meeting type", "user", "distribution"],
)
def test_what_is_unknown_is_not_found(edge: Edge, more: dict[str, Any]) -> None:
    assert edge.put("/v1/org/availability/slots-v2", json=request() | more).status_code == 404
