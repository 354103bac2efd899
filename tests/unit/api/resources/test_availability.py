"""Free slots without a session: the published request, every page, tolerant slots."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from airflow_chilipiper.api.call import Interval
from airflow_chilipiper.api.errors import Invalid, Unreadable
from airflow_chilipiper.api.patterns.slots import Slot
from airflow_chilipiper.api.resources.availability import available_slots
from tests.drive import block
from tests.unit.api.handmade import Handmade

START = datetime(2026, 11, 2, 9, tzinfo=UTC)
ARGUMENTS: dict[str, Any] = {
    "host": "u1", "attendees": ["u1"], "meeting_type_id": "4a8f", "interval": Interval(START, timedelta(days=7)),
}  # fmt: skip


def slots(runtime: Handmade, **changes: Any) -> list[Slot]:
    return block(available_slots(runtime, **ARGUMENTS | changes))


def slot(number: int) -> dict[str, Any]:
    start = (START + number * timedelta(minutes=15)).isoformat().replace("+00:00", "Z")
    return {"startTime": start, "attendees": [{"type": "StrictRoundRobinAssignee", "userId": "u1", "required": True}]}


def test_the_request_is_the_published_one_and_nothing_else() -> None:
    runtime = Handmade({"results": [], "total": 0, "page": 0, "pageSize": 500})
    assert slots(runtime) == []
    call = runtime.calls[0]
    assert (call.operation, call.permission, call.method, call.path, call.repeatable) == (
        "availability-slots-v2", "availability.read", "PUT", "/v1/org/availability/slots-v2", True,
    )  # fmt: skip
    assert call.body == {
        "expectedHost": {"type": "User", "userId": "u1"},
        "attendees": [{"type": "ManuallyAssigned", "userId": "u1", "required": True}],
        "meetingTypeRef": {"id": "4a8f", "timestamp": "2026-11-02T00:00:00Z"},
        "interval": {"startsAt": "2026-11-02T09:00:00Z", "duration": "P7D"},
        "pagination": {"page": 0, "pageSize": 500},
    }


def test_a_known_timestamp_overrides_now() -> None:
    runtime = Handmade([])
    slots(runtime, meeting_type_timestamp=datetime(2026, 1, 1, tzinfo=UTC))
    assert runtime.calls[0].body["meetingTypeRef"]["timestamp"] == "2026-01-01T00:00:00Z"


def test_hosts_and_attendees_may_be_given_whole() -> None:
    runtime = Handmade([])
    host = {"type": "AssigneeFromDistribution", "distributionId": "d1"}
    attendees = [
        {"type": "DistributionAssignee", "distributionId": "d1", "userIds": ["u1"]},
        {"type": "AssignedViaTeam", "userId": "u2", "teamId": "t1", "required": False},
        {"type": "AdditionalAttendee", "userId": "u3", "required": False},
        "u4",
    ]
    slots(runtime, host=host, attendees=attendees)
    body = runtime.calls[0].body
    assert body["expectedHost"] == host
    assert body["attendees"] == [
        {"type": "DistributionAssignee", "distributionId": "d1", "userIds": ["u1"], "required": True},
        {"type": "AssignedViaTeam", "userId": "u2", "teamId": "t1", "required": False},
        {"type": "AdditionalAttendee", "userId": "u3", "required": False},
        {"type": "ManuallyAssigned", "userId": "u4", "required": True},
    ]


def test_pages_are_collected_until_the_total() -> None:
    def answer(call: Any) -> Any:
        asked = call.body["pagination"]
        first = asked["page"] * asked["pageSize"]
        found = [slot(number) for number in range(first, min(1100, first + asked["pageSize"]))]
        return {"results": found, "total": 1100, **asked}

    runtime = Handmade(by=answer)
    found = slots(runtime)
    assert [call.body["pagination"]["page"] for call in runtime.calls] == [0, 1, 2]
    assert [free.start for free in found] == sorted({free.start for free in found})
    assert len(found) == 1100


def test_slots_are_read_tolerantly() -> None:
    flexible = {"type": "FlexibleRoundRobinAssignee", "distributionId": "d", "userIds": ["u1", "u2"], "required": True}
    (one, two) = slots(
        Handmade([{"startTime": "2026-11-02T09:00:00.000Z", "attendees": [flexible]}, "2026-11-02T10:00:00Z"])
    )
    assert one == Slot("", START, "2026-11-02T09:00:00.000Z", ("u1", "u2"))
    assert two == Slot("", START + timedelta(hours=1), "2026-11-02T10:00:00Z")


@pytest.mark.parametrize("body", [[{"attendees": []}], {"results": ["soon"]}, "ok", {"results": 5}])
def test_another_shape_is_unreadable(body: Any) -> None:
    with pytest.raises(Unreadable):
        slots(Handmade(body))


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"host": ""}, "host needs a user's id"),
        ({"host": {}}, "host needs a user's id"),
        ({"host": None}, "host needs a user's id"),
        ({"host": {"type": "User", "distributionId": "d"}}, "host needs a user's id"),
        ({"attendees": []}, "attendees needs a list of at least one"),
        ({"attendees": "u1"}, "attendees needs a list"),
        ({"attendees": {"type": "ManuallyAssigned"}}, "attendees needs a list"),
        ({"attendees": [{"userId": "u1"}]}, "an attendee's type is None, expected one of ManuallyAssigned"),
        ({"attendees": [{"type": "AssignedViaTeam", "userId": "u1"}]}, "type AssignedViaTeam has no teamId"),
        ({"attendees": [""]}, "type ManuallyAssigned has no userId"),
        ({"meeting_type_id": ""}, "meeting_type_id is empty"),
        ({"interval": Interval(START.replace(tzinfo=None))}, "the window's start is naive"),
        ({"meeting_type_timestamp": START.replace(tzinfo=None)}, "meeting_type_timestamp is naive"),
    ],
)
def test_bad_arguments_are_named_before_anything_is_asked(arguments: dict[str, Any], text: str) -> None:
    with pytest.raises(Invalid, match=text):
        slots(Handmade(), **arguments)
