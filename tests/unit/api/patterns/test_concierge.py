"""Concierge: requests as the composed example has them, answers in every documented shape."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from airflow_chilipiper.api.call import Interval
from airflow_chilipiper.api.errors import Invalid, Refused, SessionGone, SlotGone, Unreadable
from airflow_chilipiper.api.patterns.concierge import Concierge
from airflow_chilipiper.api.patterns.offer import Offer

FORM = {"PersonEmail": "jo@example.com", "PersonFirstName": "Jo", "CompanyEmployees": "250"}
WEEK = Interval(datetime(2026, 11, 2, tzinfo=UTC))
SLOT = "2026-11-02T15:00:00Z"
ANSWER = {
    "routeId": "9413f879-0000-4000-8000-000000000000",
    "schedulingAllowed": True,
    "assignments": [{"userId": "64ee0722", "type": "user"}],
    "distributionIds": ["7f8a1b2c"],
    "schedulingData": {
        "timeoutInMS": 600000,
        "startTimes": [
            {
                "startTime": SLOT,
                "attendees": [
                    {
                        "type": "StrictRoundRobinAssignee",
                        "distributionId": "7f8a1b2c",
                        "userId": "64ee0722",
                        "required": True,
                    }
                ],
            }
        ],
        "failures": {},
    },
}


def concierge(**changes: Any) -> Concierge:
    return Concierge(**{"router_slug": "inbound-demo", "trigger": "InAppButton", "form": FORM} | changes)


def offer(answer: Any) -> Offer:
    return concierge().open(WEEK).read(answer)


def test_opening_sends_the_documented_request_and_nothing_else() -> None:
    call = concierge().open(WEEK)
    assert (call.method, call.path, call.query) == ("POST", "/v1/org/concierge/routers/inbound-demo/rest", {})
    assert call.body == {
        "form": FORM,
        "options": {"trigger": "InAppButton"},
        "interval": {"startsAt": "2026-11-02T00:00:00Z", "duration": "7 days"},
    }
    assert (call.operation, call.repeatable) == ("concierge-route-by-slug", True)


def test_the_composed_answer_is_read() -> None:
    found = offer(ANSWER)
    assert (found.session, found.allowed, found.lifetime) == ("9413f879-0000-4000-8000-000000000000", True, 600.0)
    assert found.assignees == ("64ee0722",)
    assert [(slot.start_as_sent, slot.attendees) for slot in found.slots] == [(SLOT, ("64ee0722",))]


def test_booking_spends_the_session_on_the_start_as_sent_once() -> None:
    found = offer(ANSWER)
    call = concierge().book(found.slots[0], found)
    address = "/v1/org/concierge/routing/9413f879-0000-4000-8000-000000000000/schedule-simple"
    assert (call.method, call.path, call.body) == ("POST", address, {"startTime": SLOT})
    assert (call.operation, call.permission, call.repeatable) == ("concierge-schedule", "concierge.schedule", False)
    assert call.read({"meetingId": "123e4567-e89b-42d3-a456-426614174000"}).meeting_id.startswith("123e4567")


def test_the_session_goes_by_both_names() -> None:
    assert offer({"routingId": "r/1", "startTimes": [SLOT]}).slots[0].address.endswith("/routing/r%2F1/schedule-simple")


@pytest.mark.parametrize(
    "answer",
    [
        {"routeId": "r", "startTimes": [SLOT], "timeoutInMS": 5000},
        {"routeId": "r", "schedulingData": {"startTimes": [{"startTime": SLOT}], "timeoutInMS": 5000}},
        {"routeId": "r", "schedulingData": {"startTimes": [SLOT]}, "timeoutInMS": 5000},
    ],
)
def test_times_and_lifetime_are_found_at_either_depth(answer: Any) -> None:
    found = offer(answer)
    assert (found.slots[0].start_as_sent, found.lifetime) == (SLOT, 5.0)


@pytest.mark.parametrize("sent", [None, True, "600000", 0, -1, 0.5, 86_400_001, 1e12, float("inf"), float("nan")])
def test_a_lifetime_that_is_no_time_or_longer_than_a_day_is_unknown(sent: Any) -> None:
    assert offer(ANSWER | {"schedulingData": {"timeoutInMS": sent}}).lifetime is None


@pytest.mark.parametrize(("sent", "seconds"), [(1, 0.001), (86_400_000, 86_400.0)])
def test_a_lifetime_is_believed_up_to_a_day(sent: int, seconds: float) -> None:
    assert offer(ANSWER | {"schedulingData": {"startTimes": [], "timeoutInMS": sent}}).lifetime == seconds


@pytest.mark.parametrize(
    "answer",
    [
        {"routeId": "r", "schedulingAllowed": False},
        {"routeId": "r", "schedulingAllowed": False, "schedulingData": None, "assignments": None},
        {"schedulingAllowed": False, "routingLink": None, "redirectUrl": "https://example.com/sorry"},
    ],
)
def test_a_disqualified_lead_is_an_answer(answer: Any) -> None:
    found = offer(answer)
    assert (found.allowed, len(found.slots)) == (False, 0)


@pytest.mark.parametrize("data", [{}, {"startTimes": []}, {"startTimes": None}, {"timeoutInMS": 5, "failures": {}}])
def test_no_free_slot_is_not_disqualified(data: Any) -> None:
    found = offer({"routeId": "r", "schedulingAllowed": True, "schedulingData": data})
    assert (found.allowed, len(found.slots)) == (True, 0)


def test_the_routing_page_and_a_single_assignee_are_kept() -> None:
    page = "https://acme.chilipiper.com/concierge-router/inbound/routing/r"
    found = offer(
        {
            "routeId": "r",
            "routingLink": page,
            "assignment": {"userId": "u1", "type": "user"},
            "schedulingData": {"startTimes": []},
        }
    )
    assert (found.page, found.assignees) == (page, ("u1",))


@pytest.mark.parametrize(
    "answer",
    ["ok", [], None, {}, {"startTimes": [SLOT]}, {"schedulingAllowed": True, "startTimes": [SLOT]}, {"routeId": 5},
     {"routeId": "r", "startTimes": {"a": 1}}],
)  # fmt: skip
def test_an_answer_without_session_or_of_another_shape_is_unreadable(answer: Any) -> None:
    with pytest.raises(Unreadable):
        offer(answer)


@pytest.mark.parametrize(
    ("answer", "host"),
    [
        ({"meetingId": "m", "host": {"userId": "u1"}}, "u1"),
        ({"type": "Success", "meetingId": "m", "host": "u1"}, "u1"),
        ({"meetingId": None, "scheduleMeetingResult": {"type": "Success", "meetingId": "m"}, "host": 5}, None),
    ],
)
def test_a_meeting_id_is_success_at_either_depth(answer: Any, host: str | None) -> None:
    found = offer(ANSWER)
    meeting = concierge().book(found.slots[0], found).read(answer)
    assert (meeting.meeting_id, meeting.host) == ("m", host)


@pytest.mark.parametrize(
    ("answer", "kind", "code", "reason"),
    [
        ({"type": "Failure", "reason": "slot taken"}, SlotGone, None, "slot taken"),
        ({"scheduleMeetingResult": {"type": "Failure", "details": "slot taken"}}, SlotGone, None, "slot taken"),
        ({"type": "Failure"}, Refused, None, "no reason given"),
        ({"type": "Failure", "meetingId": None}, Refused, None, "no reason given"),
        ({"type": "Failure", "reason": "Routing was already used"}, SessionGone, None, "Routing was already used"),
        ({"success": False, "message": "no"}, Refused, None, "no"),
        ({"errorCode": "SlotTaken"}, SlotGone, "SlotTaken", "no reason given"),
        ({"errorCode": "Busy", "errorMessage": "no"}, Refused, "Busy", "no"),
        ({"scheduleMeetingResult": {"success": False}}, Refused, None, "no reason given"),
    ],
)
def test_a_failure_at_either_depth_is_a_refusal(
    answer: Any, kind: type[Refused], code: str | None, reason: str
) -> None:
    found = offer(ANSWER)
    with pytest.raises(Refused) as caught:
        concierge().book(found.slots[0], found).read(answer)
    assert type(caught.value) is kind
    assert (caught.value.status, caught.value.code, caught.value.message) == (200, code, reason)


@pytest.mark.parametrize(
    "answer",
    [{}, {"meetingId": ""}, {"meetingId": "  "}, {"meetingId": 5}, {"type": "Success"}, None, [], "ok",
     {"type": "Failure", "meetingId": "m"}, {"meetingId": "m", "scheduleMeetingResult": {"type": "Failure"}},
     {"scheduleMeetingResult": "Failure"}],
)  # fmt: skip
def test_ok_without_a_clear_meeting_id_is_doubt(answer: Any) -> None:
    found = offer(ANSWER)
    with pytest.raises(Unreadable):
        concierge().book(found.slots[0], found).read(answer)


def test_bad_arguments_are_named() -> None:
    with pytest.raises(Invalid, match="trigger is 'Form', expected one of ThirdPartyForm, InAppButton, RouterLink"):
        concierge(trigger="Form")
    with pytest.raises(Invalid, match="form is empty"):
        concierge(form={})
    with pytest.raises(Invalid, match="an id is missing"):
        concierge(router_slug="").open(WEEK)


def test_no_lead_is_shown() -> None:
    lead = concierge(guest="jo@example.com")
    assert "jo@example.com" not in repr(lead) + repr(lead.open(WEEK))
    assert (lead.target, lead.name) == (("inbound-demo",), "concierge")
