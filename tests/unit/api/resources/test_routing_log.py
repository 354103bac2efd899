"""The routing log comes back whole or is an error, and ties an entry to a session only by that session's own id."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from airflow_chilipiper.api.errors import Invalid, Unreadable
from airflow_chilipiper.api.resources.routing_log import LogEntry
from tests.unit.api.handmade import Handmade
from tests.unit.api.resources.routing import START, log

SESSION = "9413f879-0000-4000-8000-000000000000"
ROW = {
    "id": SESSION, "status": "Scheduled", "trigger": "InApp", "assignments": [{"userId": "u1", "ruleId": "r1"}],
    "triggeredAt": "2026-11-02T13:46:18.681Z", "crmUrl": None, "guestEmail": "jo@example.com", "sourceUrl": None,
    "meetingId": "123e4567", "matchedPath": {"type": "RoutePathWithCalendar", "route": {"type": "CatchAllRoute"}},
}  # fmt: skip


def row(number: int, **changes: Any) -> dict[str, Any]:
    return ROW | {"id": f"e{number}"} | changes


def entry(**changes: Any) -> LogEntry:
    (found,) = log(Handmade([ROW | changes], []))
    return found


def test_a_short_span_is_one_documented_request_without_a_body() -> None:
    runtime = Handmade({"results": [], "total": 0})
    assert log(runtime) == []
    (call,) = runtime.calls
    assert (call.operation, call.permission, call.method, call.path, call.repeatable, call.body) == (
        "concierge-logs", "logs.read", "POST", "/v1/org/concierge/logs", True, None,
    )  # fmt: skip
    assert call.query == {
        "workspaceId": "w1", "routerId": "r1", "start": "2026-11-02T00:00:00Z", "end": "2026-11-03T00:00:00Z",
        "page": 0, "pageSize": 100,
    }  # fmt: skip


def test_an_entry_is_read() -> None:
    found = entry()
    assert (found.id, found.status, found.meeting_id, found.guest) == (
        SESSION,
        "Scheduled",
        "123e4567",
        "jo@example.com",
    )
    assert found.triggered_at == datetime(2026, 11, 2, 13, 46, 18, 681000, tzinfo=UTC)


def test_an_entry_shows_nobodys_address_and_cannot_be_changed() -> None:
    found = entry()
    assert "jo@" not in repr(found)
    with pytest.raises(ValueError, match="frozen"):
        found.status = "TimedOut"


def test_what_an_entry_does_not_say_is_empty() -> None:
    found = entry(id=None, status=None, meetingId="", guestEmail=None)
    assert (found.id, found.status, found.meeting_id, found.guest, found.session_ids) == ("", "", None, None, ())


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"id": "e1", "routing": SESSION},
        {"id": "e1", "routing": {"id": SESSION}},
        {"id": "e1", "routing": {"id": "other", "routeId": SESSION}},
        {"id": "e1", "routing": {"routingId": SESSION}},
        {"id": "e1", "routeId": SESSION},
        {"id": None, "routingId": SESSION},
    ],
)
def test_an_entry_is_tied_to_its_session_by_any_of_its_ids(changes: dict[str, Any]) -> None:
    found = entry(**changes)
    assert found.is_of(SESSION)
    assert not found.is_of("other-session")


@pytest.mark.parametrize(
    "changes",
    [
        {"id": "e1", "routing": None},
        {"id": "e1", "routing": {"matchedPath": SESSION}},
        {"id": "e1", "routing": {"id": 7, "routeId": {"value": SESSION}}},
        {"id": f"log-{SESSION}", "routing": [SESSION], "meetingId": SESSION},
        {"id": "", "routing": {"id": ""}},
    ],
)
@pytest.mark.parametrize("session", [SESSION, ""])
def test_an_entry_is_tied_to_no_session_by_anything_else(changes: dict[str, Any], session: str) -> None:
    assert not entry(**changes).is_of(session)


@pytest.mark.parametrize("status", ["TimedOut", "TIMED_OUT", "Timed out", "timed-out"])
def test_timed_out_in_any_spelling(status: str) -> None:
    assert entry(status=status, meetingId=None).is_timed_out


@pytest.mark.parametrize("status", ["Scheduled", "Cancelled", "InProgress", "NotTimedOut", "Timeout", "Out", "", None])
def test_no_other_status_says_that_a_session_timed_out(status: str | None) -> None:
    assert not entry(status=status, meetingId=None).is_timed_out


def test_an_entry_that_names_a_meeting_has_not_timed_out() -> None:
    assert not entry(status="TimedOut").is_timed_out


@pytest.mark.parametrize(
    "body",
    [
        {"results": [ROW], "total": 1, "page": 0, "pageSize": 100},
        {"data": {"list": [ROW]}, "hasMore": "No"},
        {"data": {"list": [ROW]}, "hasMore": "No", "hasMoreItems": False},
        {"data": {"results": [ROW], "total": 1}},
        {"data": [ROW], "total": 1},
        {"logs": [ROW], "total": 1},
        {"entries": [ROW], "hasMoreItems": False},
    ],
)
def test_envelopes_that_say_where_the_log_ends(body: Any) -> None:
    runtime = Handmade(body)
    assert [found.id for found in log(runtime)] == [SESSION]
    assert len(runtime.calls) == 1


@pytest.mark.parametrize("name", ["results", "logs", "entries", None])
def test_without_such_a_word_only_a_page_that_brings_nothing_ends_the_log(name: str | None) -> None:
    """Even a short page may be followed by another: who knows how long a page may be at most."""
    pages: list[Any] = [[row(1), row(2)], [row(3)], []]
    runtime = Handmade(*([{name: page} for page in pages] if name else pages))
    assert [found.id for found in log(runtime)] == ["e1", "e2", "e3"]
    assert [call.query["page"] for call in runtime.calls] == [0, 1, 2]


def test_a_server_that_knows_no_pages_is_read_once() -> None:
    """As it was before 1.494."""
    runtime = Handmade(by=lambda call: [row(number) for number in range(150)])
    assert len(log(runtime)) == 150
    assert len(runtime.calls) == 2


@pytest.mark.parametrize(
    "word", [{"total": 3}, {"hasMore": "Yes"}, {"hasMoreItems": True}, {"hasMore": "No", "hasMoreItems": True}]
)
def test_a_log_that_promises_more_than_it_shows_is_no_log(word: dict[str, Any]) -> None:
    with pytest.raises(Unreadable, match="concierge-logs: the list says that there is more than 2, but shows no more"):
        log(Handmade(by=lambda call: {"results": [row(1), row(2)], **word}))


@pytest.mark.parametrize("body", [{"results": None}, {"data": {"list": None}, "hasMore": "No"}, {"data": []}, []])
def test_an_empty_log(body: Any) -> None:
    assert log(Handmade(body)) == []


@pytest.mark.parametrize(
    "body",
    [
        "ok", None, 5, {}, {"total": 0}, {"data": {}}, {"data": None}, {"data": "x"}, {"data": {"data": {"list": []}}},
        {"items": []}, {"results": {"list": []}}, {"results": [], "logs": []}, {"list": "x"}, {"data": {"list": {}}},
        [5], [[ROW]], ["x"], [None], [{}], [{"log": ROW}], [ROW | {"triggeredAt": None}],
        [ROW | {"triggeredAt": "2026-11-02T13:46:18"}], [ROW | {"status": {"type": "TimedOut"}}],
        [ROW | {"meetingId": {"id": "m1"}}], [ROW | {"id": {"value": SESSION}}],
    ],
)  # fmt: skip
def test_another_shape_is_unreadable_and_never_an_empty_log(body: Any) -> None:
    with pytest.raises(Unreadable, match="concierge-logs") as raised:
        log(Handmade(body))
    assert "jo@" not in str(raised.value)


def test_entries_that_contradict_each_other_are_both_kept() -> None:
    """A session that timed out may have been booked all the same; under one id, too."""
    late = row(1, status="TimedOut", meetingId=None)
    assert [found.is_timed_out for found in log(Handmade([late, row(1)], []))] == [True, False]


def test_a_long_span_is_cut_into_windows_of_30_days() -> None:
    runtime = Handmade({"results": [row(1), row(2)], "total": 2}, {"results": [row(2), row(3)], "total": 2})
    assert [found.id for found in log(runtime, days=31)] == ["e1", "e2", "e3"]
    assert [(call.query["start"], call.query["end"]) for call in runtime.calls] == [
        ("2026-11-02T00:00:00Z", "2026-12-02T00:00:00Z"),
        ("2026-12-02T00:00:00Z", "2026-12-03T00:00:00Z"),
    ]


def test_30_days_are_one_window() -> None:
    runtime = Handmade([])
    log(runtime, days=30)
    assert len(runtime.calls) == 1


@pytest.mark.parametrize("end", [START, START.replace(tzinfo=None)])
def test_a_span_that_is_none_is_named_before_anything_is_asked(end: datetime) -> None:
    with pytest.raises(Invalid, match=r"start must be before end|end is naive"):
        log(Handmade(), end=end)
