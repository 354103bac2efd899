"""Links of all kinds open and book; what a link's form asks for is enforced."""

from __future__ import annotations

import pytest

from airflow_chilipiper.sandbox import Sandbox
from airflow_chilipiper.sandbox.state.seed import DEEP_DIVE, DEMO
from tests.unit.sandbox.conftest import Edge

FORM = {"PersonEmail": "jo@example.com", "CompanyName": "Acme", "UtmSource": "sandbox"}


@pytest.mark.parametrize(
    ("link", "kind", "attendee"),
    [
        ("link-rr-demo", "RoundRobin", "FlexibleRoundRobinAssignee"),
        ("link-owner", "Ownership", "FlexibleRoundRobinAssignee"),
        ("link-group", "Group", "ManuallyAssigned"),
        ("link-admin", "AdminOneOnOne", "ManuallyAssigned"),
        ("link-admin", "Admin", "ManuallyAssigned"),
        ("link-personal-u-ae-2", "Personal", "ManuallyAssigned"),
    ],
)
def test_every_kind_of_link_can_be_booked(box: Sandbox, edge: Edge, link: str, kind: str, attendee: str) -> None:
    offer = edge.open_link(link, kind, guestEmail="jo@example.com").json()
    slot = offer["startTimes"][0]
    booked = edge.book_link(offer["routeId"], slot["startTime"], guestTimezone="Europe/Paris").json()

    assert slot["attendees"][0]["type"] == attendee
    assert booked == {"meetingId": box.meetings[0]["meetingId"]}
    assert box.meetings[0]["details"] == {"guestTimezone": "Europe/Paris"}


def test_a_personal_link_is_found_by_its_slug(edge: Edge) -> None:
    (row,) = edge.get("/v1/org/schedulingLinks/list-personal-v2/u-ae-2").json()["links"]
    asked = {"link": {"type": "Personal", "slug": row["slug"]}}

    assert edge.post("/v1/org/schedulingLinks/init-simple", json=asked).json()["startTimes"]


@pytest.mark.parametrize(
    ("link", "kind"), [("no-such-link", "RoundRobin"), ("link-group", "RoundRobin"), ("link-group", "Team")]
)
def test_an_unknown_link_or_another_kind_is_not_found(edge: Edge, link: str, kind: str) -> None:
    answer = edge.open_link(link, kind)

    assert (answer.status_code, answer.json()["errorCode"]) == (404, "SchedulingLinkNotFound")


def test_an_ownership_link_needs_the_guest(edge: Edge) -> None:
    assert edge.open_link("link-owner", "Ownership").json()["errorCode"] == "GuestEmailRequired"


def test_an_ownership_link_goes_to_the_owner(box: Sandbox, edge: Edge) -> None:
    offer = edge.open_link("link-owner", "Ownership", guestEmail="Kept@customer.example").json()

    assert {slot["attendees"][0]["userId"] for slot in offer["startTimes"]} == {"u-ae-2"}
    edge.book_link(offer["routeId"], offer["startTimes"][0]["startTime"])
    assert box.meetings[0]["hosts"] == ["u-ae-2"]


def test_a_group_needs_everybody(box: Sandbox, edge: Edge) -> None:
    offer = edge.open_link("link-group", "Group").json()
    edge.book_link(offer["routeId"], offer["startTimes"][0]["startTime"])

    assert box.meetings[0]["hosts"] == ["u-ae-1", "u-ae-3"]
    assert box.meetings[0]["minutes"] == 60


def test_a_group_books_nobody_when_one_is_taken(box: Sandbox, edge: Edge) -> None:
    group, alone = edge.open_link("link-group", "Group").json(), edge.open_link("link-admin", "AdminOneOnOne").json()
    start = group["startTimes"][0]["startTime"]
    edge.book_link(alone["routeId"], start)

    assert edge.book_link(group["routeId"], start).json()["type"] == "Failure"
    assert [meeting["hosts"] for meeting in box.meetings] == [["u-ae-1"]]


@pytest.mark.parametrize("lacking", ["CompanyName", "UtmSource"])
def test_required_and_hidden_fields_must_be_sent(box: Sandbox, edge: Edge, lacking: str) -> None:
    offer = edge.open_link("link-rr-qualified").json()
    form = {name: value for name, value in FORM.items() if name != lacking}
    answer = edge.book_link(offer["routeId"], offer["startTimes"][0]["startTime"], formData=form)

    assert (answer.status_code, answer.json()["arguments"]) == (422, {"field": lacking})
    assert not box.meetings


def test_the_form_is_described_and_kept(box: Sandbox, edge: Edge) -> None:
    offer = edge.open_link("link-rr-qualified").json()

    assert offer["formFields"] == [
        {"reference": "PersonEmail", "requirement": "Required", "dataType": "Email"},
        {"reference": "CompanyName", "requirement": "Required", "dataType": "ShortText"},
        {"reference": "Phone", "requirement": "Optional", "dataType": "Phone"},
        {
            "reference": "UtmSource",
            "requirement": {"type": "Hidden", "value": "sandbox"},
            "dataType": {"type": "ShortText"},
        },
    ]
    edge.book_link(offer["routeId"], offer["startTimes"][0]["startTime"], formData=FORM)
    assert box.meetings[0]["details"] == {"formData": FORM}


def test_a_link_with_two_meeting_types_takes_either_and_no_other(box: Sandbox, edge: Edge) -> None:
    longer = edge.open_link("link-rr-qualified", meetingTypeId=DEEP_DIVE).json()
    edge.book_link(longer["routeId"], longer["startTimes"][0]["startTime"], formData=FORM)

    assert box.meetings[0]["minutes"] == 60
    assert edge.open_link("link-owner", "Ownership", guestEmail="a@b.example", meetingTypeId=DEMO).status_code == 404


def test_a_long_meeting_blocks_the_short_ones_beside_it(edge: Edge) -> None:
    before = edge.open_link("link-admin", "AdminOneOnOne").json()["startTimes"]
    group = edge.open_link("link-group", "Group").json()
    start = group["startTimes"][0]["startTime"]
    edge.book_link(group["routeId"], start)
    after = edge.open_link("link-admin", "AdminOneOnOne").json()["startTimes"]

    gone = {slot["startTime"] for slot in before} - {slot["startTime"] for slot in after}
    assert start in gone
    assert len(gone) == 2


def test_requirements_as_objects(box: Sandbox, edge: Edge) -> None:
    box.tenant.variants.requirement = "object"

    assert edge.open_link().json()["formFields"] == [
        {"reference": "PersonEmail", "requirement": {"type": "Required"}, "dataType": {"type": "Email"}}
    ]


def test_an_older_edge_describes_no_form_and_asks_for_none(box: Sandbox, edge: Edge) -> None:
    box.tenant.variants.form_fields = False
    offer = edge.open_link("link-rr-qualified").json()

    assert "formFields" not in offer
    assert edge.book_link(offer["routeId"], offer["startTimes"][0]["startTime"]).status_code == 200
