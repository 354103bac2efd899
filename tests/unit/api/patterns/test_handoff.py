"""Handoff: requests in both forms, answers with several routers and paths."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from airflow_chilipiper.api.call import Interval
from airflow_chilipiper.api.errors import Invalid, SlotGone, Unreadable
from airflow_chilipiper.api.patterns.handoff import Handoff
from airflow_chilipiper.api.patterns.offer import Offer
from airflow_chilipiper.api.patterns.slots import Path

WEEK = Interval(datetime(2026, 11, 2, tzinfo=UTC))
INTERVAL = {"startsAt": "2026-11-02T00:00:00Z", "duration": "7 days"}
SLOT = "2026-11-02T16:00:00Z"
LATER = {
    "type": "Later", "pathId": "p1", "assignees": ["u2"], "duration": "30 minutes",
    "startTimes": [{"startTime": SLOT, "attendees": []}],
}  # fmt: skip
FORK = {"type": "Fork", "live": {"pathId": "pl"}, "later": {"pathId": "p2", "startTimes": [SLOT], "assignees": None}}


def answer(*results: Any, **changes: Any) -> dict[str, Any]:
    routers = [{"routerId": "e1f2", "pathResults": list(results)}]
    return {"routingId": "rt-1", "guestEmail": "jo@example.com", "routers": routers} | changes


def handoff(**changes: Any) -> Handoff:
    return Handoff(**{"workspace_id": "w1", "booker_id": "u9", "guest": "jo@example.com"} | changes)


def offer(body: Any) -> Offer:
    return handoff().open(WEEK).read(body)


def test_opening_by_crm_id_sends_the_documented_request_and_nothing_else() -> None:
    call = handoff(guest=None, crm_id="003XX0000000001", router_id="e1f2").open(WEEK)
    assert (call.method, call.path) == ("POST", "/v1/org/handoff/workspace/w1/booker/u9/init-simple")
    assert call.body == {
        "type": "CrmRequest",
        "id": {"type": "ContactId", "value": "003XX0000000001"},
        "interval": INTERVAL,
        "routerId": "e1f2",
    }
    assert (call.operation, call.permission, call.repeatable) == ("handoff-init", "handoff.schedule", True)


def test_opening_by_e_mail_sends_the_documented_request_and_nothing_else() -> None:
    assert handoff().open(WEEK).body == {
        "type": "GuestEmailRequest",
        "guestEmail": "jo@example.com",
        "interval": INTERVAL,
    }
    assert handoff(crm_explicits=[{"a": 1}]).open(WEEK).body["crmExplicits"] == [{"a": 1}]


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ({"crm_id": "00QXX1"}, "LeadId"),
        ({"crm_id": "003XX1"}, "ContactId"),
        ({"crm_id": "1234", "crm_type": "ContactId"}, "ContactId"),
        ({"crm_id": "00QXX1", "crm_type": "ContactId"}, "ContactId"),
    ],
)
def test_the_crm_type_is_inferred_only_where_it_is_not_given(given: dict[str, str], sent: str) -> None:
    assert handoff(**given).open(WEEK).body["id"] == {"type": sent, "value": given["crm_id"]}


def test_the_composed_answer_is_read() -> None:
    found = offer(answer(LATER))
    assert (found.session, found.guest, found.assignees) == ("rt-1", "jo@example.com", ("u2",))
    assert found.paths == (Path("e1f2", "p1"),)


def test_booking_goes_to_router_and_path_once() -> None:
    found = offer(answer(LATER))
    call = handoff().book(found.slots[0], found)
    address = "/v1/org/handoff/routing/rt-1/router/e1f2/path/p1/booker/u9/schedule-simple"
    assert (call.method, call.path, call.body) == ("POST", address, {"startTime": SLOT})
    assert (call.operation, call.repeatable) == ("handoff-schedule", False)


def test_a_fork_books_through_its_later_path() -> None:
    found = offer(answer(FORK))
    assert found.paths == (Path("e1f2", "p2"),)
    assert "/path/p2/" in found.slots[0].address


def test_several_routers_and_paths_keep_their_addresses() -> None:
    both = [{"routerId": "r1", "pathResults": [LATER, FORK]}, {"routerId": "r2", "pathResults": [LATER]}]
    found = offer(answer(routers=both))
    assert found.paths == (Path("r1", "p1"), Path("r1", "p2"), Path("r2", "p1"))
    assert [slot.path for slot in found.slots] == list(found.paths)
    assert found.slots[2].address == "/v1/org/handoff/routing/rt-1/router/r2/path/p1/booker/u9/schedule-simple"


@pytest.mark.parametrize(
    "result",
    [{"type": "Live", "pathId": "p"}, {"type": "Fork", "pathId": "p", "live": {}}, {"type": "Fork", "later": None}, {}],
)
def test_a_path_that_cannot_book_later_is_not_offered(result: Any) -> None:
    assert offer(answer(result)).paths == ()


@pytest.mark.parametrize(
    "body",
    [
        {"routingId": "r", "routers": []},
        {"routingId": "r", "routers": None},
        {"routingId": "r"},
        {"routers": []},
        {"routeId": "r", "routers": [{"routerId": "a", "pathResults": None}]},
    ],
)
def test_no_match_is_an_empty_offer(body: Any) -> None:
    found = offer(body)
    assert (len(found.slots), found.paths, found.guest) == (0, (), None)


@pytest.mark.parametrize(
    "body",
    [{}, [], "ok", answer(LATER, routingId=None), answer(5), answer({"type": "Later", "pathId": 5}),
     answer(routers=[{"pathResults": [LATER]}]), answer(routers=["x"]), answer(LATER | {"startTimes": "x"})],
)  # fmt: skip
def test_another_shape_is_unreadable(body: Any) -> None:
    with pytest.raises(Unreadable):
        offer(body)


def test_strange_assignees_are_passed_over() -> None:
    assert offer(answer(LATER | {"assignees": [{"userId": "u1"}, 5, "u2"]})).assignees == ("u1", "u2")
    assert offer(answer(LATER | {"assignees": "u1"})).assignees == ()


def test_the_meeting_is_read_from_the_inner_result() -> None:
    found = offer(answer(LATER))
    read = handoff().book(found.slots[0], found).read
    done = {"type": "Success", "meetingId": "m"}
    meeting = read({"meetingTypeId": "t", "host": "u2", "selectedAssignees": ["u2"], "scheduleMeetingResult": done})
    assert (meeting.meeting_id, meeting.host, meeting.assignees) == ("m", "u2", ("u2",))
    with pytest.raises(SlotGone, match="slot taken"):
        read({"meetingTypeId": "t", "scheduleMeetingResult": {"type": "Failure", "details": "slot taken"}})
    with pytest.raises(Unreadable):
        read({"meetingTypeId": "t", "host": "u2"})


def test_bad_arguments_are_named() -> None:
    with pytest.raises(Invalid, match="neither guest_email nor crm_id is given"):
        handoff(guest=None)
    with pytest.raises(Invalid, match="crm_type is None, expected LeadId or ContactId"):
        handoff(crm_id="1234")
    with pytest.raises(Invalid, match="crm_type is 'Lead'"):
        handoff(crm_id="00Q1", crm_type="Lead")
    with pytest.raises(Invalid, match="an id is missing"):
        handoff(booker_id="").open(WEEK)


def test_the_booker_is_encoded_into_the_address() -> None:
    assert "/booker/a%2Fb%20c/" in handoff(booker_id="a/b c").open(WEEK).path


def test_no_lead_is_shown() -> None:
    lead = handoff(crm_explicits={"phone": "555"})
    assert "jo@" not in repr(lead)
    assert "555" not in repr(lead)
    assert (lead.target, handoff(router_id="r").target) == (("w1", "", ""), ("w1", "r", ""))
    assert handoff(crm_id="00Q1").target == ("w1", "", "00Q1")


def test_of_several_paths_nobody_is_named_before_one_is_taken() -> None:
    other = LATER | {"pathId": "p2", "assignees": ["u3"]}
    assert offer(answer(LATER, other)).assignees == ()


@pytest.mark.parametrize("named", ["JO@Example.com ", None, ""])
def test_an_answer_names_our_guest_in_whatever_case_or_nobody(named: str | None) -> None:
    assert offer(answer(LATER, guestEmail=named)).session == "rt-1"


def test_an_answer_that_names_another_guest_is_that_of_another_call() -> None:
    with pytest.raises(Unreadable, match="names another guest"):
        offer(answer(LATER, guestEmail="ann@example.com"))


def test_by_crm_id_whoever_is_named_is_the_guest() -> None:
    """Whatever e-mail stands beside it: none was sent."""
    by_id = handoff(crm_id="003XX0000000001").open(WEEK)
    assert by_id.read(answer(LATER, guestEmail="jo.crm@example.com")).guest == "jo.crm@example.com"
