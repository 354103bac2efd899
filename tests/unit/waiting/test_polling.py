"""The watch and the look, driven by hand: a clock that only pauses move, and looks that are told what to find."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from airflow_chilipiper.api import errors
from airflow_chilipiper.api.errors import PASSING
from airflow_chilipiper.api.runtime import Runtime
from airflow_chilipiper.booking.slots.filters import Undecided
from airflow_chilipiper.waiting.polling import PollResult, watch
from airflow_chilipiper.waiting.slot_query import NoSlotWillCome, look, settle
from tests.drive import block
from tests.unit.api.handmade import WALL, Handmade

SLOT = "2026-11-03T10:00:00Z"
PASSED = [
    errors.NotSent("no route"),
    errors.NoAnswer("silence"),
    errors.Unreadable("half an answer"),
    errors.Throttled("slow down", status=429),
    errors.ServerBroken("502", status=502),
]
DEFINITE = [
    errors.NotAllowed("403", status=403),
    errors.NotFound("404", status=404),
    errors.BadRequest("400", status=400),
    errors.Refused("422", status=422, code="Odd"),
    errors.Invalid("no"),
    NoSlotWillCome("disqualified"),
    Undecided("two paths"),
    ValueError("a defect"),
]


class Paused(Handmade):
    """Time passes only in pauses."""

    def __init__(self, *bodies: Any) -> None:
        super().__init__(*bodies)
        self.pauses: list[float] = []

    async def pause(self, seconds: float, /) -> None:
        self.pauses.append(seconds)

    def wall(self) -> float:
        return WALL + sum(self.pauses)


def told(*answers: list[str] | Exception) -> Callable[[Runtime], Awaitable[list[str]]]:
    """A look that finds or raises these, one after the other; a look too many is a failing test."""
    left = list(answers)

    async def looked(runtime: Runtime) -> list[str]:
        answer = left.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    return looked


def watched(runtime: Paused, *answers: list[str] | Exception, **arguments: Any) -> PollResult:
    given = {"min_slots": 1, "interval": 600.0, "deadline": WALL + 3600, "max_failures": 5, **arguments}
    return block(watch(told(*answers), runtime, **{"spread": lambda low, high: 1.0, **given}))


def test_it_looks_until_there_are_enough() -> None:
    runtime = Paused()
    assert watched(runtime, [], [SLOT], [SLOT, "later"], min_slots=2) == PollResult(slots=(SLOT, "later"))
    assert runtime.pauses == [600.0, 600.0, 600.0]


def test_the_last_look_is_at_the_deadline() -> None:
    """The pause before it is shortened, and what it finds counts."""
    runtime = Paused()
    assert watched(runtime, [], [SLOT], deadline=WALL + 900) == PollResult(slots=(SLOT,))
    assert runtime.pauses == [600.0, 300.0]


def test_without_slots_it_ends_at_the_deadline() -> None:
    runtime = Paused()
    assert watched(runtime, [], [], deadline=WALL + 900) == PollResult()
    assert sum(runtime.pauses) == 900.0


def test_past_the_deadline_it_looks_once_and_waits_no_more() -> None:
    """A triggerer that was down for a day still answers with what there is now."""
    runtime = Paused()
    assert watched(runtime, [SLOT], deadline=WALL - 86_400) == PollResult(slots=(SLOT,))
    assert runtime.pauses == [0.0]


@pytest.mark.parametrize("error", PASSED, ids=lambda error: type(error).__name__)
def test_passing_failures_are_borne(error: Exception) -> None:
    """As many in a row as are allowed; a look that is answered starts the count anew."""
    assert watched(Paused(), error, error, [], error, error, [SLOT], max_failures=2, deadline=WALL + 9e9).slots


@pytest.mark.parametrize("error", PASSED, ids=lambda error: type(error).__name__)
def test_too_many_passing_failures_in_a_row_are_raised(error: Exception) -> None:
    with pytest.raises(type(error)):
        watched(Paused(), error, error, error, max_failures=2)


def test_what_passes_is_a_closed_list() -> None:
    assert {type(error) for error in PASSED} == set(PASSING)


@pytest.mark.parametrize("error", DEFINITE, ids=lambda error: type(error).__name__)
def test_what_will_not_pass_is_raised_at_once(error: Exception) -> None:
    with pytest.raises(type(error)):
        watched(Paused(), error)


def test_a_question_not_asked_is_no_answer() -> None:
    """At the deadline the result says why the last look could not be made; an earlier failure does not matter."""
    unasked = watched(Paused(), [], errors.NoAnswer("silence"), deadline=WALL + 1200)
    assert unasked == PollResult(unasked="silence")
    assert watched(Paused(), errors.NoAnswer("silence"), [], deadline=WALL + 1200) == PollResult()


@pytest.mark.parametrize("seed", range(20))
def test_pauses_differ_by_a_tenth(seed: int) -> None:
    import random

    runtime = Paused()
    watched(runtime, *[[]] * 40, [SLOT], deadline=WALL + 9e9, spread=random.Random(seed).uniform)
    assert all(540.0 <= pause <= 660.0 for pause in runtime.pauses)
    assert len(set(runtime.pauses)) == len(runtime.pauses)


WISH = {
    "pattern": "scheduling_link",
    "arguments": {"link": {"type": "RoundRobin", "linkId": "l-1"}, "guest": "jo@prospect.example"},
    "window_start": None,
    "window": 7 * 86_400.0,
    "between": [],
    "weekdays": [],
    "min_notice": 0.0,
    "timezone": "UTC",
}


def seen(*starts: Any, **query: Any) -> list[str]:
    return block(look({**WISH, **query}, Handmade({"routeId": "r-1", "startTimes": list(starts)})))


def test_starts_come_back_as_sent_in_order_and_once() -> None:
    odd = "2026-11-03T11:00:00.000+01:00"
    assert seen("2026-11-04T10:00:00Z", {"startTime": odd}, {"start": "2026-11-04T10:00:00Z"}) == [
        odd,
        "2026-11-04T10:00:00Z",
    ]


def test_notice_is_kept_at_each_look() -> None:
    """WALL is midnight: two hours later is soon enough, a second less is not."""
    assert seen("2026-11-02T01:59:59Z", "2026-11-02T02:00:00Z", min_notice=7200.0) == ["2026-11-02T02:00:00Z"]


def test_hours_and_weekdays_go_by_the_zone() -> None:
    """2026-11-02 is a Monday; in Auckland its evening is Tuesday's morning."""
    starts = ("2026-11-02T09:00:00Z", "2026-11-02T20:00:00Z", "2026-11-03T03:59:00Z", "2026-11-03T04:00:00Z")
    found = seen(*starts, between=["09:00:00", "17:00:00"], weekdays=["Tue"], timezone="Pacific/Auckland")
    assert found == ["2026-11-02T20:00:00Z", "2026-11-03T03:59:00Z"]


