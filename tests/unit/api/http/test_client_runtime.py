"""The runtime of flows that ask Chili Piper."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from airflow_chilipiper.api.call import Call
from airflow_chilipiper.api.errors import ChiliPiperError, NoAnswer, NotFound, ServerBroken, Throttled, Unreadable
from airflow_chilipiper.api.http.client_runtime import ClientRuntime
from airflow_chilipiper.api.pace.limiter import RateLimiter
from airflow_chilipiper.api.pace.rate import CUT, Rate
from airflow_chilipiper.api.patterns.offer import Offer
from airflow_chilipiper.api.retry import with_retries
from airflow_chilipiper.api.runtime import Runtime

PING: Call[Any] = Call(operation="health-ping", permission="", method="GET", path="/x", read=str, repeatable=True)


class Script:
    """Client, clock, timers and sleep in one: answers by script, and keeps the time."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.time = 0.0

    def clock(self) -> float:
        return self.time

    async def ask(self, call: Call[Any], /) -> Any:
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def sleep(self, seconds: float) -> None:
        self.time += seconds

    def later(self, seconds: float, ring: Callable[[], None]) -> None:
        self.time += seconds
        asyncio.get_running_loop().call_soon(ring)


def runtime_of(script: Script, rate: Rate | None = None) -> ClientRuntime:
    limiter = RateLimiter(rate, script.clock, script.later)
    return ClientRuntime(script, limiter, sleep=script.sleep, wall=lambda: 5.0)


async def flow(runtime: Runtime) -> Any:
    answer = await with_retries(PING, runtime)
    return answer, runtime.wall()


def test_a_session_that_is_offered_twice_is_unreadable() -> None:
    """Nobody can say whose it is. That is part of reading, so that its connection is closed."""

    class Reads(Script):
        async def ask(self, call: Call[Any], /) -> Any:
            return call.read(await super().ask(call))

    opens, runtime = replace(PING, read=lambda body: Offer(session=body)), runtime_of(Reads("s", "t", "s"))

    async def asks() -> None:
        for session in ("s", "t"):
            assert (await runtime.ask(opens)).session == session
        with pytest.raises(Unreadable, match="offered to two calls"):
            await runtime.ask(opens)

    asyncio.run(asks())


def test_a_flow_runs() -> None:
    """An answer that was lost, a pause, an answer."""
    script = Script(NoAnswer("lost"), "ok")
    assert asyncio.run(flow(runtime_of(script))) == ("ok", 5.0)
    assert 0.25 <= script.time <= 0.5


def test_now_is_the_clients_clock() -> None:
    """A deadline made by `now` is compared by the client."""
    script = Script()
    assert runtime_of(script).now == script.clock


@pytest.mark.parametrize(("retry_after", "held"), [(None, 0), (7.0, 7), (86_400.0, 60)])
def test_being_throttled_holds_all_turns(retry_after: float | None, held: float) -> None:
    """As long as the answer demands, but never for a day."""
    script = Script(Throttled("slower", status=429, retry_after=retry_after))

    async def throttled() -> None:
        runtime = runtime_of(script)
        with pytest.raises(Throttled):
            await runtime.ask(PING)
        await runtime.acquire(priority=True)

    asyncio.run(throttled())
    assert script.time == held


BOOKING: Call[Any] = Call(operation="book", permission="", method="POST", path="/x", read=str, repeatable=False)


@pytest.mark.parametrize("call", [PING, BOOKING])
@pytest.mark.parametrize(
    ("answer", "factor"),
    [
        (Throttled("slower", status=429), 1 - CUT),
        (Throttled("slower", status=503, retry_after=0.0), 1 - CUT),
        (ServerBroken("busy", status=503), 1 - CUT),
        (ServerBroken("broken", status=500), 1),
        (NotFound("unknown", status=404), 1),
        (NoAnswer("lost"), 1),
    ],
    ids=str,
)
def test_too_much_for_the_other_side_lowers_the_pace(call: Call[Any], answer: ChiliPiperError, factor: float) -> None:
    """429, and 503 of any call: also of a booking, about which nothing else is known then. Other failures do not."""
    runtime = runtime_of(Script(answer), Rate(10))
    with pytest.raises(type(answer)):
        asyncio.run(runtime.ask(call))
    assert runtime.limiter.rate == 10 * factor


def test_good_answers_bring_the_pace_back() -> None:
    runtime = runtime_of(Script(Throttled("slower", status=429), *["ok"] * 100), Rate(10))

    async def ask() -> None:
        with pytest.raises(Throttled):
            await runtime.ask(PING)
        for _ in range(100):
            await runtime.pause(10)
            await runtime.acquire()
            await runtime.ask(PING)

    asyncio.run(ask())
    assert runtime.limiter.rate == 10


def test_calls_that_had_to_wait_after_their_turns_leave_no_faster_than_a_second_may_see() -> None:
    """As they do for a ledger whose disk was slow."""

    class Clocked(Script):
        async def ask(self, call: Call[Any], /) -> Any:
            self.answers.append(self.time)
            return "pong"

    async def flow() -> None:
        runtime = runtime_of(script, Rate(50))
        await asyncio.gather(*(runtime.ask(PING) for _ in range(200)))

    script = Clocked()
    asyncio.run(flow())
    left = script.answers
    assert len(left) == 200
    assert max(sum(at <= other < at + 1 for other in left) for at in left) == 51
