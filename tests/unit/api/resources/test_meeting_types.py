"""Meeting types: a bare array with explicit nulls."""

from __future__ import annotations

from airflow_chilipiper.api.resources.meeting_types import meeting_types
from tests.drive import block
from tests.unit.api.handmade import Handmade

LIMIT = {"limitBy": "Email", "timeframe": "Weekly", "count": 1}


def test_meeting_types_of_a_workspace() -> None:
    demo = {
        "id": "m1",
        "workspaceId": "w1",
        "name": "Demo",
        "duration": "30 minutes",
        "reminders": None,
        "meetingLimit": LIMIT,
    }
    runtime = Handmade([demo, {"id": "m2", "meetingLimit": None}])
    first, second = block(meeting_types(runtime, workspace_id="w1"))
    assert first.meeting_limit is not None
    assert (first.id, first.duration, first.meeting_limit.limit_by) == ("m1", "30 minutes", "Email")
    assert (second.id, second.meeting_limit, second.workspace_id) == ("m2", None, None)
    call = runtime.calls[0]
    assert (call.operation, call.permission, call.method, call.path, call.query) == (
        "meeting-type-list", "meeting-type.read", "GET", "/v1/org/meeting-types/list", {"workspaceId": "w1"},
    )  # fmt: skip


def test_meeting_types_of_all_workspaces() -> None:
    runtime = Handmade({"results": None})
    assert block(meeting_types(runtime)) == []
    assert runtime.calls[0].query == {}
