"""What a lead costs the whole engine, over the two HTTP calls that nobody can spare: CPU of one process, in one run.

The engine is a batch: rows made to leads, sessions opened, slots chosen, two updates of a durable ledger (SQLite) and
the booking call of each. Bare are two POSTs of aiohttp with the same JSON to the same server, their answers parsed.
Both take turns, so that a slow minute hits them alike.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from statistics import median

import aiohttp

from airflow_chilipiper.api.call import Interval
from airflow_chilipiper.booking.batch.batch import Batch
from airflow_chilipiper.booking.lead import Lead
from airflow_chilipiper.booking.ledger.store import Ledger
from airflow_chilipiper.booking.outcome import Outcome
from benchmarks.cpu import AT_ONCE, WARMING_UP, beside, judge, lead_plan, query, row, runtime_of, settings
from benchmarks.homes import database
from benchmarks.server import LeanServer, lean_server
from tests.conftest import pytest_unconfigure

SLOTS, CAPACITY = 30, 20


@dataclass(frozen=True, kw_only=True)
class Engine:
    """Milliseconds of CPU a lead, in each round."""

    batch_ms: Sequence[float]
    bare_ms: Sequence[float]

    @property
    def over_bare(self) -> float:
        return median(batch / bare for batch, bare in zip(self.batch_ms, self.bare_ms, strict=True))


def measure(*, leads: int = 400, rounds: int = 15) -> Engine:
    """The first round of either is left out: it is the only one to pay for imports and connections."""
    with lean_server(slots=SLOTS, capacity=CAPACITY, endless=True) as server, database("sqlite") as home:
        ledger, numbers = home.open(), iter(range(sys.maxsize))
        batch, bare = partial(by_batch, server, ledger), partial(by_bare_calls, server)
        for work in (batch, bare):
            cpu_ms(work, numbers, WARMING_UP)
        found = [(cpu_ms(batch, numbers, leads), cpu_ms(bare, numbers, leads)) for _ in range(rounds)]
        judge(server.stats(), 2 * (WARMING_UP + rounds * leads))
    batch_ms, bare_ms = zip(*found, strict=True)
    return Engine(batch_ms=batch_ms, bare_ms=bare_ms)


def cpu_ms(work: Callable[[Sequence[int]], None], numbers: Iterator[int], leads: int) -> float:
    """A lead, with all threads of this process, for the next so many leads."""
    mine = [next(numbers) for _ in range(leads)]
    began = time.process_time()
    work(mine)
    return (time.process_time() - began) / leads * 1000


def by_batch(server: LeanServer, ledger: Ledger, numbers: Sequence[int]) -> None:
    plan, became = lead_plan(), Counter[str]()

    def leads() -> Iterator[tuple[int, Lead]]:
        for number in numbers:
            yield number, plan.lead(row(number), str(number))

    def on_outcome(_: int, outcome: Outcome) -> None:
        became[outcome.status] += 1

    Batch(leads(), partial(runtime_of, server, ledger), on_outcome=on_outcome, at_once=AT_ONCE).run()
    assert became == {"booked": len(numbers)}, became


def by_bare_calls(server: LeanServer, numbers: Sequence[int]) -> None:
    given = settings(server)
    opening = query(0).open(Interval(datetime.now(UTC)))
    sessions = f"{given.address}/v1/org/concierge/routing"

    async def all_of_them() -> None:
        headers = {"Authorization": f"Bearer {given.token}"}
        async with aiohttp.ClientSession(headers=headers) as http:

            async def booked(number: int) -> None:
                lead = row(number)
                form = {"PersonEmail": lead["email"], "PersonLastName": lead["last_name"]}
                async with http.post(given.address + opening.path, json=opening.body | {"form": form}) as reply:
                    offer = await reply.json()
                slot = {"startTime": offer["schedulingData"]["startTimes"][0]["startTime"]}
                async with http.post(f"{sessions}/{offer['routeId']}/schedule-simple", json=slot) as reply:
                    await reply.json()

            await beside(booked, numbers, AT_ONCE)

    asyncio.run(all_of_them())


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.engine", description=__doc__.partition("\n")[0])
    parser.add_argument("--leads", type=int, default=400)
    parser.add_argument("--rounds", type=int, default=15)
    found = measure(**vars(parser.parse_args(arguments)))
    print(f"{median(found.batch_ms):.2f} ms CPU a lead, {median(found.bare_ms):.2f} ms two bare calls: ", end="")
    print(f"{found.over_bare:.2f} times as much")


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    finally:
        pytest_unconfigure()
