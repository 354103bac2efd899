"""CPU of the booking process alone, per call and per booking: the server has a process of its own.

A booking is all that a lead takes: its row read, a session opened, a slot chosen among all that are offered, two
updates of a durable ledger (SQLite), the booking call. What one core can do at most follows from it.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from airflow_chilipiper.api.call import Interval
from airflow_chilipiper.api.http.client import Client, ClientSettings
from airflow_chilipiper.api.pace.limiter import RateLimiter
from airflow_chilipiper.api.patterns.concierge import Concierge
from airflow_chilipiper.arguments.columns import col
from airflow_chilipiper.arguments.patterns import CONCIERGE
from airflow_chilipiper.booking.batch.runtime import BatchRuntime
from airflow_chilipiper.booking.book import book
from airflow_chilipiper.booking.ledger.store import Ledger
from airflow_chilipiper.booking.policy import Policy
from airflow_chilipiper.task.lead_plan import LeadPlan
from benchmarks.homes import database
from benchmarks.server import LeanServer, Stats, lean_server
from tests.conftest import pytest_unconfigure

AT_ONCE = 64
WARMING_UP = 2 * AT_ONCE
Work = Callable[[int], Awaitable[object]]


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What so many calls or bookings took, by the clock on the wall and in CPU of this process with all its threads."""

    what: str
    number: int
    seconds: float
    cpu_seconds: float

    @property
    def cpu_ms(self) -> float:
        return self.cpu_seconds / self.number * 1000


def per_call(*, calls: int = 5000, at_once: int = AT_ONCE) -> Cost:
    """Opening a session whose offer is small."""
    with lean_server(slots=1, endless=True) as server:
        interval = Interval(datetime.now(UTC))

        async def measured() -> Cost:
            async with Client(settings(server)) as client:
                return await cost(
                    "call", lambda number: client.ask(query(number).open(interval)), number=calls, at_once=at_once
                )

        found = asyncio.run(measured())
        assert len(server.stats().calls) == calls + WARMING_UP
    return found


def per_booking(*, bookings: int = 1500, slots: int = 500, capacity: int = 5, at_once: int = AT_ONCE) -> Cost:
    """With so many slots in each offer; nobody is invited twice, and nothing else is asked for."""
    with lean_server(slots=slots, capacity=capacity, endless=True) as server, database("sqlite") as home:
        plan, became = lead_plan(), Counter[str]()

        async def measured() -> Cost:
            async with runtime_of(server, home.open()) as runtime:

                async def booked(number: int) -> None:
                    became[(await book(plan.lead(row(number), str(number)), runtime)).status] += 1

                return await cost(f"booking at {slots} slots", booked, number=bookings, at_once=at_once)

        found = asyncio.run(measured())
        assert set(became) == {"booked"}, became
        judge(server.stats(), bookings + WARMING_UP)
    return found


async def cost(what: str, work: Work, *, number: int, at_once: int) -> Cost:
    """Of that many pieces of *work*, so many beside each other; what only the first ones pay is left out."""
    await beside(work, range(WARMING_UP), at_once)
    cpu, wall = time.process_time(), time.perf_counter()
    await beside(work, range(WARMING_UP, WARMING_UP + number), at_once)
    return Cost(what=what, number=number, seconds=time.perf_counter() - wall, cpu_seconds=time.process_time() - cpu)


async def beside(work: Work, numbers: Iterable[int], at_once: int) -> None:
    left = iter(numbers)

    async def worker() -> None:
        for number in left:
            await work(number)

    async with asyncio.TaskGroup() as workers:
        for _ in range(at_once):
            workers.create_task(worker())


def judge(seen: Stats, leads: int) -> None:
    """One meeting for each lead, at two calls."""
    assert not seen.defects, seen.defects
    assert len(seen.meetings) == leads, f"{len(seen.meetings)} guests have a meeting, of {leads} leads"
    assert set(seen.meetings.values()) == {1}, "somebody was invited twice"
    assert len(seen.calls) == 2 * leads, f"{len(seen.calls)} calls for {leads} bookings"


def settings(server: LeanServer) -> ClientSettings:
    return ClientSettings(token=server.token, base_url=server.url, requests_per_second=None, verify=False)


@asynccontextmanager
async def runtime_of(server: LeanServer, ledger: Ledger) -> AsyncIterator[BatchRuntime]:
    async with Client(settings(server)) as client:
        yield BatchRuntime(client, RateLimiter(None), ledger)


def row(number: int) -> dict[str, Any]:
    return {"id": number, "email": f"lead-{number}@prospect.example", "last_name": f"Doering {number}"}


def query(number: int) -> Concierge:
    lead = row(number)
    form = {"PersonEmail": lead["email"], "PersonLastName": lead["last_name"]}
    return Concierge(router_slug="inbound", trigger="InAppButton", form=form, guest=lead["email"])


def lead_plan() -> LeadPlan:
    return LeadPlan(
        policy=Policy(purpose="bench", interval=Interval(datetime.now(UTC), timedelta(days=7)), sender="bench"),
        pattern=CONCIERGE,
        lead_key=col("id"),
        guest_email=col("email"),
        timezone="Europe/Paris",
        default_timezone=ZoneInfo("UTC"),
        form={"PersonEmail": col("email"), "PersonLastName": col("last_name")},
        prefer=None,
        own={"router_slug": "inbound", "trigger": "InAppButton"},
        resolve_names=dict,
    )


def line(found: Cost) -> str:
    return (
        f"{found.cpu_ms:6.2f} ms CPU per {found.what}, {AT_ONCE} at once: "
        f"{found.number} in {found.seconds:.1f} s, {1000 / found.cpu_ms:,.0f} a second at most on one core"
    )


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cpu", description=__doc__.partition("\n")[0])
    parser.add_argument("--calls", type=int, default=5000)
    parser.add_argument("--bookings", type=int, default=1500)
    parser.add_argument("--slots", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args(arguments)
    for _ in range(given.rounds):
        print(line(per_call(calls=given.calls)))
        print(line(per_booking(bookings=given.bookings, slots=given.slots)))


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    finally:
        pytest_unconfigure()
