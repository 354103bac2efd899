"""Concierge routes by rules, and a routing session is spent by whatever booking call reaches it."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_chilipiper.sandbox import Sandbox
from tests.unit.sandbox.conftest import WEEK, Clock, Edge

ROUTE = "/v1/org/concierge/routers/inbound-demo/rest"


def test_a_lead_is_offered_slots_and_booked(box: Sandbox, edge: Edge) -> None:
    answer = edge.route().json()
    slots = answer["schedulingData"]["startTimes"]

    assert answer["schedulingAllowed"] is True
    assert answer["schedulingData"]["timeoutInMS"] == 600_000
    assert [slot["startTime"] for slot in slots] == sorted(slot["startTime"] for slot in slots)
    booked = edge.book(answer["routeId"], slots[0]["startTime"])
    assert booked.json() == {"meetingId": box.meetings[0]["meetingId"]}
    assert box.meetings[0]["hosts"] == [slots[0]["attendees"][0]["userId"]]


@pytest.mark.parametrize(
    ("email", "form"), [("jo@gmail.com", {}), ("jo@example.com", {"CompanyEmployees": "5"})], ids=["free mail", "small"]
)
def test_some_leads_are_disqualified(edge: Edge, email: str, form: dict[str, str]) -> None:
    assert edge.route(email, **form).json() == {"schedulingAllowed": False}


def test_a_full_calendar_offers_an_empty_list(edge: Edge) -> None:
    answer = edge.route(PersonCountry="Iceland").json()

    assert answer["schedulingAllowed"] is True
    assert answer["schedulingData"]["startTimes"] == []


def test_without_an_interval_there_is_a_routing_link_and_no_slots(edge: Edge) -> None:
    asked = {"form": {"PersonEmail": "jo@example.com"}, "options": {"trigger": "InAppButton"}}
    answer = edge.post(ROUTE, json=asked).json()

    assert answer["routingLink"].endswith(f"/concierge-router/inbound-demo/routing/{answer['routeId']}")
    assert "schedulingData" not in answer


def test_each_trigger_has_its_own_keys(edge: Edge) -> None:
    external = {"form": {"email": "jo@example.com"}, "options": {"trigger": "ThirdPartyForm"}, "interval": WEEK}
    assert edge.post(ROUTE, json=external).status_code == 200

    wrong = {**external, "form": {"PersonEmail": "jo@example.com"}}
    answer = edge.post(ROUTE, json=wrong)
    assert answer.status_code == 422
    assert answer.json()["arguments"] == {"field": "email"}


def test_without_a_trigger_another_one_than_meant_may_be_taken(edge: Edge) -> None:
    asked = {"form": {"PersonEmail": "jo@example.com"}, "interval": WEEK}

    assert edge.post(ROUTE, json=asked).status_code == 422


@pytest.mark.parametrize(("slug", "status"), [("no-such-router", 404), ("draft-demo", 409)])
def test_a_router_must_exist_and_accept_routing(edge: Edge, slug: str, status: int) -> None:
    asked = {"form": {"PersonEmail": "jo@example.com"}, "options": {"trigger": "InAppButton"}}

    assert edge.post(f"/v1/org/concierge/routers/{slug}/rest", json=asked).status_code == status


def test_a_trigger_that_the_router_lacks_is_refused(edge: Edge) -> None:
    asked = {"form": {"PersonEmail": "jo@example.com"}, "options": {"trigger": "InAppButton"}}
    answer = edge.post("/v1/org/concierge/routers/partner-demo/rest", json=asked)

    assert answer.json()["arguments"] == {"trigger": "InAppButton"}


@pytest.mark.parametrize("options", [{}, {"trigger": "ThirdPartyForm"}, {"trigger": "RouterLink"}])
def test_nothing_is_routed_through_a_form_of_chili_pipers_own(edge: Edge, options: dict[str, str]) -> None:
    asked = {"form": {"PersonEmail": "jo@example.com"}, "options": options}
    answer = edge.post("/v1/org/concierge/routers/hosted-demo/rest", json=asked)

    assert (answer.status_code, answer.text) == (400, "Invalid value for: body (NonEmptyMap at 'fields')")


def test_a_company_size_that_is_no_number_disqualifies_nobody(edge: Edge) -> None:
    assert edge.route(CompanyEmployees="about two hundred").json()["schedulingAllowed"] is True


def test_the_sibling_finds_the_router_in_the_body(edge: Edge) -> None:
    asked = {"form": {"email": "jo@example.com"}, "routerSlug": "inbound-demo", "interval": WEEK}

    assert "routeId" in edge.post("/v1/org/concierge/routers/rest", json=asked).json()


def test_slots_keep_the_minimum_notice(edge: Edge, clock: Clock) -> None:
    _, starts = edge.offer()
    clock.advance(2 * 86_400)
    _, later = edge.offer()

    assert starts[0] < later[0] >= "2026-11-04T01:00:00Z"


def test_more_hosts_make_room_for_hundreds_of_leads(edge: Edge) -> None:
    _, starts = edge.offer()

    assert len(starts) > 200


@pytest.mark.parametrize(("place", "outside", "inside"), [("top", True, False), ("absent", False, False)])
def test_the_timeout_stands_at_either_depth(box: Sandbox, edge: Edge, place: Any, outside: bool, inside: bool) -> None:
    box.tenant.variants.timeout_place = place
    answer = edge.route().json()

    assert ("timeoutInMS" in answer, "timeoutInMS" in answer["schedulingData"]) == (outside, inside)


@pytest.mark.parametrize(
    ("shape", "names"),
    [
        ("with_route", {"routeId", "schedulingAllowed"}),
        ("null_data", {"schedulingAllowed", "schedulingData"}),
        ("redirect", {"schedulingAllowed", "redirectUrl"}),
    ],
)
def test_disqualified_in_other_words(box: Sandbox, edge: Edge, shape: Any, names: set[str]) -> None:
    box.tenant.variants.disqualified = shape
    answer = edge.route("jo@gmail.com").json()

    assert set(answer) == names
    assert answer["schedulingAllowed"] is False


def test_assignments_single_or_absent(box: Sandbox, edge: Edge) -> None:
    box.tenant.variants.assignment = "single"
    assert edge.route().json()["assignment"] == {"userId": "u-host-01", "type": "user"}

    box.tenant.variants.assignment = "absent"
    assert not {"assignment", "assignments", "distributionIds"} & set(edge.route().json())


def test_a_routing_link_may_come_with_slots(box: Sandbox, edge: Edge) -> None:
    box.tenant.variants.routing_link_with_interval = True

    assert {"routingLink", "schedulingData"} <= set(edge.route().json())


def test_unknown_form_keys_may_be_rejected(box: Sandbox, edge: Edge) -> None:
    assert edge.route(Shoe="43").status_code == 200

    box.tenant.variants.unknown_form_keys = "rejected"
    assert edge.route(Shoe="43").json()["arguments"] == {"field": "Shoe"}
