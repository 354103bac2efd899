"""Updates a second, alone and grouped, in each home of the ledger, in one run, since only the ratios hold elsewhere.

A case is how many entries share a transaction ("alone", 16, 64, 256), or how many flows of a batch update beside each
other ("1-flow", "16-flows", "64-flows"): there, what comes while one group commits is the next group. At the end every
entry is looked for in a ledger that was opened anew.
"""

from __future__ import annotations

import argparse
import asyncio
import secrets
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import partial

from airflow_chilipiper.booking.ledger.entry import Entry, new_version
from airflow_chilipiper.booking.ledger.group_commit import GroupCommit
from airflow_chilipiper.booking.ledger.store import Ledger
from benchmarks.homes import HOMES, TASK_STATE, Home, with_homes
from benchmarks.rates import Line, Rates, table
from tests.conftest import pytest_unconfigure
from tests.entries import changed

SENDER = "nightly/scheduled__2026-11-03T02:00:00+00:00/book/-1#1"
CREATED_AT_ONCE = 500


def in_groups(size: int, ledger: Ledger, entries: Sequence[Entry]) -> None:
    for first in range(0, len(entries), size):
        answers = ledger.update(entries[first : first + size])
        assert all(isinstance(answer, Entry) for answer in answers), answers


def in_flows(number: int, ledger: Ledger, entries: Sequence[Entry]) -> None:
    async def flow(commits: GroupCommit, mine: Sequence[Entry]) -> None:
        for entry in mine:
            await commits.update(entry)

    async def batch() -> None:
        commits = GroupCommit(ledger)
        await asyncio.gather(*(flow(commits, entries[first::number]) for first in range(number)))

    asyncio.run(batch())


CASES: dict[str, Callable[[Ledger, Sequence[Entry]], None]] = {
    "alone": partial(in_groups, 1),
    **{str(size): partial(in_groups, size) for size in (16, 64, 256)},
    "1-flow": partial(in_flows, 1),
    **{f"{number}-flows": partial(in_flows, number) for number in (16, 64)},
}


def measure(homes: Sequence[Home], *, lines: Sequence[Line], rounds: int, updates: int) -> Rates:
    """The rate of each line in each round; a round goes through all homes, so that a slow minute hits them alike."""
    rates = defaultdict[Line, list[float]](list)
    ledgers, updated = {home.name: home.open() for home in homes}, defaultdict[str, list[Entry]](list)
    for number in range(rounds):
        for home, case in (line for line in lines if line[0] in ledgers):
            print(f"round {number + 1} of {rounds}: {home}:{case}", file=sys.stderr, flush=True)
            entries = about_to_be_sent(ledgers[home], updates // 4 if home == TASK_STATE else updates)
            began = time.perf_counter()
            CASES[case](ledgers[home], entries)
            rates[home, case].append(len(entries) / (time.perf_counter() - began))
            updated[home] += entries
    for home in homes:
        check(home, updated[home.name])
    return rates


def about_to_be_sent(ledger: Ledger, number: int) -> list[Entry]:
    """Entries that were created, with all that is put on record before a booking call."""
    fresh = [Entry(key=secrets.token_hex(32), purpose="spring", version=new_version()) for _ in range(number)]
    created = [
        entry
        for first in range(0, number, CREATED_AT_ONCE)
        for entry in ledger.get_or_create(fresh[first:][:CREATED_AT_ONCE])
    ]
    facts = {"attempt": 1, "sender": SENDER, "slot": "2026-11-03T09:30:00Z", "sent_at": time.time()}
    return [
        changed(entry, "sent", session=secrets.token_hex(16), guest=entry.key, pattern=entry.key, **facts)
        for entry in created
    ]


def check(home: Home, updated: Sequence[Entry]) -> None:
    found = home.open().get([entry.key for entry in updated])
    lost = sum(entry.key not in found or found[entry.key].version != entry.version for entry in updated)
    assert not lost, f"{home.name}: {lost} of {len(updated)} updates are not on record"
    print(f"{home.name}: all {len(updated)} updates are on record", file=sys.stderr)


def lines_of(picks: Sequence[str]) -> list[Line]:
    """All if none is picked; else those picked, and what they are compared with."""
    every = [(home, case) for home in HOMES for case in CASES]
    if unknown := set(picks) - {*HOMES, *map(":".join, every)}:
        raise SystemExit(
            f"unknown: {', '.join(sorted(unknown))}; known: {', '.join(HOMES)}, each with {', '.join(CASES)}"
        )
    wanted = {line for line in every if not picks or {line[0], ":".join(line)} & set(picks)}
    compared = {("sqlite", "alone")} | {(home, "alone") for home, _ in wanted}
    return [line for line in every if line in wanted | compared]


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.updates", description=__doc__.partition("\n")[0])
    parser.add_argument("picks", nargs="*", metavar="HOME[:CASE]", help="as sqlite, or postgres:16-flows; default all")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--updates", type=int, default=1024, help="in each round; a quarter of them in the task state")
    given = parser.parse_args(arguments)
    lines = lines_of(given.picks)
    work = partial(measure, lines=lines, rounds=given.rounds, updates=given.updates)
    rates, notes = with_homes({home for home, _ in lines}, work)
    print(table(rates, f"--rounds {given.rounds} --updates {given.updates}"))
    for note in notes:
        print(note)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    finally:
        pytest_unconfigure()
