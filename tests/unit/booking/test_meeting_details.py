"""What a meeting's record adds to its outcome, and that nothing it lacks takes anything from it."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_chilipiper.api import errors
from airflow_chilipiper.api.call import Call
from airflow_chilipiper.booking.meeting_details import MeetingDetails
from airflow_chilipiper.booking.outcome import Outcome
from tests.drive import block
from tests.unit.api.handmade import Handmade

BOOKED = Outcome(status="booked", meeting_id="m1", start_time="2026-11-03T09:30:00Z", host="u-1")
RECORD = {
    "id": "m1",
    "hostId": "u-2",
    "hostEmail": "host@example.com",
    "meetingUrl": "https://meet.example/m1",
    "dateTime": {"start": "2026-11-03T09:30:00Z", "end": "2026-11-03T11:00:00+01:00"},
}


class Meetings(Handmade):
    """Answers each request for a meeting with the next of these; the last answer stays."""

    def __init__(self, *answers: Any) -> None:
        super().__init__()
        self.asked, self._answers = list[str](), list(answers)

    async def ask(self, call: Call[Any], /) -> Any:
        self.asked.append(call.path)
        answer = self._answers[0] if len(self._answers) == 1 else self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return call.read(answer)

    async def pause(self, seconds: float, /) -> None:
        """What is asked again is asked at once."""


def enrich(meetings: Meetings, *outcomes: Outcome) -> list[Outcome]:
    details = MeetingDetails()
    return [block(details.enrich(outcome, meetings)) for outcome in outcomes]


def test_host_end_and_link_are_the_records_and_times_are_utc() -> None:
    (enriched,) = enrich(Meetings(RECORD), BOOKED)
    assert (enriched.host, enriched.host_email, enriched.meeting_url) == (
        "u-2",
        "host@example.com",
        "https://meet.example/m1",
    )
    assert (enriched.start_time, enriched.end_time) == (BOOKED.start_time, "2026-11-03T10:00:00Z")


def test_what_the_record_does_not_say_stays_as_the_booking_said() -> None:
    assert enrich(Meetings({"id": "m1"}), BOOKED) == [BOOKED]


def test_a_lead_without_a_meeting_costs_no_call() -> None:
    meetings, nobody = Meetings(RECORD), Outcome(status="no_slot")
    first, second = enrich(meetings, nobody, BOOKED)
    assert (first, second.host_email) == (nobody, "host@example.com")
    assert len(meetings.asked) == 1


@pytest.mark.parametrize("trouble", [errors.NotFound("gone", status=404), errors.Unreadable("odd")])
def test_one_record_that_cannot_be_read_says_nothing_of_the_next(
    trouble: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    first, second = enrich(Meetings(trouble, RECORD), BOOKED, BOOKED)
    assert first == BOOKED
    assert second.host_email == "host@example.com"
    assert caplog.messages == [f"Meeting m1 is booked, but could not be read: {trouble}"]


@pytest.mark.parametrize("trouble", [errors.NotAllowed("no", status=403), errors.ServerBroken("down", status=500)])
def test_what_one_call_cannot_be_answered_the_next_is_not_asked(
    trouble: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    """And that is logged once, not ten thousand times."""
    alone, meetings = Meetings(trouble), Meetings(trouble)
    enrich(alone, BOOKED)
    caplog.clear()
    assert enrich(meetings, BOOKED, BOOKED, BOOKED) == [BOOKED] * 3
    assert meetings.asked == alone.asked
    assert caplog.messages == [f"Meeting m1 and those after it are booked, but are not read: {trouble}"]


def test_of_calls_that_fail_beside_each_other_one_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    details, no = MeetingDetails(), errors.NotAllowed("no", status=403)

    class FailsBesideAnother(Meetings):
        async def ask(self, call: Call[Any], /) -> Any:
            await details.enrich(BOOKED, Meetings(no))
            raise no

    assert block(details.enrich(BOOKED, FailsBesideAnother())) == BOOKED
    assert len(caplog.messages) == 1
