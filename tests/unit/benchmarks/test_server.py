"""The lean server is a fair judge: it counts every call, and reports what must not happen."""

from __future__ import annotations

import json
from typing import Any
from urllib.error import HTTPError
from urllib.request import ProxyHandler, Request, build_opener

import pytest

from benchmarks.server import LeanServer, Stats, lean_server

OPEN = "/v1/org/concierge/routers/inbound/rest"


def ask(server: LeanServer, path: str, **body: Any) -> Any:
    request = Request(f"{server.url}/api/fire-edge{path}", json.dumps(body).encode(), method="POST")  # noqa: S310  # ours
    with build_opener(ProxyHandler({})).open(request, timeout=5) as answer:
        return json.load(answer)


def opened(server: LeanServer, guest: str = "a@prospect.example") -> tuple[str, list[Any]]:
    offer = ask(server, OPEN, form={"PersonLastName": "A", "PersonEmail": guest})
    return f"/v1/org/concierge/routing/{offer['routeId']}/schedule-simple", offer["schedulingData"]["startTimes"]


def test_meetings_are_counted_by_guest_and_slots_are_used_up() -> None:
    """Each slot names as many users as it bears bookings; what is used up is offered no more, and no more booked."""
    with lean_server(slots=2, capacity=2) as server:
        sessions = [opened(server) for _ in range(3)]
        (first, second) = sessions[0][1]
        assert [len(slot["attendees"][0]["userIds"]) for slot in (first, second)] == [2, 2]
        answers = [ask(server, path, startTime=first["startTime"]) for path, _ in sessions]
        assert [answer.get("type") for answer in answers] == [None, None, "Failure"]
        assert opened(server)[1] == [second]
        seen = server.stats()
    assert (seen.meetings, seen.defects, len(seen.calls)) == ({"a@prospect.example": 2}, [], 7)
    assert seen.calls == sorted(seen.calls)


def test_an_endless_calendar_is_never_used_up() -> None:
    with lean_server(slots=1, capacity=1, endless=True) as server:
        for _ in range(3):
            path, (slot,) = opened(server)
            assert "meetingId" in ask(server, path, startTime=slot["startTime"])


def test_what_must_not_happen_is_reported() -> None:
    """A session that is spent twice, a start that was not offered, a call that no booking needs."""
    with lean_server(slots=1) as server:
        path, (slot,) = opened(server)
        for start in (slot["startTime"], "2026-01-01T00:00:00Z"):
            ask(server, path, startTime=start)
        with pytest.raises(HTTPError):
            ask(server, "/v1/org/users/find")
        assert [defect.split(" ", 1)[1] for defect in server.stats().defects] == [
            "0 was spent twice", "was not offered", "was asked for",
        ]  # fmt: skip


def test_the_busiest_second_may_begin_at_any_call() -> None:
    def busiest(*calls: float) -> int:
        return Stats(calls=calls, meetings={}, defects=[], cpu_seconds=0).busiest()

    assert busiest() == 0
    assert busiest(0.0, 1.0, 2.0) == 1
    assert busiest(0.0, 0.9, 1.0, 1.8, 1.89, 2.0) == 4
