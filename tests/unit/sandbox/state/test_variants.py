"""Every shape that some source shows can be switched on, one at a time."""

from typing import Any

import pytest

from airflow_chilipiper.sandbox import Sandbox
from tests.unit.sandbox.conftest import MONDAY, WEEK, Clock, Edge

ICELAND = {"PersonCountry": "Iceland"}


def test_a_slot_as_a_string_books_like_any_other(box: Sandbox, edge: Edge) -> None:
    box.tenant.variants.slot_shape = "string"
    answer = edge.route().json()
    start = answer["schedulingData"]["startTimes"][0]

    assert isinstance(start, str)
    assert edge.book(answer["routeId"], start).status_code == 200


def test_a_slot_under_start(box: Sandbox, edge: Edge) -> None:
    box.tenant.variants.slot_shape = "start"

    assert set(edge.route().json()["schedulingData"]["startTimes"][0]) == {"start", "attendees"}


def test_fractional_seconds_are_part_of_the_start_as_sent(box: Sandbox, edge: Edge) -> None:
    box.tenant.variants.fractional_seconds = True
    session, starts = edge.offer()

    assert starts[0].endswith(":00.000Z")
    assert edge.book(session, starts[0]).status_code == 200
    assert edge.list_meetings().json()["data"]["list"][0]["dateTime"]["start"] == starts[0]


def test_the_session_id_has_two_names(box: Sandbox, edge: Edge) -> None:
    box.tenant.variants.route_key = "routingId"

    assert "routingId" in edge.route().json()
    assert "routingId" in edge.open_link().json()
    assert "routeId" in edge.open_handoff().json()


@pytest.mark.parametrize(("place", "outside", "inside"), [("top", True, False), ("absent", False, False)])
def test_the_timeout_stands_at_either_depth(box: Sandbox, edge: Edge, place: Any, outside: bool, inside: bool) -> None:
    box.tenant.variants.timeout_place = place
    answer = edge.route().json()

    assert ("timeoutInMS" in answer, "timeoutInMS" in answer["schedulingData"]) == (outside, inside)


@pytest.mark.parametrize(("shape", "found"), [("null", {"startTimes": None}), ("absent", {})])
def test_none_free_may_be_null_or_absent(box: Sandbox, edge: Edge, shape: Any, found: dict[str, Any]) -> None:
    box.tenant.variants.none_free = shape
    data = edge.route(**ICELAND).json()["schedulingData"]

    assert {name: value for name, value in data.items() if name == "startTimes"} == found


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


def test_concierge_may_leave_the_host_open(box: Sandbox, edge: Edge) -> None:
    box.tenant.variants.concierge_attendees = "flexible"
    (attendee,) = edge.route().json()["schedulingData"]["startTimes"][-1]["attendees"]

    assert attendee["type"] == "FlexibleRoundRobinAssignee"
    assert len(attendee["userIds"]) > 1


def test_a_routing_link_may_come_with_slots(box: Sandbox, edge: Edge) -> None:
    box.tenant.variants.routing_link_with_interval = True

    assert {"routingLink", "schedulingData"} <= set(edge.route().json())


def test_unknown_form_keys_may_be_rejected(box: Sandbox, edge: Edge) -> None:
    assert edge.route(Shoe="43").status_code == 200

    box.tenant.variants.unknown_form_keys = "rejected"
    assert edge.route(Shoe="43").json()["arguments"] == {"field": "Shoe"}


@pytest.mark.parametrize(
    ("shape", "names"),
    [
        ("union", {"type", "meetingId"}),
        ("nested", {"meetingTypeId", "host", "selectedAssignees", "scheduleMeetingResult"}),
    ],
)
def test_a_booking_may_be_answered_as_a_union(box: Sandbox, edge: Edge, shape: Any, names: set[str]) -> None:
    box.tenant.variants.booking_answer = shape

    assert set(edge.book_first().json()) == names


