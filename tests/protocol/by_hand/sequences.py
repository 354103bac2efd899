"""The booking flow, answered by hand through every sequence of answers, and judged after each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from airflow_chilipiper.booking.outcome import Outcome
from tests.protocol.by_hand.laws import judge_end
from tests.protocol.by_hand.scenarios import SCENARIOS, SETTLED, Scenario, Scene, scenes
from tests.protocol.by_hand.side import Side
from tests.protocol.by_hand.wire_answers import as_errors
from tests.protocol.choices import Broken, Choices
from tests.protocol.copies import Copies
from tests.protocol.laws import one_meeting
from tests.protocol.queries import Queries, go_on

LATER = SETTLED + 60


def drive(flow: Copies, side: Side) -> tuple[Outcome | None, BaseException | None]:
    """Run the flow to its end, answering each query."""
    object.__setattr__(side.lead.policy, "routing_log", flow.RoutingLog())  # a log remembers, and leads are made once
    running = flow.book(side.lead, Queries(side))
    answer: Any = None
    try:
        while True:
            answer = side.answer(*go_on(running, answer))
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
    side.keeps(one_meeting(side.record()))


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
    return sum(1 for _ in sequences(flow, scene, as_errors(flow)))


def every_sequence(flow: Copies) -> int:
    """Drive *flow* through all there is; how many sequences that were. Raises Broken at the first broken law."""
    return sum(sequences_of(scenario, flow) for scenario in SCENARIOS.values())
