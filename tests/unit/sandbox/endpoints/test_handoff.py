"""Handoff opens several routers and paths in one session and books one of them."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_chilipiper.sandbox import Sandbox
from tests.unit.sandbox.conftest import Edge


def test_one_session_offers_every_router_of_the_workspace(edge: Edge) -> None:
    offer = edge.open_handoff().json()
    found = {router["routerId"]: [path["type"] for path in router["pathResults"]] for router in offer["routers"]}

    assert found == {"ho-expert": ["Later", "Later"], "ho-fork": ["Fork"], "ho-full": ["Later"]}
    assert offer["guestEmail"] == "jo@example.com"


def test_a_path_is_booked_by_router_and_path(box: Sandbox, edge: Edge) -> None:
    offer = edge.open_handoff(routerId="ho-expert").json()
    path = offer["routers"][0]["pathResults"][1]
    start = path["startTimes"][0]["startTime"]
    booked = edge.book_handoff(offer["routingId"], "ho-expert", path["pathId"], start).json()

    assert path["duration"] == "60 minutes"
    assert booked["scheduleMeetingResult"] == {"type": "Success", "meetingId": box.meetings[0]["meetingId"]}
    assert booked["host"] == box.meetings[0]["hosts"][0]


def test_a_fork_is_booked_through_its_later_branch(box: Sandbox, edge: Edge) -> None:
    offer = edge.open_handoff(routerId="ho-fork").json()
    (fork,) = offer["routers"][0]["pathResults"]
    start = fork["later"]["startTimes"][0]["startTime"]

    assert "startTimes" not in fork["live"]
    edge.book_handoff(offer["routingId"], "ho-fork", fork["later"]["pathId"], start)
    assert len(box.meetings) == 1


def test_the_live_branch_cannot_be_booked(box: Sandbox, edge: Edge) -> None:
    offer = edge.open_handoff(routerId="ho-fork").json()
    (fork,) = offer["routers"][0]["pathResults"]
    start = fork["later"]["startTimes"][0]["startTime"]

    assert edge.book_handoff(offer["routingId"], "ho-fork", fork["live"]["pathId"], start).status_code == 404
    assert not box.meetings


@pytest.mark.parametrize(
    ("reference", "guest"),
    [
        ({"type": "LeadId", "value": "00Q000000000001"}, "lead.one@prospect.example"),
        ({"type": "ContactId", "value": "003000000000001"}, "contact.one@customer.example"),
        ("003000000000001", "contact.one@customer.example"),
    ],
)
def test_a_crm_id_resolves_to_a_guest(edge: Edge, reference: object, guest: str) -> None:
    assert edge.open_handoff(id=reference).json()["guestEmail"] == guest


def test_unknown_crm_ids_get_guests_of_their_own_even_where_only_the_case_differs(edge: Edge) -> None:
    guests = {
        edge.open_handoff(id={"type": "LeadId", "value": value}).json()["guestEmail"].lower()
        for value in ("00QxxAAAAAAAAAb", "00QxxAAAAAAAAAB")
    }
    assert len(guests) == 2


def test_a_crm_id_of_the_other_kind_is_not_found(edge: Edge) -> None:
    assert edge.open_handoff(id={"type": "LeadId", "value": "003000000000001"}).status_code == 404


@pytest.mark.parametrize(
    ("workspace", "booker", "status"),
    [
        ("ws-nowhere", "u-sdr-1", 404),
        ("ws-sales", "u-nobody", 404),
        ("ws-sales", "u-host-01", 422),
        ("ws-success", "u-sdr-2", 422),
    ],
    ids=["workspace", "user", "licence", "membership"],
)
def test_the_booker_needs_a_licence_and_the_workspace(edge: Edge, workspace: str, booker: str, status: int) -> None:
    assert edge.open_handoff(workspace, booker).status_code == status


def test_another_booker_cannot_spend_the_session(box: Sandbox, edge: Edge) -> None:
    offer = edge.open_handoff(routerId="ho-expert").json()
    path = offer["routers"][0]["pathResults"][0]
    start = path["startTimes"][0]["startTime"]

    answer = edge.book_handoff(offer["routingId"], "ho-expert", path["pathId"], start, booker="u-sdr-2")
    assert answer.json()["errorCode"] == "BookerNotAllowed"
    assert not box.meetings


def test_a_router_without_a_fitting_rule_has_no_paths(edge: Edge) -> None:
    offer = edge.open_handoff("ws-success").json()

    assert {"routerId": "ho-nobody", "pathResults": []} in offer["routers"]


def test_an_unknown_router_is_not_found(edge: Edge) -> None:
    assert edge.open_handoff(routerId="ho-success").status_code == 404


@pytest.mark.parametrize("kind", ["Later", "Fork"])
def test_every_path_can_be_one_kind(box: Sandbox, edge: Edge, kind: Any) -> None:
    box.tenant.variants.handoff_paths = kind
    routers = edge.open_handoff().json()["routers"]

    assert {path["type"] for router in routers for path in router["pathResults"]} == {kind}