def test_handoff_may_answer_plainly(box: Sandbox, edge: Edge) -> None:
    box.tenant.variants.booking_answer = "plain"
    offer = edge.open_handoff(routerId="ho-expert").json()
    path = offer["routers"][0]["pathResults"][0]
    answer = edge.book_handoff(offer["routingId"], "ho-expert", path["pathId"], path["startTimes"][0]["startTime"])

    assert set(answer.json()) == {"meetingId"}


@pytest.mark.parametrize(
    ("failures_as", "booking_answer", "status", "found"),
    [
        ("failure_200", None, 200, {"type": "Failure", "reason": "SlotNotAvailable"}),
        ("failure_200", "nested", 200, {"scheduleMeetingResult": {"type": "Failure", "reason": "SlotNotAvailable"}}),
        (
            "errorCode",
            None,
            409,
            {"errorCode": "SlotNotAvailable", "errorMessage": "The slot is not available any more"},
        ),
    ],
)
def test_a_taken_slot_in_each_wording(
    box: Sandbox, edge: Edge, failures_as: Any, booking_answer: Any, status: int, found: dict[str, Any]
) -> None:
    box.tenant.variants.failures_as = failures_as
    box.tenant.variants.booking_answer = booking_answer
    box.faults.take_slot_first("concierge-schedule")
    answer = edge.book_first()

    assert (answer.status_code, answer.json()) == (status, found)


def test_codes_and_statuses_can_be_chosen(box: Sandbox, edge: Edge) -> None:
    box.tenant.variants.codes["session_unknown"] = (422, "BadRoute")
    answer = edge.book("nobody-opened-this", MONDAY)

    assert (answer.status_code, answer.json()["errorCode"]) == (422, "BadRoute")


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


@pytest.mark.parametrize("kind", ["Later", "Fork"])
def test_every_path_can_be_one_kind(box: Sandbox, edge: Edge, kind: Any) -> None:
    box.tenant.variants.handoff_paths = kind
    routers = edge.open_handoff().json()["routers"]

    assert {path["type"] for router in routers for path in router["pathResults"]} == {kind}


def test_handoff_slots_may_name_attendees(box: Sandbox, edge: Edge) -> None:
    path = edge.open_handoff(routerId="ho-expert").json()["routers"][0]["pathResults"][0]
    assert path["startTimes"][0]["attendees"] == []

    box.tenant.variants.handoff_attendees = True
    path = edge.open_handoff(routerId="ho-expert").json()["routers"][0]["pathResults"][0]
    assert path["startTimes"][0]["attendees"][0]["distributionId"] == "dist-experts"


@pytest.mark.parametrize(("shape", "names"), [("string", {"data", "hasMore"}), ("bool", {"data", "hasMoreItems"})])
def test_more_in_one_word_only(box: Sandbox, edge: Edge, shape: Any, names: set[str]) -> None:
    box.tenant.variants.meeting_has_more = shape

    assert set(edge.list_meetings().json()) == names


def test_a_cancelled_meeting_in_another_spelling(box: Sandbox, edge: Edge) -> None:
    box.tenant.cancel(edge.book_first().json()["meetingId"])
    box.tenant.variants.canceled = "CANCELLED"

    assert edge.list_meetings(status=["Canceled"]).json()["data"]["list"][0]["meetingStatus"] == "CANCELLED"


@pytest.mark.parametrize(
    ("shape", "entries", "names"),
    [
        ("paginated", lambda answer: answer["results"], {"results", "total", "page", "pageSize"}),
        ("data", lambda answer: answer["data"]["list"], {"data", "hasMore", "hasMoreItems"}),
        ("bare", lambda answer: answer, None),
    ],
)
def test_what_stands_around_the_entries_of_the_log(
    box: Sandbox, edge: Edge, shape: Any, entries: Any, names: set[str] | None
) -> None:
    box.tenant.variants.log_envelope = shape
    session, _ = edge.offer()
    answer = edge.log().json()

    assert [entry["id"] for entry in entries(answer)] == [session]
    assert names is None or set(answer) == names


