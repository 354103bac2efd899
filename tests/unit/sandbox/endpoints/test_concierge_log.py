"""The routing log says what became of every Concierge session that was opened with an interval."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_chilipiper.sandbox import Sandbox
from airflow_chilipiper.sandbox.state.seed import fixed_uuid
from tests.unit.sandbox.conftest import MONDAY, Clock, Edge

SCHEDULE = "concierge-schedule"


def entries(edge: Edge, **asked: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = edge.log(**asked).json()["results"]
    return found


def status(edge: Edge) -> str:
    (entry,) = entries(edge)
    assert ("meetingId" in entry) == (entry["status"] == "Scheduled")
    word: str = entry["status"]
    return word


def test_an_entry_has_the_fields_seen_live(edge: Edge) -> None:
    session, _ = edge.offer()

    assert entries(edge) == [
        {
            "id": session,
            "status": "InProgress",
            "trigger": "InApp",
            "triggeredAt": MONDAY,
            "guestEmail": "jo@example.com",
            "assignments": [{"userId": "u-host-01", "distributionId": "dist-inbound", "type": "user"}],
            "matchedPath": {"type": "RoutePathWithCalendar", "route": {"type": "CatchAllRoute", "ruleIds": []}},
            "actionsStatus": "Success",
            "routing": {"id": session},
        }
    ]


def test_an_entry_names_the_rule_that_routed_the_lead(edge: Edge) -> None:
    edge.route(PersonCountry="Iceland")
    (entry,) = entries(edge)

    assert entry["matchedPath"]["route"] == {"type": "RuleRoute", "id": "rule-iceland", "ruleIds": ["rule-iceland"]}
    assert entry["assignments"][0]["ruleId"] == "rule-iceland"


def test_a_booked_session_names_its_meeting_until_that_is_cancelled(box: Sandbox, edge: Edge, clock: Clock) -> None:
    meeting_id = edge.book_first().json()["meetingId"]
    assert (status(edge), entries(edge)[0]["meetingId"]) == ("Scheduled", meeting_id)

    clock.advance(600)
    assert status(edge) == "Scheduled"
    box.tenant.cancel(meeting_id)
    assert status(edge) == "Cancelled"


def test_a_meeting_that_was_moved_is_scheduled(box: Sandbox, edge: Edge) -> None:
    box.tenant.reschedule(edge.book_first().json()["meetingId"], after="2026-11-05T00:00:00Z")

    assert status(edge) == "Scheduled"


def test_a_session_times_out_when_its_lifetime_is_over_and_not_before(edge: Edge, clock: Clock) -> None:
    edge.offer()
    clock.advance(599)
    assert status(edge) == "InProgress"

    clock.advance(1)
    assert status(edge) == "TimedOut"


def test_a_booking_that_failed_leaves_a_session_that_times_out(box: Sandbox, edge: Edge, clock: Clock) -> None:
    box.faults.take_slot_first(SCHEDULE)
    edge.book_first()
    assert status(edge) == "InProgress"

    clock.advance(600)
    assert status(edge) == "TimedOut"


def test_a_session_whose_meeting_is_in_the_making_has_not_timed_out(box: Sandbox, edge: Edge, clock: Clock) -> None:
    box.faults.late_commit(SCHEDULE, seconds=700)
    edge.book_first()
    clock.advance(650)
    assert status(edge) == "InProgress"

    clock.advance(50)
    assert status(edge) == "Scheduled"


def test_a_log_that_knows_nothing_of_late_commits_speaks_too_soon(box: Sandbox, edge: Edge, clock: Clock) -> None:
    """The worst that a service could do to whoever takes TimedOut for proof."""
    box.tenant.variants.log_of_late_commit = "TimedOut"
    box.faults.late_commit(SCHEDULE, seconds=700)
    edge.book_first()
    clock.advance(650)
    assert status(edge) == "TimedOut"

    clock.advance(50)
    assert status(edge) == "Scheduled"


def test_the_log_lags_as_the_meeting_list_does(box: Sandbox, edge: Edge, clock: Clock) -> None:
    """It shows what was so that long ago: never that a session timed out which was booked in time."""
    box.faults.lagging_list(30)
    session, starts = edge.offer()
    assert entries(edge) == []

    clock.advance(590)
    edge.book(session, starts[0])
    clock.advance(29)
    assert status(edge) == "InProgress"
    clock.advance(1)
    assert status(edge) == "Scheduled"


def test_only_sessions_with_an_interval_are_logged(edge: Edge) -> None:
    asked = {"form": {"PersonEmail": "jo@example.com"}, "options": {"trigger": "InAppButton"}}
    edge.post("/v1/org/concierge/routers/inbound-demo/rest", json=asked)
    edge.route("jo@gmail.com")
    edge.open_link()
    edge.open_handoff()

    assert entries(edge) == []


def test_each_router_has_a_log_of_its_own(edge: Edge) -> None:
    edge.offer()

    assert entries(edge, workspaceId="ws-success", routerId=fixed_uuid("partner")) == []


def test_the_newest_come_first_and_twenty_to_a_page(edge: Edge, clock: Clock) -> None:
    sessions = []
    for _ in range(21):
        sessions.insert(0, edge.offer()[0])
        clock.advance(1)
    first, second = edge.log().json(), edge.log(page=1).json()

    assert [entry["id"] for entry in [*first["results"], *second["results"]]] == sessions
    assert [(each["total"], each["page"], each["pageSize"]) for each in (first, second)] == [(21, 0, 20), (21, 1, 20)]
    assert len(entries(edge, pageSize=100)) == 21


def test_the_window_is_at_most_30_days_with_the_end_outside(edge: Edge) -> None:
    edge.offer()

    assert len(entries(edge, end="2026-12-02T00:00:00Z")) == 1
    assert entries(edge, start="2026-11-01T00:00:00Z", end=MONDAY) == []
    assert entries(edge, start="2026-11-02T00:00:01Z") == []
    assert edge.log(end="2026-12-02T00:00:01Z").json()["errorCode"] == "IntervalTooLong"
    assert edge.log(end="2026-11-01T00:00:00Z").json()["errorCode"] == "IntervalTooLong"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *((name, None) for name in ("workspaceId", "routerId", "start", "end")),
        ("workspaceId", "ws sales"),
        ("routerId", "inbound-demo"),
        ("start", "2026-11-02"),
        ("page", "-1"),
        ("pageSize", "0"),
        ("pageSize", "101"),
    ],
)
def test_a_query_must_be_as_published(edge: Edge, name: str, value: Any) -> None:
    answer = edge.log(**{name: value})

    assert (answer.status_code, answer.text) == (400, f"Invalid value for: query parameter {name}")


@pytest.mark.parametrize("query", [{"workspaceId": "ws-success"}, {"routerId": fixed_uuid("nobody")}])
def test_a_router_must_be_one_of_the_workspace(edge: Edge, query: dict[str, str]) -> None:
    assert edge.log(**query).json()["errorCode"] == "ConciergeRouterNotFound"


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
    found = {
        "id": entry["id"],
        "routing": inner,
        "routing.id": inner["id"] if isinstance(inner, dict) else None,
    }

    assert [place for place in found if found[place] == session] == places


@pytest.mark.parametrize("spelling", ["TIMED_OUT", "Timed out"])
def test_a_session_timed_out_in_other_spellings(box: Sandbox, edge: Edge, clock: Clock, spelling: Any) -> None:
    box.tenant.variants.timed_out = spelling
    edge.offer()
    clock.advance(600)

    assert edge.log().json()["results"][0]["status"] == spelling
