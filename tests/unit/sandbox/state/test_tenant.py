"""What people do to meetings by hand: cancel them and move them."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_chilipiper.sandbox import Sandbox
from airflow_chilipiper.sandbox.http.times import read_instant
from airflow_chilipiper.sandbox.state.calendar import CELL
from tests.unit.sandbox.conftest import Edge

FRIDAY = "2026-11-06T00:00:00Z"


def is_free(box: Sandbox, start: str) -> bool:
    """Whether the host of the only meeting has time then."""
    return box.tenant.calendar.is_free(box.meetings[0]["hosts"][0], int(read_instant(start)) // CELL)


def slots(edge: Edge) -> Any:
    return edge.route().json()["schedulingData"]["startTimes"]


def test_a_cancelled_meeting_stays_on_record_and_its_host_has_time_again(box: Sandbox, edge: Edge) -> None:
    before = slots(edge)
    meeting_id = edge.book_first().json()["meetingId"]
    (booked,) = box.meetings
    assert slots(edge) != before

    box.tenant.cancel(meeting_id)
    assert box.meetings == [{**booked, "status": "Canceled"}]
    assert edge.list_meetings().json()["data"]["list"][0]["meetingStatus"] == "Canceled"
    assert slots(edge) == before
    assert set(box.tenant.calendar.meetings_of.values()) == {0}


def test_a_moved_meeting_is_found_at_its_new_time_alone(box: Sandbox, edge: Edge) -> None:
    meeting_id = edge.book_first().json()["meetingId"]
    (before,) = box.meetings
    start = box.tenant.reschedule(meeting_id, after=FRIDAY)

    assert start >= FRIDAY
    assert box.meetings == [{**before, "startTime": start}]
    assert (is_free(box, before["startTime"]), is_free(box, start)) == (True, False)
    assert edge.list_meetings(end=FRIDAY).json()["data"]["list"] == []
    (row,) = edge.list_meetings(start=FRIDAY).json()["data"]["list"]
    assert row["dateTime"]["start"] == start
    assert sum(box.tenant.calendar.meetings_of.values()) == 1


def test_a_meeting_of_several_is_moved_to_where_all_have_time(box: Sandbox, edge: Edge) -> None:
    offer = edge.open_link("link-group", "Group").json()
    meeting_id = edge.book_link(offer["routeId"], offer["startTimes"][0]["startTime"]).json()["meetingId"]
    together = [slot["startTime"] for slot in edge.open_link("link-group", "Group").json()["startTimes"]]

    assert box.tenant.reschedule(meeting_id, after=FRIDAY) == next(start for start in together if start >= FRIDAY)
    box.tenant.cancel(meeting_id)
    assert set(box.tenant.calendar.meetings_of.values()) == {0}


def test_a_meeting_is_not_moved_to_where_nobody_has_time(box: Sandbox, edge: Edge) -> None:
    meeting_id = edge.book_first().json()["meetingId"]
    before = box.meetings
    box.tenant.horizon_seconds = 86_400.0

    with pytest.raises(ValueError, match="have no time from 2026-11-07"):
        box.tenant.reschedule(meeting_id, after="2026-11-07T00:00:00Z")
    assert box.meetings == before
    assert sum(box.tenant.calendar.meetings_of.values()) == 1


def test_what_is_cancelled_or_unknown_is_not_touched(box: Sandbox, edge: Edge) -> None:
    meeting_id = edge.book_first().json()["meetingId"]
    box.tenant.cancel(meeting_id)

    for each in (meeting_id, "none"):
        with pytest.raises(ValueError, match=f"no active meeting {each}"):
            box.tenant.cancel(each)
        with pytest.raises(ValueError, match=f"no active meeting {each}"):
            box.tenant.reschedule(each, after=FRIDAY)
    assert set(box.tenant.calendar.meetings_of.values()) == {0}
