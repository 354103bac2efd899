"""The meeting list filters by scheduled start within a week, pages, and may lag behind."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_chilipiper.sandbox import Sandbox
from airflow_chilipiper.sandbox.state.seed import DEMO, ONBOARDING
from tests.unit.sandbox.conftest import MONDAY, Clock, Edge


def ids(answer: Any) -> list[str]:
    return [row["meetingId"] for row in answer.json()["data"]["list"]]


def test_a_meeting_is_found_by_its_guest_whatever_the_case(edge: Edge) -> None:
    mine = edge.book_first("Jo@example.com").json()["meetingId"]
    edge.book_first("other@example.com")

    assert ids(edge.list_meetings(guestEmail="jo@EXAMPLE.com")) == [mine]


def test_a_row_has_the_fields_seen_live(box: Sandbox, edge: Edge) -> None:
    edge.book_first()
    (row,) = edge.list_meetings().json()["data"]["list"]
    meeting = box.meetings[0]

    assert row["dateTime"]["start"] == meeting["startTime"]
    assert row["primaryGuest"] == {"value": "jo@example.com"}
    assert row["hostId"] == meeting["hosts"][0]
    assert (row["meetingStatus"], row["bookedAt"]) == ("Active", MONDAY)


def test_get_names_the_id_and_the_time_otherwise(edge: Edge) -> None:
    meeting_id = edge.book_first().json()["meetingId"]
    answer = edge.get(f"/v1/org/meetings/get/{meeting_id}").json()

    assert answer["data"]["id"] == meeting_id
    assert "meetingId" not in answer["data"]
    assert [each["type"] for each in answer["data"]["activities"]] == ["ScheduledAt", "HappensAt"]
    assert edge.get("/v1/org/meetings/get/none").status_code == 404


def test_the_window_is_at_most_a_week_with_the_end_outside(box: Sandbox, edge: Edge) -> None:
    edge.book_first()
    start = box.meetings[0]["startTime"]

    assert edge.list_meetings(end="2026-11-09T00:00:01Z").json()["errorCode"] == "IntervalTooLong"
    assert edge.list_meetings(start="2026-11-03T00:00:00Z", end=MONDAY).status_code == 422
    assert ids(edge.list_meetings(end=start)) == []
    assert len(ids(edge.list_meetings(start=start, end="2026-11-09T00:00:00Z"))) == 1


def test_pages_are_ten_rows_by_default(edge: Edge) -> None:
    booked = {edge.book_first().json()["meetingId"] for _ in range(12)}
    first, second = edge.list_meetings(), edge.list_meetings(page=1)

    assert (len(ids(first)), len(ids(second))) == (10, 2)
    assert {*ids(first), *ids(second)} == booked
    assert (first.json()["hasMore"], first.json()["hasMoreItems"]) == ("Yes", True)
    assert (second.json()["hasMore"], second.json()["hasMoreItems"]) == ("No", False)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"status": ["Active"]}, 1),
        ({"status": ["Canceled", "NoShow"]}, 0),
        ({"workspaceIds": ["ws-success"]}, 0),
        ({"meetingTypeIds": [DEMO, ONBOARDING]}, 1),
        ({"meetingTypeIds": [ONBOARDING]}, 0),
        ({"hostIds": ["u-full"]}, 0),
        ({"assigneeIds": ["u-full"]}, 0),
    ],
)
def test_filters_narrow_the_list(edge: Edge, wanted: dict[str, Any], found: int) -> None:
    edge.book_first()

    assert len(ids(edge.list_meetings(**wanted))) == found


@pytest.mark.parametrize(("name", "value"), [("status", []), ("status", ["Booked"]), ("pageSize", 0), ("sort", "asc")])
def test_a_filter_must_be_as_published(edge: Edge, name: str, value: Any) -> None:
    answer = edge.list_meetings(**{name: value})

    assert answer.status_code == 400
    assert f".{name}" in answer.text


def test_the_list_may_lag_behind_while_the_meeting_exists(box: Sandbox, edge: Edge, clock: Clock) -> None:
    box.faults.lagging_list(30)
    meeting_id = edge.book_first().json()["meetingId"]

    assert ids(edge.list_meetings()) == []
    assert edge.get(f"/v1/org/meetings/get/{meeting_id}").status_code == 200
    clock.advance(30)
    assert ids(edge.list_meetings()) == [meeting_id]


@pytest.mark.parametrize(("shape", "names"), [("string", {"data", "hasMore"}), ("bool", {"data", "hasMoreItems"})])
def test_more_in_one_word_only(box: Sandbox, edge: Edge, shape: Any, names: set[str]) -> None:
    box.tenant.variants.meeting_has_more = shape

    assert set(edge.list_meetings().json()) == names


def test_a_cancelled_meeting_in_another_spelling(box: Sandbox, edge: Edge) -> None:
    box.tenant.cancel(edge.book_first().json()["meetingId"])
    box.tenant.variants.canceled = "CANCELLED"

    assert edge.list_meetings(status=["Canceled"]).json()["data"]["list"][0]["meetingStatus"] == "CANCELLED"
