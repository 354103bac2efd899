"""The page shows calendars and calls, and no address of a guest."""

from __future__ import annotations

from airflow_chilipiper.sandbox import Sandbox
from tests.unit.sandbox.conftest import Edge


def test_the_page_shows_calendars_and_calls_but_no_address(box: Sandbox, edge: Edge) -> None:
    edge.book_first("jo.doe@<b>example.com")
    page = edge.get(box.url + "/").text

    assert "imitation" in page
    assert "concierge-schedule" in page
    assert "j***@&lt;b&gt;example.com" in page
    assert "jo.doe" not in page
    assert "<b>" not in page


def test_the_record_of_meetings_is_there_for_other_programs(box: Sandbox, edge: Edge) -> None:
    meeting_id = edge.book_first().json()["meetingId"]
    (meeting,) = edge.get(box.url + "/sandbox/meetings").json()

    assert meeting == box.meetings[0]
    assert (meeting["meetingId"], meeting["guest"], meeting["pattern"]) == (meeting_id, "jo@example.com", "concierge")


def test_the_page_shows_no_cancelled_meeting_in_a_calendar(box: Sandbox, edge: Edge) -> None:
    meeting_id = edge.book_first().json()["meetingId"]
    assert "j***@example.com" in edge.get(box.url + "/").text

    box.tenant.cancel(meeting_id)
    assert "j***@example.com" not in edge.get(box.url + "/").text
