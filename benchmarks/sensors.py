"""A thousand sensors that wait in one triggerer and look once a minute: CPU, connections, looks, memory.

They run in Airflow's own trigger runner, in a process of its own, against a server in another. With `--apart` each has
a connection id of its own, and so a client of its own: what it would be without sharing.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from tempfile import TemporaryFile
from threading import Event, Thread

import psutil

from benchmarks.server import LeanServer, lean_server
from tests.conftest import ROOT, pytest_unconfigure

LATENCY = 0.05
SLOTS = 80
HEAD = ("clients", "sensors", "cores", "CPU s", "of s", "CPU ms a look", "connections", "looks", "of", "memory MB")


@dataclass(frozen=True, kw_only=True)
class Watching:
    """What so many sensors took; `wanted` are the looks that there is time for, `connections` the most at any time."""

    sensors: int
    apart: bool
    seconds: float
    cpu_seconds: float
    looks: int
    wanted: int
    connections: int
    memory_mb: float
    busiest_second: int

    @property
    def cores(self) -> float:
        return self.cpu_seconds / self.seconds


def measure(
    *,
    sensors: int = 1000,
    seconds: float = 130.0,
    interval: float = 60.0,
    pace: float | None = None,
    apart: bool = False,
) -> Watching:
    """Each look is answered after 50 ms with 80 slots, which is never enough; no sensor may end.

    Without a *pace* the connection names none, as most do.
    """
    with lean_server(slots=SLOTS, endless=True, latency=LATENCY) as server:
        given = {"sensors": sensors, "seconds": seconds, "interval": interval, "apart": apart}
        found, connections = watched(json.dumps(given), {**os.environ, **connected(server, sensors, pace)}, server)
        stats = server.stats()
    assert not found.pop("ended"), "a sensor ended before its time"
    assert not stats.defects, stats.defects
    return Watching(
        sensors=sensors,
        apart=apart,
        looks=len(stats.calls),
        wanted=sensors * int(seconds / interval),
        connections=connections,
        busiest_second=stats.busiest(),
        **found,
    )


def connected(server: LeanServer, sensors: int, pace: float | None) -> dict[str, str]:
    """The same connection by the name that all share, and by one for each."""
    extra = {"requests_per_second": pace} if pace else {}
    said = json.dumps({"conn_type": "chilipiper", "host": server.url, "password": server.token, "extra": extra})
    return {f"AIRFLOW_CONN_SENSOR{name}": said for name in ("S", *(f"_{each}" for each in range(1, sensors + 1)))}


def watched(given: str, environment: dict[str, str], server: LeanServer) -> tuple[dict[str, float], int]:
    """What the triggerer says at its end, and the most connections that it had with the server at once."""
    command = [sys.executable, "-m", "benchmarks.triggerer", given]
    with TemporaryFile("w+") as said:
        with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=said) as triggerer:  # noqa: S603  # our own
            ended, seen = Event(), [0]
            counting = Thread(target=count, args=(triggerer.pid, int(server.url.rpartition(":")[2]), ended, seen))
            counting.start()
            code = triggerer.wait()
            ended.set()
            counting.join()
        said.seek(0)
        assert not code, said.read()
        said.seek(0)
        return json.loads(said.read().splitlines()[-1]), max(seen)


def count(pid: int, port: int, ended: Event, seen: list[int]) -> None:
    """How many connections that process has to the port, five times a second."""
    process = psutil.Process(pid)
    while not ended.wait(0.2):
        try:
            known = process.net_connections("tcp")
        except psutil.Error:
            return
        seen.append(sum(each.status == psutil.CONN_ESTABLISHED and each.raddr.port == port for each in known))


def row_of(found: Watching) -> tuple[str, ...]:
    return (
        "one each" if found.apart else "one for all",
        f"{found.sensors:,}",
        f"{found.cores:.3f}",
        f"{found.cpu_seconds:.1f}",
        f"{found.seconds:.0f}",
        f"{found.cpu_seconds / max(1, found.looks) * 1000:.1f}",
        f"{found.connections:,}",
        f"{found.looks:,}",
        f"{found.wanted:,}",
        f"{found.memory_mb:.0f}",
    )


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sensors", description=__doc__.partition("\n")[0])
    parser.add_argument("--sensors", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=150.0, help="for how long they are watched")
    parser.add_argument("--interval", type=float, default=60.0, help="seconds between a sensor's looks")
    parser.add_argument("--pace", type=float, help="the connection's requests_per_second")
    parser.add_argument("--apart", action="store_true", help="also with a client each, and what that is in proportion")
    given = parser.parse_args(arguments)
    options = {"sensors": given.sensors, "seconds": given.seconds, "interval": given.interval, "pace": given.pace}
    found = [measure(**options, apart=apart) for apart in ((False, True) if given.apart else (False,))]
    rows = [HEAD, *map(row_of, found)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    print("\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows))
    if given.apart:
        together, alone = found
        print(f"one each takes {alone.cpu_seconds / together.cpu_seconds:.1f} times the CPU of one for all, ", end="")
        print(f"{alone.memory_mb / max(1.0, together.memory_mb):.1f} times the memory")


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    finally:
        pytest_unconfigure()
