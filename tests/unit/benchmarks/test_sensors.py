"""The benchmarks of sensors and of parsing run, with numbers too small to measure anything."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from benchmarks import parse, sensors
from benchmarks.sensors import Watching
from benchmarks.server import lean_server
from benchmarks.triggerer import Triggerer, deferred


class Until(Triggerer):
    """Runs until it has seen enough, whatever the clock says."""

    enough: Callable[[], bool]

    async def asend(self, message: Any) -> Any:
        answer = await super().asend(message)
        self.stop = self.enough()
        return answer


def until(enough: Callable[[Until], bool], *, apart: bool) -> Until:
    given = [deferred(each, apart=apart, interval=0.01, deadline=time.time() + 600) for each in (1, 2, 3)]
    running = Until(given, seconds=600)
    running.enough = partial(enough, running)
    asyncio.run(running.arun())
    return running


@pytest.mark.parametrize("apart", [False, True])
def test_sensors_look_in_airflows_own_trigger_runner(apart: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """All of them look, none ends, and each kind finds its connection."""
    with lean_server(slots=1, endless=True) as server:
        for name, said in sensors.connected(server, 3, 100.0).items():
            monkeypatch.setenv(name, said)
        running = until(lambda _: len(server.stats().calls) >= 3, apart=apart)
        assert server.stats().defects == []
    assert running.ended == 0


def test_a_sensor_that_ends_is_noticed() -> None:
    """Here for want of a connection."""
    assert until(lambda running: running.ended == 3, apart=False).ended == 3


def test_cores_are_cpu_over_time() -> None:
    found = Watching(
        sensors=1000, apart=True, seconds=100.0, cpu_seconds=25.0, looks=500, wanted=1000, connections=9,
        memory_mb=3.0, busiest_second=20,
    )  # fmt: skip
    assert sensors.row_of(found)[:7] == ("one each", "1,000", "0.250", "25.0", "100", "50.0", "9")


def test_parsing_is_timed_after_what_comes_before() -> None:
    found = parse.measure("import json", "import time; time.process_time()", runs=2)
    assert len(found.wall_ms) == len(found.cpu_ms) == 2
    assert max(found.cpu_ms) < 1000
