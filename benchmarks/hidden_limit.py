"""How much of a limit that nobody told us is used, and how many calls it refuses, from the first call at 5 a second.

In virtual time, callers who always wait in line make 20,000 calls against each kind of limit, near and far, with and
without Retry-After. `--real` has some make calls over HTTP, against the sandbox. Nothing is left out: the way up
counts, and a refused call is a call.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import sys
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from multiprocessing import get_context
from multiprocessing.connection import Connection

from airflow_chilipiper.api.errors import Throttled
from airflow_chilipiper.api.http.client import Client
from airflow_chilipiper.api.http.client_runtime import ClientRuntime
from airflow_chilipiper.api.http.settings import ClientSettings
from airflow_chilipiper.api.pace.limiter import RateLimiter
from airflow_chilipiper.api.pace.rate import Rate
from airflow_chilipiper.api.resources.health import health_ping
from airflow_chilipiper.sandbox import sandbox
from airflow_chilipiper.sandbox.limits import KINDS
from benchmarks.virtual_calls import Asked, VirtualCalls

LIMIT = 20
CALLS = 20_000
HEAD = ("counted by", "latency", "Retry-After", "used", "of 2nd half", "refused", "most over pace")
JUST_UNDER_A_SECOND = 1 - 1e-9


@dataclass(frozen=True, kw_only=True)
class Case:
    """Times are in seconds."""

    kind: str = "sliding-window"
    latency: float = 0.05
    retry_after: float | None = None


@dataclass(frozen=True, kw_only=True)
class Found:
    """`used` is the calls admitted over those that the limit allows in that time; `later` the same of the second half.

    `refused` is a share of all calls, `over` the most calls in any second over the highest pace in it, in whole calls.
    """

    used: float
    later: float
    refused: float
    over: float


CASES = [
    Case(kind=kind, latency=latency, retry_after=told)
    for kind, latency, told in product(KINDS, (0.05, 2.0), (None, 1.0))
]


def measure(case: Case, *, calls: int = CALLS) -> Found:
    """In virtual time."""
    admits = KINDS[case.kind](LIMIT).admits
    return found(VirtualCalls(Rate(), admits, latency=case.latency, retry_after=case.retry_after).run(calls=calls))


def measure_for_real(case: Case, *, seconds: float) -> Found:
    """Over HTTP, against the sandbox in a process of its own."""
    spawn = get_context("spawn")
    ours, theirs = spawn.Pipe()
    server = spawn.Process(target=_serve, args=(case, theirs))
    server.start()
    try:
        return found(asyncio.run(_ask(ours.recv(), seconds, at_once=2 + math.ceil(2 * LIMIT * case.latency))))
    finally:
        ours.send("the end")
        server.join()


def _serve(case: Case, pipe: Connection) -> None:
    with sandbox(latency=case.latency) as served:
        served.faults.limit(LIMIT, kind=case.kind, retry_after=case.retry_after)
        pipe.send(ClientSettings(base_url=served.url, token=served.token))
        pipe.recv()


async def _ask(settings: ClientSettings, seconds: float, *, at_once: int) -> list[Asked]:
    asked: list[Asked] = []
    async with Client(settings) as client:
        runtime = ClientRuntime(client, RateLimiter(Rate()))
        end = runtime.now() + seconds
        await asyncio.gather(*(_ask_until(end, runtime, asked) for _ in range(at_once)))
    return asked


async def _ask_until(end: float, runtime: ClientRuntime, asked: list[Asked]) -> None:
    while runtime.now() < end:
        await runtime.acquire()
        at, rate, admitted = runtime.now(), runtime.limiter.rate or math.inf, True
        try:
            await runtime.ask(health_ping())
        except Throttled:
            admitted = False
        asked.append(Asked(at, rate, admitted))


def found(asked: Sequence[Asked]) -> Found:
    in_order = sorted(asked, key=lambda call: call.at)
    return Found(
        used=_used(in_order),
        later=_used(in_order[len(in_order) // 2 :]),
        refused=sum(not call.admitted for call in asked) / len(asked),
        over=_most_over_pace(in_order),
    )


def _used(calls: Sequence[Asked]) -> float:
    return sum(call.admitted for call in calls) / (LIMIT * (calls[-1].at - calls[0].at))


def _most_over_pace(calls: Sequence[Asked]) -> float:
    most, second = 0.0, deque[Asked]()
    for call in calls:
        second.append(call)
        while call.at - second[0].at >= JUST_UNDER_A_SECOND:
            second.popleft()
        most = max(most, len(second) / math.ceil(max(each.rate for each in second)))
    return most


def row(case: Case, found: Found) -> tuple[str, ...]:
    told = "none" if case.retry_after is None else f"{case.retry_after:g} s"
    shares = (f"{share:.2%}" for share in (found.used, found.later, found.refused))
    return (case.kind, f"{case.latency:g} s", told, *shares, f"{found.over:.2f}")


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.hidden_limit", description=__doc__)
    parser.add_argument("--calls", type=int, default=CALLS, help="of each case, in virtual time (default %(default)s)")
    parser.add_argument("--real", type=float, nargs="?", const=120.0, metavar="SECONDS", help="over HTTP (default 120)")
    given = parser.parse_args(arguments)
    if given.real:
        rows = [row(case, measure_for_real(case, seconds=given.real)) for case in (Case(), Case(retry_after=1.0))]
    else:
        rows = [row(case, measure(case, calls=given.calls)) for case in CASES]
    for cells in (HEAD, *rows):
        print("  ".join(f"{cell:<{len(head) + 4}}" for cell, head in zip(cells, HEAD, strict=True)).rstrip())


if __name__ == "__main__":
    main(sys.argv[1:])
