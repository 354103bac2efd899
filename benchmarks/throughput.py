"""How near a batch comes to the time that the pace allows at best: two calls a lead, 2N/R seconds."""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass

from benchmarks.server import lean_server
from benchmarks.task import connect, execute, warehouse


@dataclass(frozen=True)
class Throughput:
    leads: int
    pace: float
    latency: float
    seconds: float
    whole_seconds: float
    cpu_seconds: float
    busiest_second: int
    extra_meetings: int
    booked: int
    defects: int

    @property
    def ideal(self) -> float:
        return 2 * self.leads / self.pace

    @property
    def share_of_ideal(self) -> float:
        return self.ideal / self.seconds

    @property
    def share_of_whole(self) -> float:
        return self.ideal / self.whole_seconds

    @property
    def over_pace(self) -> float:
        return self.busiest_second / self.pace


def measure(
    *, leads: int = 10_000, pace: float, latency: float = 0.05, slots: int = 30, capacity: int = 20
) -> Throughput:
    """A task over a durable SQLite ledger: the batch from its first lead on, and all from its imports to its XCom."""
    with (
        warehouse(leads) as house,
        lean_server(latency=latency, slots=slots, capacity=capacity, endless=True) as server,
    ):
        connect(server.url, server.token, requests_per_second=pace)
        done = execute(house.operator())
        seen = server.stats()
    return Throughput(
        leads=leads,
        pace=pace,
        latency=latency,
        seconds=done.batch_seconds,
        whole_seconds=done.seconds,
        cpu_seconds=done.cpu_seconds,
        busiest_second=seen.busiest(),
        extra_meetings=sum(count - 1 for count in seen.meetings.values()),
        booked=done.counts.get("booked", 0),
        defects=len(seen.defects),
    )


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.throughput", description=__doc__)
    parser.add_argument("--leads", type=int, default=10_000)
    parser.add_argument("--pace", type=float, default=500)
    parser.add_argument("--latency", type=float, default=0.05)
    print(measure(**vars(parser.parse_args(arguments))))


if __name__ == "__main__":
    main(sys.argv[1:])
