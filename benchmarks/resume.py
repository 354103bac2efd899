"""A task whose earlier try booked nearly all of its leads: how soon it goes on, and what it asks for the others."""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import dataclass

import sqlalchemy as sa

from airflow_chilipiper.booking.ledger.sql.ledger import SqlLedger
from benchmarks.server import lean_server
from benchmarks.task import Warehouse, connect, execute, lead_on_record, warehouse
from tests.entries import changed


@dataclass(frozen=True)
class Resumed:
    """`first_call` is in seconds from the start of the try."""

    leads: int
    left: int
    first_call: float
    calls: int

    @property
    def calls_for_booked(self) -> int:
        return self.calls - 2 * self.left


def measure(*, leads: int = 10_000, left: int = 10) -> Resumed:
    """Those that are left come last."""
    with warehouse(leads) as house, lean_server(latency=0.05, slots=60, capacity=20, endless=True) as server:
        connect(server.url, server.token, requests_per_second=500)
        book(house, leads - left)
        execute(house.operator(sql="SELECT * FROM leads LIMIT 0"))  # imports what every task process imports
        began = time.monotonic()
        done = execute(house.operator(), try_number=2)
        seen = server.stats()
    assert done.counts == {"already_booked": leads - left, "booked": left}, done.counts
    return Resumed(leads, left, first_call=seen.calls[0] - began, calls=len(seen.calls))


def book(house: Warehouse, number: int) -> None:
    """As an earlier try would have left them on record."""
    ledger = SqlLedger(sa.create_engine(f"sqlite:///{house.folder}/ledger.db"))
    ledger.create()
    entries = [lead_on_record(place) for place in range(number)]
    for first in range(0, number, 1000):
        created = ledger.get_or_create(entries[first : first + 1000])
        ledger.update(
            [changed(entry, "booked", meeting_id=f"earlier-{entry.key}", booked_at=time.time()) for entry in created]
        )


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.resume", description=__doc__)
    parser.add_argument("--leads", type=int, default=10_000)
    parser.add_argument("--left", type=int, default=10)
    print(measure(**vars(parser.parse_args(arguments))))


if __name__ == "__main__":
    main(sys.argv[1:])
