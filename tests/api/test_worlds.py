"""The two real Worlds drive the same flow, each in its own way."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from airflow_chilipiper.api.calls import Call
from airflow_chilipiper.api.errors import NoAnswer, Throttled
from airflow_chilipiper.api.retry import patiently
from airflow_chilipiper.api.turns import AwaitingTurns, BlockingTurns
from airflow_chilipiper.api.world import World, block
from airflow_chilipiper.api.worlds import AwaitingWorld, BlockingWorld

PING: Call[Any] = Call(operation="health-ping", permission="", method="GET", path="/x", read=str, repeatable=True)


class Script:
    """Client, clock, condition and sleep in one: answers by script, and keeps the time."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.time = 0.0

    def clock(self) -> float:
        return self.time

    def ask(self, call: Call[Any], /) -> Any:
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def sleep(self, seconds: float) -> None:
        self.time += seconds


class AwaitingScript(Script):
    async def ask(self, call: Call[Any], /) -> Any:  # type: ignore[override]
        return super().ask(call)

    async def sleep(self, seconds: float) -> None:  # type: ignore[override]
        self.time += seconds


def blocking(script: Script, rate: float | None = None) -> BlockingWorld:
    return BlockingWorld(script, BlockingTurns(rate, script.clock), sleep=script.sleep, wall=lambda: 5.0)


def awaiting(script: AwaitingScript, rate: float | None = None) -> AwaitingWorld:
    turns = AwaitingTurns(rate, script.clock, script.sleep)
    return AwaitingWorld(script, turns, sleep=script.sleep, wall=lambda: 5.0)


async def flow(world: World) -> Any:
    answer = await patiently(PING, world)
    return answer, world.wall()


def test_one_flow_runs_in_both() -> None:
    """And finds the same: an answer that was lost, a pause, an answer."""
    script, waiting = Script(NoAnswer("lost"), "ok"), AwaitingScript(NoAnswer("lost"), "ok")
    assert block(flow(blocking(script))) == ("ok", 5.0)
    assert asyncio.run(flow(awaiting(waiting))) == ("ok", 5.0)
    assert 0.25 <= script.time <= 0.5
    assert 0.25 <= waiting.time <= 0.5


def test_now_is_the_clients_clock() -> None:
    """A deadline made by `now` is compared by the client."""
    script = Script()
    assert blocking(script).now == script.clock
    waiting = AwaitingScript()
    assert awaiting(waiting).now == waiting.clock


@pytest.mark.parametrize(("told", "held"), [(None, 0), (7.0, 7), (86_400.0, 60)])
def test_being_throttled_holds_all_turns(told: float | None, held: float) -> None:
    """As long as was told, but never for a day."""
    waiting = AwaitingScript(Throttled("slower", status=429, retry_after=told))

    async def throttled() -> None:
        world = awaiting(waiting)
        with pytest.raises(Throttled):
            await world.ask(PING)
        await world.turn(urgent=True)

    asyncio.run(throttled())
    assert waiting.time == held


def test_being_throttled_holds_a_blocking_turn_too() -> None:
    script = Script(Throttled("slower", status=429, retry_after=7.0))
    turns = BlockingTurns(None, script.clock, _Waits(script))  # type: ignore[arg-type]
    world = BlockingWorld(script, turns, sleep=script.sleep)
    with pytest.raises(Throttled):
        block(world.ask(PING))
    block(world.turn())
    assert script.time == 7


class _Waits:
    def __init__(self, script: Script) -> None:
        self._script = script

    def wait(self, timeout: float | None) -> None:
        self._script.sleep(timeout or 0.0)

    def notify_all(self) -> None:
        pass

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        pass
