"""A body of the wrong shape is answered 400 text/plain that names the place, and nothing happens."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_chilipiper.sandbox import Sandbox
from tests.unit.sandbox.conftest import MONDAY, WEEK, Edge

ROUTE = "/v1/org/concierge/routers/inbound-demo/rest"
BOOK = "/v1/org/concierge/routing/s/schedule-simple"
INIT = "/v1/org/schedulingLinks/init-simple"
BOOK_LINK = "/v1/org/schedulingLinks/routing/s/schedule-simple"
HANDOFF = "/v1/org/handoff/workspace/ws-sales/booker/u-sdr-1/init-simple"
LINK = {"type": "RoundRobin", "linkId": "link-rr-demo"}


@pytest.mark.parametrize(
    ("path", "body", "place"),
    [
        (ROUTE, {}, ".form"),
        (ROUTE, {"form": []}, ".form"),
        (ROUTE, {"form": {}, "lead": {}}, ".lead"),
        (ROUTE, {"form": {}, "options": {"trigger": "Form"}}, ".options.trigger"),
        (ROUTE, {"form": {}, "interval": {"duration": "7 days"}}, ".interval.startsAt"),
        (
            ROUTE,
            {"form": {}, "interval": {"startsAt": "2026-11-02T00:00:00", "duration": "7 days"}},
            ".interval.startsAt",
        ),
        (ROUTE, {"form": {}, "interval": {"startsAt": MONDAY, "duration": "1 week"}}, ".interval.duration"),
        (ROUTE, {"form": {}, "interval": {"startsAt": 1_793_577_600, "duration": "7 days"}}, ".interval.startsAt"),
        (ROUTE, {"form": {}, "interval": {"start": MONDAY, "duration": "7 days"}}, ".interval.start"),
        (BOOK, {}, ".startTime"),
        (BOOK, {"startTime": 5}, ".startTime"),
        (BOOK, {"startTime": MONDAY, "timezone": "UTC"}, ".timezone"),
        (INIT, {"interval": WEEK}, ".link"),
        (INIT, {"link": {"linkId": "link-rr-demo"}}, ".link.type"),
        (INIT, {"link": LINK, "guestEmail": "nobody"}, ".guestEmail"),
        (INIT, {"link": LINK, "guestTimezone": "Mars/Base"}, ".guestTimezone"),
        (INIT, {"link": LINK, "meetingTypeId": "demo"}, ".meetingTypeId"),
        (BOOK_LINK, {"startTime": MONDAY}, ".guestEmail"),
        (BOOK_LINK, {"startTime": MONDAY, "guestEmail": "a@b.c", "formData": []}, ".formData"),
        (BOOK, {"startTime": None}, ".startTime"),
        (BOOK, {"startTime": ""}, ".startTime"),
        (BOOK, {"startTime": MONDAY, "a `field` of\nours": 1}, ".a `field` of\nours"),
        (INIT, {"link": {**LINK, "linkId": "a b"}}, ".link.linkId"),
        (INIT, {"link": {**LINK, "linkId": "a\n"}}, ".link.linkId"),
        (HANDOFF, {"type": "EmailRequest"}, ".type"),
        (HANDOFF, {"type": "GuestEmailRequest", "guestEmail": "a@b.c"}, ".interval"),
        (HANDOFF, {"type": "CrmRequest", "interval": WEEK, "id": {"type": "Lead", "value": "1"}}, ".id.type"),
    ],
)
def test_the_place_is_named(box: Sandbox, edge: Edge, path: str, body: Any, place: str) -> None:
    answer = edge.post(path, json=body)

    assert answer.status_code == 400
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.text == f"Invalid value for: body (DecodingFailure at {place})"
    assert not box.meetings


@pytest.mark.parametrize("content", [b'{"form":', b"", b'{"form":{"a":"\xff"}}', b"[]", b"null"])
def test_a_body_that_is_no_json_or_no_object_is_refused(edge: Edge, content: bytes) -> None:
    answer = edge.post(ROUTE, content=content, headers={"Content-Type": "application/json"})

    assert (answer.status_code, answer.text) == (400, "Invalid value for: body")


def test_an_optional_field_may_be_null(box: Sandbox, edge: Edge) -> None:
    offer = edge.open_link(guestEmail=None, meetingTypeId=None, outputs=None).json()
    start = offer["startTimes"][0]["startTime"]

    assert edge.book_link(offer["routeId"], start, guestTimezone=None, formData=None, location=None).status_code == 200
    assert box.meetings[0]["details"] == {}


def test_a_booking_that_cannot_be_read_spends_nothing(edge: Edge) -> None:
    session, starts = edge.offer()

    assert (
        edge.post(f"/v1/org/concierge/routing/{session}/schedule-simple", json={"start": starts[0]}).status_code == 400
    )
    assert edge.book(session, starts[0]).status_code == 200


def test_a_week_is_a_week_in_both_spellings(edge: Edge) -> None:
    asked = {"link": {"type": "RoundRobin", "linkId": "link-rr-demo"}}
    spelled = [{**asked, "interval": {**WEEK, "duration": text}} for text in ("7 days", "PT168H")]
    offers = [edge.post("/v1/org/schedulingLinks/init-simple", json=each).json() for each in spelled]

    assert offers[0]["startTimes"] == offers[1]["startTimes"]
