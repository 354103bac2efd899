"""What slots cost where 64 leads at once want one calendar: calls for each booking, and how late the meetings are."""

from __future__ import annotations

import argparse
import random
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import mean

from airflow_chilipiper.sandbox import Sandbox, sandbox
from benchmarks.task import connect, execute, warehouse

AT_ONCE = 64
PACE = 300
LATENCY = 0.1


@dataclass(frozen=True)
class Slots:
    """`notice` is how long from now the meetings are on the average, in seconds."""

    leads: int
    booked: int
    calls: int
    bookings: int
    notice: float

    @property
    def lost(self) -> float:
        """The share of booking calls whose slot somebody else had taken."""
        return 1 - self.booked / self.bookings

    @property
    def over_ideal(self) -> float:
        """Calls a booking over those of who loses as many slots, and nothing else."""
        return self.calls_per_booking * (1 - self.lost) / 2

    @property
    def calls_per_booking(self) -> float:
        return self.calls / self.booked


def measure(
    *, leads: int = 400, at_once: int = AT_ONCE, hosts: int = 1, stolen: float = 0.0, coded: bool = False
) -> Slots:
    """Leads of one router with so many *hosts*, of whom somebody else books all, just before the booking call, for this
    share *stolen* of the calls. That is told by a Failure in a 200, as is documented, or *coded*: by a 409 in Chili
    Piper's envelope, after which the meeting list is looked at first.
    """
    with warehouse(leads) as house, sandbox(hosts=hosts, latency=LATENCY) as chili:
        chili.tenant.variants.concierge_attendees = "flexible"
        chili.tenant.variants.failures_as = "errorCode" if coded else "failure_200"
        connect(chili.url, chili.token, requests_per_second=PACE)
        steal(chili, stolen, calls=2 * leads)
        now = datetime.now(UTC)
        done = execute(house.operator(leads_at_once=at_once, max_sessions=20, window="60 days"))
        starts = [datetime.fromisoformat(row["start_time"]) for row in done.answer if row["status"] == "booked"]
        guests = {meeting["guest"] for meeting in chili.meetings}
        assert len(guests) == len(chili.meetings) == len(starts), "somebody was booked twice, or nobody knows of it"
        calls, notice = chili.calls, mean((start - now).total_seconds() for start in starts)
        bookings = sum(call.operation == "concierge-schedule" for call in calls)
        return Slots(leads, len(starts), len(calls), bookings, notice)


def steal(chili: Sandbox, share: float, *, calls: int) -> None:
    """The same booking calls each time."""
    chance, since = random.Random(1), 0
    for _ in range(calls):
        if chance.random() < share:
            chili.faults.take_slot_first("concierge-schedule", skip=since)
            since = 0
        else:
            since += 1


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.slots", description=__doc__)
    parser.add_argument("--leads", type=int, default=400)
    parser.add_argument("--at-once", type=int, default=AT_ONCE)
    parser.add_argument("--hosts", type=int, default=1)
    parser.add_argument("--stolen", type=float, default=0.0)
    parser.add_argument("--coded", action="store_true")
    found = measure(**vars(parser.parse_args(arguments)))
    print(found, f"{found.calls_per_booking:.4f} calls a booking")


if __name__ == "__main__":
    main(sys.argv[1:])
