"""The booking flow, answered by hand through every sequence of answers, and judged after each."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator
from types import coroutine
from typing import Any

from airflow_chilipiper.api.calls import Call
from airflow_chilipiper.booking.lead import Lead
from airflow_chilipiper.booking.ledger import Row
from airflow_chilipiper.booking.outcome import Outcome
from tests.booking.choices import Broken, Choices
from tests.booking.side import SCENARIOS, WALL, Side

Flow = Callable[[Lead, Any], Coroutine[Any, Any, Outcome]]


@coroutine
def wish(verb: str, *what: Any) -> Iterator[Any]:
    """Suspend until the test answers."""
    return (yield (verb, *what))


class Asking:
    """A World whose every verb asks the test."""

    def __init__(self, side: Side) -> None:
        self._side = side

    async def turn(self, *, urgent: bool = False) -> None:
        await wish("turn", urgent)

    async def ask(self, call: Call[Any], /) -> Any:
        return await wish("ask", call)

    async def pause(self, seconds: float, /) -> None:
        await wish("pause", seconds)

    async def begin(self, row: Row, /) -> Any:
        return await wish("begin", row)

    async def mark(self, row: Row, /) -> Any:
        return await wish("mark", row)

    def now(self) -> float:
        return self._side.clock

    def wall(self) -> float:
        return WALL + self._side.clock


def fresh(error: BaseException) -> BaseException:
    """An error that is raised again and again would drag its whole past along."""
    error.__context__ = None
    return error.with_traceback(None)


def drive(flow: Flow, side: Side) -> tuple[Outcome | None, BaseException | None]:
    """Run the flow to its end, answering each wish."""
    running = flow(side.lead, Asking(side))
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


def run_again(flow: Flow, side: Side) -> None:
    """The next try, in a world where all goes well: it books only a lead that is free, and then for the first time."""
    state = side.row.state if side.row else "absent"
    side.choose, side.called, side._answered = (lambda *options: options[0]), False, ""
    if side.freed or state == "abandoned":  # somebody answers for that
        side.doubt = False
    used, free = (
        len(side._used),
        state in ("absent", "planned") or (side.row and side.lead.is_due_again(side.row, WALL)),
    )
    outcome, raised = drive(flow, side)
    side.law(raised is None, f"I6: the next try raises {raised!r}")
    side.judge(outcome, raised)
    side.law(bool(free) or len(side._used) == used, f"I4: the next try sends on a {state} row")
    side.law(len(side.meetings) <= 1 or side.freed, "I1: more than one meeting")


def every_sequence(flow: Flow) -> int:
    """Drive *flow* through all there is; how many sequences that were. Raises Broken at the first broken law."""
    sequences = 0
    for scenario in SCENARIOS:
        judged: set[object] = set()
        choices, more = Choices(), True
        while more:
            side = Side(scenario, choices)
            side.judge(*drive(flow, side))
            if (left := side.left()) not in judged:
                judged.add(left)
                run_again(flow, side)
            sequences += 1
            more = choices.turn_over()
    return sequences
