"""The booking flow, answered by hand through every sequence of answers, and judged after each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from airflow_chilipiper.api.call import Call
from airflow_chilipiper.booking.ledger.entry import Entry
from airflow_chilipiper.booking.outcome import Outcome
from tests.protocol.by_hand.laws import judge_end, judge_meetings
from tests.protocol.by_hand.scenarios import SCENARIOS, SETTLED, Scenario, Scene, scenes
from tests.protocol.by_hand.side import Side
from tests.protocol.by_hand.wire_answers import as_errors
from tests.protocol.choices import Broken, Choices, query
from tests.protocol.copies import Copies

LATER = SETTLED + 60


class Asking:
    """A Runtime whose every verb asks the test."""

    def __init__(self, side: Side) -> None:
        self._side = side

    async def acquire(self, *, priority: bool = False) -> None:
        await query("acquire", priority)

    async def ask(self, call: Call[Any], /) -> Any:
        return await query("ask", call)

    async def pause(self, seconds: float, /) -> None:
        await query("pause", seconds)

    async def get_or_create(self, entry: Entry, /) -> Any:
        return await query("get_or_create", entry)

    async def update(self, entry: Entry, /) -> Any:
        return await query("update", entry)

    def now(self) -> float:
        return self._side.clock

    def wall(self) -> float:
        return self._side.wall


def fresh(error: BaseException) -> BaseException:
    """An error that is raised again and again would drag its whole past along."""
    error.__context__ = None
    return error.with_traceback(None)


def drive(flow: Copies, side: Side) -> tuple[Outcome | None, BaseException | None]:
    """Run the flow to its end, answering each query."""
    object.__setattr__(side.lead.policy, "routing_log", flow.RoutingLog())  # a log remembers, and leads are made once
    running = flow.book(side.lead, Asking(side))
    answer: Any = None
    try:
        while True:
            asked = running.throw(fresh(answer)) if isinstance(answer, BaseException) else running.send(answer)
            answer = side.answer(*asked)
    except StopIteration as done:
        return done.value, None
    except Broken:
        raise
    except BaseException as error:  # noqa: BLE001  # the side judges it
        return None, error


def run_again(flow: Copies, side: Side, later: float) -> None:
    """The next try, where all goes well: it books only a lead that is free, and then for the first time."""
    side.again(later)
    outcome, raised = drive(flow, side)
    side.law(raised is None, f"I6: the next try raises {raised!r}")
    judge_end(side, outcome, raised)
    judge_meetings(side)


def sequences(flow: Copies, scene: Scene, answers: dict[str, BaseException]) -> Iterator[None]:
    """One step for each sequence of answers; what each leaves is tried again at once, and once silence counts."""
    judged: set[object] = set()
    choices, more = Choices(), True
    while more:
        side = Side(scene, answers, choices)
        judge_end(side, *drive(flow, side))
        if (left := side.left()) not in judged:
            judged.add(left)
            run_again(flow, side, 1.0)
            run_again(flow, side, LATER)
        yield
        more = choices.turn_over()


def sequences_of(scenario: Scenario, flow: Copies) -> int:
    """Drive *flow* through all there is in that scenario; how many sequences that were."""
    (scene,) = scenes([scenario], flow)
    return sum(1 for _ in sequences(flow, scene, as_errors(flow.read)))


def every_sequence(flow: Copies) -> int:
    """Drive *flow* through all there is; how many sequences that were. Raises Broken at the first broken law."""
    return sum(sequences_of(scenario, flow) for scenario in SCENARIOS.values())
