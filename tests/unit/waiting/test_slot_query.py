"""One look for free slots, from a query in plain JSON; driven by hand."""

from __future__ import annotations

import json
from typing import Any

import pytest

from airflow_chilipiper.arguments.patterns import make_pattern
from airflow_chilipiper.booking.slots.filters import Undecided
from airflow_chilipiper.waiting.slot_query import NoSlotWillCome, find_slots, resolve_names
from tests.drive import block
from tests.unit.api.handmade import Handmade

QUERY = {
    "pattern": "scheduling_link",
    "arguments": {"link": {"type": "RoundRobin", "linkId": "l-1"}, "guest": "jo@prospect.example"},
    "window_start": None,
    "window": 7 * 86_400.0,
    "between": [],
    "weekdays": [],
    "min_notice": 0.0,
    "timezone": "UTC",
}


def seen(*starts: Any, **query: Any) -> list[str]:
    return block(find_slots({**QUERY, **query}, Handmade({"routeId": "r-1", "startTimes": list(starts)}), make_pattern))


def test_starts_come_back_as_sent_in_order_and_once() -> None:
    odd = "2026-11-03T11:00:00.000+01:00"
    assert seen("2026-11-04T10:00:00Z", {"startTime": odd}, {"start": "2026-11-04T10:00:00Z"}) == [
        odd,
        "2026-11-04T10:00:00Z",
    ]


def test_no_slot_after_the_window_will_do() -> None:
    """WALL is midnight; a session is opened for whole days."""
    assert seen("2026-11-02T00:59:59Z", "2026-11-02T01:00:00Z", window=3600.0) == ["2026-11-02T00:59:59Z"]


def test_notice_is_kept_at_each_look() -> None:
    """WALL is midnight: two hours later is soon enough, a second less is not."""
    assert seen("2026-11-02T01:59:59Z", "2026-11-02T02:00:00Z", min_notice=7200.0) == ["2026-11-02T02:00:00Z"]


def test_hours_and_weekdays_go_by_the_zone() -> None:
    """2026-11-02 is a Monday; in Auckland its evening is Tuesday's morning."""
    starts = ("2026-11-02T09:00:00Z", "2026-11-02T20:00:00Z", "2026-11-03T03:59:00Z", "2026-11-03T04:00:00Z")
    found = seen(*starts, between=["09:00:00", "17:00:00"], weekdays=["Tue"], timezone="Pacific/Auckland")
    assert found == ["2026-11-02T20:00:00Z", "2026-11-03T03:59:00Z"]


def interval(**query: Any) -> dict[str, str]:
    runtime = Handmade({"routeId": "r-1"})
    block(find_slots({**QUERY, **query}, runtime, make_pattern))
    asked: dict[str, str] = runtime.calls[0].body["interval"]
    return asked


def test_the_window_begins_now_or_as_asked() -> None:
    assert interval() == {"startsAt": "2026-11-02T00:00:00Z", "duration": "7 days"}
    asked = interval(window_start="2026-11-05T09:00:00+01:00", window=3600.0)
    assert asked == {"startsAt": "2026-11-05T08:00:00Z", "duration": "1 day"}


def test_of_a_window_that_has_begun_the_rest_is_asked_for() -> None:
    assert interval(window_start="2026-11-01T00:00:00+00:00") == {
        "startsAt": "2026-11-02T00:00:00Z",
        "duration": "6 days",
    }


def test_a_window_that_is_over_ends_the_wait() -> None:
    with pytest.raises(NoSlotWillCome, match="window_start"):
        interval(window_start="2026-10-01T00:00:00+00:00")


def test_a_disqualified_lead_ends_the_wait() -> None:
    arguments = {"router_slug": "r", "trigger": "InAppButton", "form": {"PersonEmail": "jo@prospect.example"}}
    runtime = Handmade({"schedulingAllowed": False})
    with pytest.raises(NoSlotWillCome):
        block(find_slots({**QUERY, "pattern": "concierge", "arguments": arguments}, runtime, make_pattern))


def handoff(path: str | None) -> list[str]:
    offer = [
        {"pathId": "p-1", "startTimes": ["2026-11-03T10:00:00Z"]},
        {"type": "Fork", "later": {"pathId": "p-2", "startTimes": ["2026-11-03T09:00:00Z", "2026-11-03T10:00:00Z"]}},
    ]
    arguments = {"workspace_id": "w", "booker_id": "u", "crm_id": "00Q1"}
    runtime = Handmade({"routingId": "r-1", "routers": [{"routerId": "h-1", "pathResults": offer}]})
    return block(
        find_slots({**QUERY, "pattern": "handoff", "arguments": arguments, "path": path}, runtime, make_pattern)
    )


def test_a_start_on_several_paths_counts_once() -> None:
    assert handoff("earliest") == ["2026-11-03T09:00:00Z", "2026-11-03T10:00:00Z"]


def test_one_path_can_be_chosen() -> None:
    assert handoff("p-1") == ["2026-11-03T10:00:00Z"]
    with pytest.raises(Undecided, match="p-2"):
        handoff("only")


def test_names_are_looked_up_once() -> None:
    """What is resolved asks for nothing more; and a query stays plain JSON."""
    arguments = {"workspace": "Sales", "booker_email": "Sam@Sandbox.example", "guest": "jo@prospect.example"}
    workspaces = {"results": [{"id": "ws-1", "name": "Sales"}], "total": 1, "page": 0, "pageSize": 1}
    users = {"results": [{"id": "u-1", "email": "sam@sandbox.example"}], "total": 1, "page": 0, "pageSize": 1}
    by_operation = {"workspace-list": workspaces, "user-find": users}
    runtime = Handmade(by=lambda call: by_operation[call.operation])
    resolved = block(resolve_names({**QUERY, "pattern": "handoff", "arguments": arguments}, runtime))
    ids = {"workspace_id": "ws-1", "booker_id": "u-1"}
    assert resolved["arguments"] == {"guest": "jo@prospect.example", **ids}
    assert len(runtime.calls) == 2
    assert block(resolve_names(resolved, runtime)) == resolved
    assert len(runtime.calls) == 2
    assert json.loads(json.dumps(resolved)) == resolved
