"""One flow answers all who come before it begins, and nobody who comes later."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from airflow_chilipiper.booking.batch.shared_flows import SharedFlows


class Shared:
    """Flows that begin when the test says `begins`, and answer the number of flows so far."""

    def __init__(self, error: Exception | None = None) -> None:
        self.begins, self.ends = asyncio.Event(), asyncio.Event()
        self.flows = 0
        self._error = error
        self._shared = SharedFlows(self._pause)

    async def _pause(self, _: float) -> None:
        await self.begins.wait()

    def ask(self, key: str = "a") -> asyncio.Task[int]:
        return asyncio.create_task(self._shared.answer(key, self._flow))

    async def _flow(self) -> int:
        self.flows += 1
        number = self.flows
        await self.ends.wait()
        if self._error:
            raise self._error
        return number


async def a_moment() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def run(flow: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(flow, 10))


def test_all_who_come_before_it_begins_get_the_same() -> None:
    async def flow() -> None:
        shared = Shared()
        asked = [shared.ask(), shared.ask()]
        await a_moment()
        asked.append(shared.ask())
        shared.begins.set()
        shared.ends.set()
        assert await asyncio.gather(*asked) == [1, 1, 1]

    run(flow())


def test_whoever_comes_once_it_has_begun_gets_one_of_its_own() -> None:
    """What it finds would be older than the question."""

    async def flow() -> None:
        shared = Shared()
        first = shared.ask()
        shared.begins.set()
        await a_moment()
        second = shared.ask()
        await a_moment()
        shared.ends.set()
        assert (await first, await second) == (1, 2)

    run(flow())


def test_another_key_is_another_flow() -> None:
    async def flow() -> None:
        shared = Shared()
        asked = [shared.ask("a"), shared.ask("b")]
        shared.begins.set()
        shared.ends.set()
        assert await asyncio.gather(*asked) == [1, 2]

    run(flow())


def test_whoever_leaves_does_not_end_it_for_the_others() -> None:
    async def flow() -> None:
        shared = Shared()
        leaves, stays = shared.ask(), shared.ask()
        await a_moment()
        leaves.cancel()
        shared.begins.set()
        shared.ends.set()
        assert await stays == 1

    run(flow())


def test_its_error_is_everybodys() -> None:
    async def flow() -> None:
        shared = Shared(ValueError("away"))
        asked = [shared.ask(), shared.ask()]
        shared.begins.set()
        shared.ends.set()
        for each in asked:
            with pytest.raises(ValueError, match="away"):
                await each

    run(flow())


def test_an_error_that_nobody_waits_for_is_no_noise(caplog: pytest.LogCaptureFixture) -> None:
    async def flow() -> None:
        shared = Shared(ValueError("away"))
        asked = shared.ask()
        await a_moment()
        asked.cancel()
        shared.begins.set()
        shared.ends.set()
        await a_moment()

    run(flow())
    assert caplog.text == ""
