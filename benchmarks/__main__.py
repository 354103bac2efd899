"""All that is promised about speed and size, with what is to be reached; each line has the command that repeats it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from benchmarks import capacity, cpu, engine, hidden_limit, mapped, memory, parse, resume, sensors, slots, throughput
from tests.conftest import pytest_unconfigure


@dataclass(frozen=True)
class Figure:
    """What was reached, and the least or the most that it has to be; without either it is only told."""

    work: str
    value: float
    least: float | None = None
    most: float | None = None
    unit: str = ""

    @property
    def is_reached(self) -> bool:
        return (self.least is None or self.value >= self.least) and (self.most is None or self.value <= self.most)

    def line(self, again: str) -> str:
        bound = f">= {self.least:g}" if self.least is not None else f"<= {self.most:g}" if self.most is not None else ""
        told = "" if not bound else "yes" if self.is_reached else "NO"
        cells = (f"{self.value:.4g} {self.unit}".rstrip(), f"{bound} {self.unit}".rstrip() if bound else "", told)
        return f"{self.work:88} {cells[0]:>14} {cells[1]:>14} {cells[2]:>4}  {again}"


def of_capacity() -> Iterator[Figure]:
    for what, served, calls in (
        ("the lean server", capacity.lean(60), 8000),
        ("the sandbox", capacity.faithful(), 500),
    ):
        found = capacity.measure(what, served, calls=calls)
        yield Figure(
            f"calls that {what} alone answers (what benchmarks book against)", calls / found.seconds, unit="/s"
        )


def of_throughput(*, pace: float, latency: float, least: float, leads: int = 10_000) -> Iterator[Figure]:
    found = throughput.measure(leads=leads, pace=pace, latency=latency)
    assert found.booked == leads, f"{found.booked} of {leads} leads were booked"
    assert not found.extra_meetings + found.defects, "somebody was booked twice"
    what = f"{leads:,} leads at {pace:g} calls/s, {latency * 1000:g} ms latency, durable SQLite ledger"
    yield Figure(f"{what}: ideal time over the batch's", found.share_of_ideal, least=least)
    yield Figure(f"{what}: ideal time over the whole task's", found.share_of_whole)
    yield Figure(f"{what}: most calls in any second over the pace", found.over_pace, most=1.02)


def of_mapped() -> Iterator[Figure]:
    found = mapped.measure()
    what = f"{found.mapped_leads} leads as a mapped task each, extrapolated, over {found.bulk_leads:,} in one task"
    yield Figure(f"{what}, real Airflow", found.times_faster, least=300)


def of_slots() -> Iterator[Figure]:
    alone, found = slots.measure(at_once=1), slots.measure()
    yield Figure("calls a booking, 64 at once, one shared calendar", found.calls_per_booking, most=2.002)
    later = found.notice / alone.notice
    yield Figure("mean start of the booked slots over one-by-one booking's", later, most=1.01)
    for stolen in (0.005, 0.025):
        robbed = slots.measure(stolen=stolen)
        yield Figure(
            f"the same while others take {robbed.lost:.1%} of the slots, over 2/(1-e)", robbed.over_ideal, most=1.005
        )
    robbed = slots.measure(stolen=0.025, coded=True)
    yield Figure(f"the same with {robbed.lost:.1%}, told by a code that nobody has published", robbed.over_ideal)


def of_limit() -> Iterator[Figure]:
    found = [hidden_limit.measure(case) for case in hidden_limit.CASES]
    what = f"hidden limit of {hidden_limit.LIMIT}/s, 20,000 calls in virtual time, worst of {len(found)} cases"
    yield Figure(f"{what}: used", min(each.used for each in found), least=0.95)
    yield Figure(f"{what}: refused", max(each.refused for each in found), most=0.005)
    real = hidden_limit.measure_for_real(hidden_limit.Case(), seconds=900)
    yield Figure("the same over HTTP for 15 minutes: used", real.used, least=0.95)
    yield Figure("the same over HTTP for 15 minutes: refused", real.refused, most=0.005)


def of_cpu() -> Iterator[Figure]:
    yield Figure("CPU per call, 64 at once", cpu.per_call().cpu_ms, most=1, unit="ms")
    yield Figure("CPU per booking at 500 offered slots", cpu.per_booking().cpu_ms, most=2, unit="ms")


def of_engine() -> Iterator[Figure]:
    found = engine.measure()
    yield Figure("CPU of a whole batch a lead, over that of two bare aiohttp calls", found.over_bare, most=2.3)


def of_memory() -> Iterator[Figure]:
    for leads, most in ((10_000, 64), (100_000, 150)):
        found = memory.measure(leads=leads)
        yield Figure(f"peak memory over an idle Airflow task, {leads:,} leads", found.over_idle, most=most, unit="MB")


def of_resume() -> Iterator[Figure]:
    found = resume.measure()
    what = f"resume with {found.leads - found.left:,} of {found.leads:,} booked"
    yield Figure(f"{what}: time to the first call", found.first_call, most=0.8, unit="s")
    yield Figure(f"{what}: calls for booked rows", found.calls_for_booked, most=0)


def of_parse() -> Iterator[Figure]:
    before, measured = parse.CASES["operators"]
    found = parse.measure(before, measured)
    yield Figure("import airflow_chilipiper.operators on top of airflow.sdk", median(found.wall_ms), most=30, unit="ms")


def of_sensors() -> Iterator[Figure]:
    found = sensors.measure()
    yield Figure("1,000 deferred sensors looking once a minute: CPU", found.cores, most=1, unit="cores")
    yield Figure("1,000 deferred sensors looking once a minute: connections at most", found.connections)


THROUGHPUTS = {
    "throughput-100": (100, 0.05, 0.99),
    "throughput-500": (500, 0.05, 0.99),
    "throughput-1000": (1000, 0.05, 0.98),
    "throughput-50": (50, 2.0, 0.98),
}
FIGURES: dict[str, Callable[[], Iterator[Figure]]] = {
    "capacity": of_capacity,
    **{
        name: lambda pace=pace, latency=latency, least=least: of_throughput(pace=pace, latency=latency, least=least)  # type: ignore[misc]
        for name, (pace, latency, least) in THROUGHPUTS.items()
    },
    "slots": of_slots,
    "limit": of_limit,
    "cpu": of_cpu,
    "engine": of_engine,
    "memory": of_memory,
    "resume": of_resume,
    "parse": of_parse,
    "sensors": of_sensors,
    "mapped": of_mapped,
}


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("picks", nargs="*", choices=[[], *FIGURES], help="default all, which takes half an hour")
    picks = parser.parse_args(arguments).picks or list(FIGURES)
    missed = 0
    for name in picks:
        for figure in FIGURES[name]():
            print(figure.line(f'make bench BENCH_ARGS="{name}"'), flush=True)
            missed += not figure.is_reached
    return 1 if missed else 0


if __name__ == "__main__":
    try:
        code = main(sys.argv[1:])
    finally:
        pytest_unconfigure()
    sys.exit(code)
