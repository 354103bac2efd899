"""Scheduling links: requests as the composed example has them, answers in every documented shape."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from airflow_chilipiper.api.call import Interval
from airflow_chilipiper.api.errors import Invalid, Unreadable
from airflow_chilipiper.api.patterns.offer import FormField, Offer
from airflow_chilipiper.api.patterns.scheduling_link import SchedulingLink
from airflow_chilipiper.booking.ledger.lead_key import digest

WEEK = Interval(datetime(2026, 11, 2, tzinfo=UTC))
SLOT = "2026-11-03T09:30:00Z"
ANSWER = {
    "routeId": "r-1",
    "startTimes": [
        {
            "startTime": SLOT,
            "attendees": [
                {
                    "type": "FlexibleRoundRobinAssignee",
                    "distributionId": "7f8a",
                    "userIds": ["u1", "u2"],
                    "required": True,
                }
            ],
        }
    ],
    "formFields": [{"reference": "PersonEmail", "requirement": "Required", "dataType": "Email"}],
    "failures": {},
}


def link(**changes: Any) -> SchedulingLink:
    reference = {"type": "RoundRobin", "linkId": "b7c8d9e0"}
    return SchedulingLink(**{"link": reference, "guest": "jo@example.com"} | changes)


def offer(answer: Any) -> Offer:
    return link().open(WEEK).read(answer)


def asked(*fields: Any, **changes: Any) -> Any:
    """What booking sends as formData where the link has these fields."""
    found = offer(ANSWER | {"formFields": list(fields)})
    return link(**changes).book(found.slots[0], found).body.get("formData")


def test_opening_sends_the_documented_request_and_nothing_else() -> None:
    call = link().open(WEEK)
    assert (call.method, call.path) == ("POST", "/v1/org/schedulingLinks/init-simple")
    assert call.body == {
        "link": {"type": "RoundRobin", "linkId": "b7c8d9e0"},
        "interval": {"startsAt": "2026-11-02T00:00:00Z", "duration": "7 days"},
        "guestEmail": "jo@example.com",
    }
    assert (call.operation, call.repeatable) == ("scheduling-link-init", True)


def test_meeting_type_and_zone_are_sent_where_given() -> None:
    body = link(meeting_type_id="m1", guest_timezone="Europe/Paris").open(WEEK).body
    assert (body["meetingTypeId"], body["guestTimezone"]) == ("m1", "Europe/Paris")


def test_the_composed_answer_is_read() -> None:
    found = offer(ANSWER)
    assert (found.session, found.lifetime, found.slots[0].attendees) == ("r-1", None, ("u1", "u2"))
    assert found.fields == (FormField(reference="PersonEmail", required=True),)


def test_booking_sends_the_documented_request_once() -> None:
    found = offer(ANSWER)
    call = link(guest_timezone="Europe/Paris").book(found.slots[0], found)
    assert (call.method, call.path) == ("POST", "/v1/org/schedulingLinks/routing/r-1/schedule-simple")
    assert call.body == {
        "startTime": SLOT,
        "guestEmail": "jo@example.com",
        "guestTimezone": "Europe/Paris",
        "formData": {"PersonEmail": "jo@example.com"},
    }
    assert (call.operation, call.repeatable) == ("scheduling-link-schedule", False)
    assert call.read({"type": "Success", "meetingId": "m"}).meeting_id == "m"


@pytest.mark.parametrize(
    "answer",
    [{"routingId": "r", "startTimes": [SLOT]}, {"routeId": "r", "startTimes": [{"start": SLOT}], "formFields": None}],
)
def test_other_spellings_are_read(answer: Any) -> None:
    found = offer(answer)
    assert (found.session, found.slots[0].start_as_sent, found.fields) == ("r", SLOT, ())
    assert link().book(found.slots[0], found).body == {"startTime": SLOT, "guestEmail": "jo@example.com"}


@pytest.mark.parametrize(
    "answer", [{"routeId": "r"}, {"routeId": "r", "startTimes": None, "failures": {"u1": "Other"}}]
)
def test_missing_and_null_times_are_no_slots(answer: Any) -> None:
    assert len(offer(answer).slots) == 0


def test_a_lifetime_is_read_where_it_is_sent() -> None:
    assert offer(ANSWER | {"timeoutInMS": 300000}).lifetime == 300.0


@pytest.mark.parametrize("answer", [{}, {"startTimes": [SLOT]}, [], "ok", {"routeId": "r", "startTimes": 5}])
def test_an_answer_without_session_or_of_another_shape_is_unreadable(answer: Any) -> None:
    with pytest.raises(Unreadable):
        offer(answer)


@pytest.mark.parametrize("field", [{}, 5, {"reference": 5}, {"reference": {"value": None}}])
def test_a_question_that_cannot_be_read_is_left_out_and_counted(field: Any) -> None:
    found = offer(ANSWER | {"formFields": [field, {"reference": "PersonPhone"}]})
    assert [each.reference for each in found.fields] == ["PersonPhone"]
    assert found.remarks == ("1 of 2 form fields could not be read",)


@pytest.mark.parametrize("requirement", ["Required", {"type": "Required"}, {"Required": {}}])
def test_a_required_question_without_answer_is_named(requirement: Any) -> None:
    field = {"reference": "PersonPhone", "requirement": requirement}
    with pytest.raises(
        Invalid, match=r"the link requires PersonPhone: add it to form, for instance form=\{'PersonPhone'"
    ):
        asked(field)
    with pytest.raises(Invalid, match="PersonPhone"):
        asked(field, form={"PersonPhone": ""})
    assert asked(field, form={"PersonPhone": "5", "Strange": "x"}) == {"PersonPhone": "5"}


@pytest.mark.parametrize(
    "requirement", [{"type": "Hidden", "value": "web"}, {"Hidden": {"value": "web"}}, {"Hidden": "web"}]
)
def test_hidden_values_go_back_as_they_came(requirement: Any) -> None:
    field = {"reference": "LeadSource", "requirement": requirement}
    assert asked(field, form={"LeadSource": "mine"}) == {"LeadSource": "web"}


@pytest.mark.parametrize("requirement", ["Optional", {"type": "Optional"}, {"Optional": {}}, None, {}])
def test_an_optional_question_may_stay_open(requirement: Any) -> None:
    field = {"reference": "PersonTitle", "requirement": requirement}
    assert asked(field) is None
    assert asked(field, form={"PersonTitle": "CEO"}) == {"PersonTitle": "CEO"}


def test_the_guest_answers_for_an_empty_e_mail_column() -> None:
    field = {"reference": {"type": "DefaultDataFieldRef", "value": "PersonEmail"}, "requirement": "Required"}
    assert asked(field, form={"PersonEmail": None}) == {"PersonEmail": "jo@example.com"}


def test_other_kinds_pass_through_untouched() -> None:
    reference = {"type": "Personal", "slug": "jane", "more": {"x": 1}}
    assert link(link=reference).open(WEEK).body["link"] == reference


def named(**reference: str) -> SchedulingLink:
    return SchedulingLink(named=reference, guest="jo@example.com")


@pytest.mark.parametrize("kind", ["RoundRobin", "Ownership", "Group"])
def test_a_kind_whose_name_is_published_is_sent_as_that(kind: str) -> None:
    call = named(type=kind, linkId="l").open(WEEK)
    assert (call.body["link"], call.bodies) == ({"type": kind, "linkId": "l"}, {})


def test_the_digest_of_a_target_stays_what_it_was() -> None:
    """Ledgers hold it, whichever way the link was given."""
    for given in (named(type="RoundRobin", linkId="l-1"), link(link={"linkId": "l-1", "type": "RoundRobin"})):
        assert digest(given.name, *given.target) == "9483809540316ed0decfaed585691d3e50c8aefb529dc0b6728431cbcf778329"


@pytest.mark.parametrize("written", ["Admin", "AdminOneOnOne"])
def test_admin_links_may_be_meant_in_two_ways(written: str) -> None:
    """Everything else is the same in both; our name for the target is one."""
    given = named(type=written, linkId="l")
    call = given.open(WEEK)
    assert call.body["link"] == {"type": "Admin", "linkId": "l"}
    assert call.bodies == {
        literal: call.body | {"link": {"type": literal, "linkId": "l"}} for literal in ("Admin", "AdminOneOnOne")
    }
    assert given.target == ("linkId=l", "type=AdminOneOnOne")
    own = link(link={"type": written, "linkId": "l"})
    assert (own.open(WEEK).body["link"], own.open(WEEK).bodies) == ({"type": written, "linkId": "l"}, {})
    assert own.target == given.target


def test_a_personal_link_is_named_by_a_guess_and_says_so() -> None:
    """Its target has the owner, whose id is not sent."""
    given = named(type="Personal", owner="u-1", slug="demo")
    call = given.open(WEEK)
    assert call.body["link"] == {"type": "Personal", "slug": "demo"}
    assert given.target == ("owner=u-1", "slug=demo", "type=Personal")
    assert "type Personal and its slug are a guess" in call.if_unknown
    assert call.read(ANSWER).caveat == call.if_unknown
    assert call.read(ANSWER | {"startTimes": []}).remarks == (call.if_unknown,)
    own = link(link={"type": "Personal", "slug": "demo"}).open(WEEK)
    assert (own.if_unknown, own.read(ANSWER).caveat, own.bodies) == ("", "", {})


def test_no_slot_of_another_user_is_booked_for_a_personal_link() -> None:
    """Two users may have links of one slug, and only the slug is sent."""
    found = offer(ANSWER)
    assert found.slots[0].attendees == ("u1", "u2")
    assert named(type="Personal", owner="u2", slug="demo").book(found.slots[0], found).body["startTime"] == SLOT
    with pytest.raises(Invalid, match="this slot is another user's than the owner's of the personal link"):
        named(type="Personal", owner="u3", slug="demo").book(found.slots[0], found)
    silent = offer(ANSWER | {"startTimes": [SLOT]})
    assert named(type="Personal", owner="u3", slug="demo").book(silent.slots[0], silent).body["startTime"] == SLOT


@pytest.mark.parametrize("reference", [{"linkId": "x"}, {"slug": "x"}, {"owner": "u-1"}, {"owner": "u-1", "slug": ""}])
def test_a_personal_link_without_owner_and_slug_is_refused(reference: dict[str, str]) -> None:
    with pytest.raises(Invalid, match="a personal link has no link_id: give link_owner and link_slug, its booking_url"):
        named(type="Personal", **reference)


@pytest.mark.parametrize("given", [{}, {"linkId": "x"}, None, "https://acme.chilipiper.com/x"])
def test_a_link_without_type_is_refused(given: Any) -> None:
    with pytest.raises(Invalid, match="link has no type"):
        link(link=given)


def test_bad_arguments_are_named() -> None:
    with pytest.raises(Invalid, match="link has no linkId"):
        link(link={"type": "RoundRobin", "linkId": None})
    with pytest.raises(Invalid, match=r"guest_email is missing: a scheduling link books for a guest$"):
        link(guest=" ")
    with pytest.raises(Invalid, match="an Ownership link cannot find the owner without it"):
        link(link={"type": "Ownership", "linkId": "x"}, guest=None)


def test_no_lead_is_shown() -> None:
    lead = link(form={"PersonPhone": "555"})
    assert "jo@" not in repr(lead)
    assert "555" not in repr(lead)
    assert (lead.target, lead.name) == (("linkId=b7c8d9e0", "type=RoundRobin"), "scheduling_link")
