"""The meeting list: windows and pages for any span, and only what the caller asked about."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pendulum
import pytest

from airflow_chilipiper.api.errors import Invalid, Unreadable
from airflow_chilipiper.api.resources.meeting import Meeting
from airflow_chilipiper.api.resources.meetings import meetings
from tests.drive import block
from tests.unit.api.handmade import Handmade

START = datetime(2026, 11, 2, tzinfo=UTC)
DAY = timedelta(days=1)
ROW = {
    "meetingId": "123e4567", "workspaceId": "w1", "meetingTypeId": "t1", "bookerId": "u9",
    "bookerEmail": "sdr@acme.com", "hostId": "u1", "hostEmail": "Host@acme.com", "hostName": "Jane Host",
    "dateTime": {"start": "2026-11-03T09:30:00Z", "end": "2026-11-03T10:00:00Z"},
    "meetingStatus": "Active", "extendedMeetingStatus": "Active", "noShowStatus": "Unknown",
    "bookedAt": "2026-11-01T13:46:18.681Z", "primaryGuest": {"value": "jo@example.com"}, "attendees": [],
    "sourceUrl": None, "assignees": ["u1", {"userId": "u2"}],
}  # fmt: skip


def page(*found: Any, more: str = "No", **changes: Any) -> dict[str, Any]:
    return {"data": {"list": list(found)}, "hasMore": more} | changes


def row(number: int, **changes: Any) -> dict[str, Any]:
    return ROW | {"meetingId": f"m{number}"} | changes


def listed(runtime: Handmade, *, days: float = 1, **filters: Any) -> list[Meeting]:
    return block(meetings(runtime, start=START, end=START + days * DAY, **filters))


def test_a_short_span_is_one_documented_request_and_nothing_else() -> None:
    runtime = Handmade(page(ROW))
    listed(runtime)
    call = runtime.calls[0]
    assert (call.operation, call.permission, call.method, call.path, call.repeatable) == (
        "meeting-list-put", "meeting.read", "PUT", "/v2/org/meetings/meetings", True,
    )  # fmt: skip
    assert call.body == {"start": "2026-11-02T00:00:00Z", "end": "2026-11-03T00:00:00Z", "page": 0, "pageSize": 50}


def test_filters_are_sent_where_given() -> None:
    runtime = Handmade(page())
    filters: dict[str, Any] = {
        "workspace_ids": ("w1",),
        "host_ids": ["u1"],
        "meeting_type_ids": ("t1",),
        "statuses": ["Active"],
    }
    listed(runtime, guest=" Jo@example.com ", **filters)
    sent = {
        key: value for key, value in runtime.calls[0].body.items() if key not in ("start", "end", "page", "pageSize")
    }
    assert sent == {
        "status": ["Active"], "workspaceIds": ["w1"], "hostIds": ["u1"], "meetingTypeIds": ["t1"],
        "guestEmail": "Jo@example.com",
    }  # fmt: skip
    assert "jo@" not in repr(runtime.calls[0]).casefold()


def test_a_row_is_read() -> None:
    (found,) = listed(Handmade(page(ROW)))
    assert (found.meeting_id, found.status, found.workspace_id, found.meeting_type_id) == (
        "123e4567",
        "Active",
        "w1",
        "t1",
    )
    assert (found.start, found.end) == (datetime(2026, 11, 3, 9, 30, tzinfo=UTC), datetime(2026, 11, 3, 10, tzinfo=UTC))
    assert found.booked_at == datetime(2026, 11, 1, 13, 46, 18, 681000, tzinfo=UTC)
    assert (found.guest, found.host_id, found.host_email, found.host_name, found.booker_id) == (
        "jo@example.com", "u1", "Host@acme.com", "Jane Host", "u9",
    )  # fmt: skip
    assert (found.assignees, found.raw, found.is_canceled) == (("u1", "u2"), ROW, False)


def test_a_long_span_is_cut_into_windows_that_touch() -> None:
    runtime = Handmade(*[page()] * 3)
    listed(runtime, days=15)
    spans = [(call.body["start"], call.body["end"]) for call in runtime.calls]
    assert spans == [
        ("2026-11-02T00:00:00Z", "2026-11-08T00:00:00Z"),
        ("2026-11-08T00:00:00Z", "2026-11-14T00:00:00Z"),
        ("2026-11-14T00:00:00Z", "2026-11-17T00:00:00Z"),
    ]


def test_six_days_are_one_window() -> None:
    runtime = Handmade(page())
    listed(runtime, days=6)
    assert len(runtime.calls) == 1


def test_windows_are_cut_in_utc_so_that_no_local_day_makes_one_too_long() -> None:
    zone = ZoneInfo("America/New_York")  # clocks go back on 2026-11-01
    runtime = Handmade(*[page()] * 2)
    block(meetings(runtime, start=datetime(2026, 10, 30, tzinfo=zone), end=datetime(2026, 11, 5, tzinfo=zone)))
    spans = [(call.body["start"], call.body["end"]) for call in runtime.calls]
    assert spans == [
        ("2026-10-30T04:00:00Z", "2026-11-05T04:00:00Z"),
        ("2026-11-05T04:00:00Z", "2026-11-05T05:00:00Z"),
    ]


def test_a_span_within_the_hour_that_comes_twice_is_a_span() -> None:
    before = datetime(2026, 11, 1, 1, 50, tzinfo=ZoneInfo("America/New_York"))
    runtime = Handmade(page())
    block(meetings(runtime, start=before, end=before.replace(minute=10, fold=1)))
    assert (runtime.calls[0].body["start"], runtime.calls[0].body["end"]) == (
        "2026-11-01T05:50:00Z",
        "2026-11-01T06:10:00Z",
    )


@pytest.mark.parametrize(
    "first",
    [
        page(row(1), row(2), more="Yes"),
        page(row(1), row(2), more="Yes", hasMoreItems=True),
        page(row(1), row(2), more="No", hasMoreItems=True),
        page(row(1), row(2), more="Yes", hasMoreItems=None),
        {"data": {"list": [row(1), row(2)]}, "hasMoreItems": True},
    ],
)
def test_pages_are_followed_by_either_word_for_more(first: Any) -> None:
    runtime = Handmade(first, page(row(2), row(3), hasMoreItems=False))
    assert [found.meeting_id for found in listed(runtime)] == ["m1", "m2", "m3"]
    assert [call.body["page"] for call in runtime.calls] == [0, 1]


def test_without_any_word_a_full_page_is_followed() -> None:
    full = {"data": {"list": [row(number) for number in range(50)]}}
    assert len(listed(Handmade(full, {"data": {"list": [row(50)]}}))) == 51


def test_a_meeting_in_two_windows_is_one() -> None:
    moved = row(1, meetingStatus="Canceled")
    (found,) = listed(Handmade(page(row(1)), page(moved)), days=7)
    assert (found.meeting_id, found.is_canceled) == ("m1", True)


def test_a_list_that_repeats_itself_and_promises_more_is_no_evidence() -> None:
    with pytest.raises(Unreadable, match="meeting-list-put: the list says that there is more than 1"):
        listed(Handmade(by=lambda call: page(row(1), more="Yes")))


def test_an_empty_page_ends_the_list_unless_it_promises_more() -> None:
    assert len(listed(Handmade(page(row(1), more="Yes"), page()))) == 1
    with pytest.raises(Unreadable, match="there is more than 1, but shows no more"):
        listed(Handmade(page(row(1), more="Yes"), page(more="Yes")))


@pytest.mark.parametrize(
    "body",
    [page(data={}), page(data=[]), page(data=None), page(data={"results": []}),
     page(data={"list": None}), page(data={"list": {}}),
     page(data={"list": [], "meetings": [row(1)]}), {**page(), "results": [row(1)]}, page(data={"data": {"list": []}}),
     {}, [], "ok", None, {"hasMore": "No"}, page(data={"list": 5}), page(data=5), page(5), page({"hostId": "u1"}),
     page(row(1, dateTime={"start": "soon"})), page(row(1, bookedAt="2026-11-01T13:46:18"))],
)  # fmt: skip
def test_another_shape_is_unreadable_and_never_an_empty_list(body: Any) -> None:
    with pytest.raises(Unreadable):
        listed(Handmade(body))


def test_another_guests_meeting_is_dropped_and_an_unnamed_one_kept() -> None:
    guests = [{"value": "JO@example.com "}, {"value": "mo@example.com"}, None, "jo@EXAMPLE.com", {}, "mo@example.com"]
    runtime = Handmade(page(*(row(number, primaryGuest=guest) for number, guest in enumerate(guests))))
    assert [found.meeting_id for found in listed(runtime, guest="jo@example.com")] == ["m0", "m2", "m3", "m4"]


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"start": START.replace(tzinfo=None)}, "start is naive"),
        ({"end": START.replace(tzinfo=None)}, "end is naive"),
        ({"end": START}, "start must be before end"),
        ({"end": START - DAY}, "start must be before end"),
        ({"guest": ""}, "guest is not an e-mail"),
        ({"statuses": "Active"}, "statuses is one text, expected a list"),
        ({"statuses": ["Cancelled"]}, "statuses has 'Cancelled', expected some of Active, Canceled"),
        ({"host_ids": "u1"}, "host_ids is one text"),
    ],
)
def test_bad_arguments_are_named_before_anything_is_asked(arguments: dict[str, Any], text: str) -> None:
    with pytest.raises(Invalid, match=text):
        block(meetings(Handmade(), **{"start": START, "end": START + DAY} | arguments))


def test_a_meeting_shows_nobodys_address_or_name() -> None:
    (found,) = listed(Handmade(page(row(1, sourceUrl="https://acme.com/?email=jo@example.com"))))
    assert "@" not in repr(found)
    assert "Jane" not in repr(found)


def test_pendulum_times_will_do() -> None:
    """Airflow hands those out."""
    start = pendulum.datetime(2026, 11, 1, tz="Europe/Paris")
    runtime = Handmade(page(), page())
    assert block(meetings(runtime, start=start, end=start.add(days=8))) == []
    assert [call.body["start"] for call in runtime.calls] == ["2026-10-31T23:00:00Z", "2026-11-06T23:00:00Z"]