@pytest.mark.parametrize(
    ("own_id", "routing", "places"),
    [
        ("session", "object", ["id", "routing.id"]),
        ("own", "object", ["routing.id"]),
        ("own", "string", ["routing"]),
        ("session", "absent", ["id"]),
        ("own", "absent", []),
    ],
)
def test_the_log_may_name_the_session_here_there_or_nowhere(
    box: Sandbox, edge: Edge, own_id: Any, routing: Any, places: list[str]
) -> None:
    box.tenant.variants.log_id, box.tenant.variants.log_routing = own_id, routing
    session, _ = edge.offer()
    (entry,) = edge.log().json()["results"]
    inner = entry.get("routing")
    told = {
        "id": entry["id"],
        "routing": inner,
        "routing.id": inner["id"] if isinstance(inner, dict) else None,
    }

    assert [place for place in told if told[place] == session] == places


@pytest.mark.parametrize("spelling", ["TIMED_OUT", "Timed out"])
def test_a_session_timed_out_in_other_spellings(box: Sandbox, edge: Edge, clock: Clock, spelling: Any) -> None:
    box.tenant.variants.timed_out = spelling
    edge.offer()
    clock.advance(600)

    assert edge.log().json()["results"][0]["status"] == spelling


def test_lists_may_come_bare(box: Sandbox, edge: Edge) -> None:
    box.tenant.variants.list_envelope = "bare"

    assert [each["id"] for each in edge.get("/v1/org/workspace").json()] == ["ws-sales", "ws-success"]


def test_ping_may_be_plain_text(box: Sandbox, edge: Edge) -> None:
    box.tenant.variants.ping = "text"

    assert edge.get("/v1/org/health/ping").text == "ok"


def test_the_older_form_mapping(box: Sandbox, edge: Edge) -> None:
    box.tenant.variants.form_mapping = "V1"
    mapping = edge.post("/v1/org/concierge/routers/concierge/list").json()["routers"][0]["router"]["formMapping"]

    assert mapping["type"] == "ConciergeFormMappingProcessedV1"
    assert mapping["emailField"]["dataFieldRef"] == "PersonEmail"


@pytest.mark.parametrize(("shape", "found"), [("null", {"data": {"list": None}}), ("absent", {"data": {}})])
def test_empty_arrays_may_be_null_or_absent(box: Sandbox, edge: Edge, shape: Any, found: dict[str, Any]) -> None:
    box.tenant.variants.empty_arrays = shape
    answer = edge.list_meetings().json()

    assert {"data": answer["data"]} == found


def test_optional_fields_may_be_null(box: Sandbox, edge: Edge) -> None:
    box.tenant.variants.explicit_nulls = True
    edge.book_first()
    edge.offer()

    assert edge.log().json()["results"][0]["meetingId"] is None
    assert edge.list_meetings().json()["data"]["list"][0]["bookerId"] is None
    assert edge.get("/v1/org/user/read/u-ae-1").json()["salesforce"] is None
    assert edge.get("/v1/org/meeting-types/list").json()[0]["reminders"] is None


def test_a_newer_version_adds_fields_everywhere(box: Sandbox, edge: Edge) -> None:
    box.tenant.variants.unknown_fields = True
    answer = edge.route().json()

    assert "addedLater" in answer
    assert "addedLater" in answer["schedulingData"]["startTimes"][0]["attendees"][0]
    assert edge.book(answer["routeId"], answer["schedulingData"]["startTimes"][0]["startTime"]).status_code == 200


def test_a_week_is_a_week_in_both_spellings(edge: Edge) -> None:
    asked = {"link": {"type": "RoundRobin", "linkId": "link-rr-demo"}}
    spelled = [{**asked, "interval": {**WEEK, "duration": text}} for text in ("7 days", "PT168H")]
    offers = [edge.post("/v1/org/schedulingLinks/init-simple", json=each).json() for each in spelled]

    assert offers[0]["startTimes"] == offers[1]["startTimes"]
