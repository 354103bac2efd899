"""A lead is begun once the pace could come to wait for one, and no earlier."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from airflow_chilipiper.booking.batch.admission import AT_ONCE_WITHOUT_PACE, IN_LINE_FOR, LEAST_IN_LINE, Admission


class Feed:
    """Starts one flow after the other; each waits for its place in the pace, then for its end, as the test says."""

    def __init__(self, rate: float | None, *, at_most: int = 100) -> None:
        self.rate = rate
        self.admission = Admission(lambda: self.rate)
        self._places, self._ends = list[asyncio.Event](), list[asyncio.Event]()
        self._at_most = at_most

    @property
    def started(self) -> int:
        return len(self._places)

    async def acquire(self, *flows: int) -> None:
        for flow in flows:
            self._places[flow].set()
        await all_wait()

    async def end(self, flow: int) -> None:
        """With or without its place."""
        self._ends[flow].set()
        self._places[flow].set()
        await all_wait()

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            while self.started < 100:
                await self.admission.wait(at_most=self._at_most)
                self._places.append(asyncio.Event())
                self._ends.append(asyncio.Event())
                self.admission.start(self._flow(self._places[-1], self._ends[-1]), tasks)

    async def _flow(self, place: asyncio.Event, end: asyncio.Event) -> None:
        await place.wait()
        if not end.is_set():
            self.admission.has_begun(asyncio.current_task())
        await end.wait()


async def all_wait() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


def fed(feed: Feed, then: Callable[[], Coroutine[Any, Any, Any]]) -> None:
    async def flow() -> None:
        running = asyncio.create_task(feed.run())
        await all_wait()
        await then()
        running.cancel()

    asyncio.run(flow())


@pytest.mark.parametrize(
    ("rate", "in_line"),
    [(0.1, LEAST_IN_LINE), (50, LEAST_IN_LINE), (500, 500 * IN_LINE_FOR), (None, AT_ONCE_WITHOUT_PACE)],
)
def test_so_many_are_in_line_as_the_pace_takes_in_a_moment(rate: float | None, in_line: int) -> None:
    feed = Feed(rate)

    async def then() -> None:
        assert feed.started == in_line

    fed(feed, then)


def test_whoever_had_its_place_makes_room_for_one_and_need_not_end() -> None:
    feed = Feed(1.0)

    async def then() -> None:
        await feed.acquire(1)
        assert feed.started == LEAST_IN_LINE + 1
        await feed.acquire(1)  # a second place of the same flow makes no more room
        assert feed.started == LEAST_IN_LINE + 1
        await feed.acquire(0, 2)
        assert feed.started == LEAST_IN_LINE + 3

    fed(feed, then)


def test_whoever_ends_without_a_place_makes_room_too() -> None:
    """As a lead does that is booked on record."""
    feed = Feed(1.0)

    async def then() -> None:
        await feed.end(0)
        assert feed.started == LEAST_IN_LINE + 1

    fed(feed, then)


def test_a_pace_that_rose_takes_more_from_then_on() -> None:
    feed = Feed(1.0)

    async def then() -> None:
        feed.rate = 1000.0
        await feed.acquire(0)
        assert feed.started == 1 + 1000 * IN_LINE_FOR

    fed(feed, then)


def test_no_more_are_under_way_than_there_are_places() -> None:
    feed = Feed(None, at_most=3)

    async def then() -> None:
        await feed.acquire(0, 1, 2)
        assert feed.started == 3
        await feed.end(0)
        assert feed.started == 4

    fed(feed, then)


def test_whoever_stands_aside_leaves_its_place() -> None:
    """It comes back without waiting: nobody begun is sent away for it."""
    feed = Feed(None, at_most=3)

    async def then() -> None:
        with feed.admission.aside():
            await all_wait()
            assert feed.started == 4
        await feed.end(0)
        assert feed.started == 4
        await feed.end(1)
        assert feed.started == 5

    fed(feed, then)


def test_a_place_outside_of_any_task_is_nobodys_beginning() -> None:
    Admission(lambda: None).has_begun(None)