def interval(**query: Any) -> dict[str, str]:
    runtime = Handmade({"routeId": "r-1"})
    block(look({**WISH, **query}, runtime))
    asked: dict[str, str] = runtime.calls[0].body["interval"]
    return asked


def test_the_window_begins_now_or_as_told() -> None:
    assert interval() == {"startsAt": "2026-11-02T00:00:00Z", "duration": "P7D"}
    told = interval(window_start="2026-11-05T09:00:00+01:00", window=3600.0)
    assert told == {"startsAt": "2026-11-05T08:00:00Z", "duration": "PT1H"}


def test_of_a_window_that_has_begun_the_rest_is_asked_for() -> None:
    assert interval(window_start="2026-11-01T00:00:00+00:00") == {"startsAt": "2026-11-02T00:00:00Z", "duration": "P6D"}


def test_a_window_that_is_over_ends_the_wait() -> None:
    with pytest.raises(NoSlotWillCome, match="window_start"):
        interval(window_start="2026-10-01T00:00:00+00:00")


def test_a_disqualified_lead_ends_the_wait() -> None:
    arguments = {"router_slug": "r", "trigger": "InAppButton", "form": {"PersonEmail": "jo@prospect.example"}}
    runtime = Handmade({"schedulingAllowed": False})
    with pytest.raises(NoSlotWillCome):
        block(look({**WISH, "pattern": "concierge", "arguments": arguments}, runtime))


def handoff(path: str | None) -> list[str]:
    offer = [
        {"pathId": "p-1", "startTimes": ["2026-11-03T10:00:00Z"]},
        {"type": "Fork", "later": {"pathId": "p-2", "startTimes": ["2026-11-03T09:00:00Z", "2026-11-03T10:00:00Z"]}},
    ]
    arguments = {"workspace_id": "w", "booker_id": "u", "crm_id": "00Q1"}
    runtime = Handmade({"routingId": "r-1", "routers": [{"routerId": "h-1", "pathResults": offer}]})
    return block(look({**WISH, "pattern": "handoff", "arguments": arguments, "path": path}, runtime))


def test_a_start_on_several_paths_counts_once() -> None:
    assert handoff("earliest") == ["2026-11-03T09:00:00Z", "2026-11-03T10:00:00Z"]


def test_one_path_can_be_chosen() -> None:
    assert handoff("p-1") == ["2026-11-03T10:00:00Z"]
    with pytest.raises(Undecided, match="p-2"):
        handoff("only")


def test_names_are_looked_up_once() -> None:
    """What is settled asks for nothing more; and a query stays plain JSON."""
    arguments = {"workspace": "Sales", "booker_email": "Sam@Sandbox.example", "guest": "jo@prospect.example"}
    workspaces = {"results": [{"id": "ws-1", "name": "Sales"}], "total": 1, "page": 0, "pageSize": 1}
    users = {"results": [{"id": "u-1", "email": "sam@sandbox.example"}], "total": 1, "page": 0, "pageSize": 1}
    by_operation = {"workspace-list": workspaces, "user-find": users}
    runtime = Handmade(by=lambda call: by_operation[call.operation])
    settled = block(settle({**WISH, "pattern": "handoff", "arguments": arguments}, runtime))
    ids = {"workspace_id": "ws-1", "booker_id": "u-1"}
    assert settled["arguments"] == {"guest": "jo@prospect.example", **ids}
    assert len(runtime.calls) == 2
    assert block(settle(settled, runtime)) == settled
    assert len(runtime.calls) == 2
    assert json.loads(json.dumps(settled)) == settled
