"""Prove "never twice, never lost" by killing it: workers that book are killed and paused at random, and started again.

Two runs at a time book the same leads, and six in a hundred answers are faulty. In the end the sandbox's own record of
meetings is held against the ledger. The exit status is 1 if anything speaks against the promise, or if too little was
done to prove it.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Sequence

from scripts.chaos.broken import BROKEN
from scripts.chaos.databases import DATABASES, Absent, database
from scripts.chaos.report import HEADINGS, line
from scripts.chaos.siege import Orders, besiege

MOST_SHOWN = 10


def main(arguments: Sequence[str] | None = None) -> int:
    asked = parser().parse_args(arguments)
    names = asked.database or DATABASES
    kills, pauses = (-(-total // len(names)) for total in (asked.kills, asked.pauses))
    orders = Orders(
        kills=kills, pauses=pauses, seed=asked.seed, pairs=asked.pairs, leads=asked.leads, broken=asked.broken
    )
    print(f"seed {asked.seed}; {kills} kills and {pauses} pauses a database\n\n{line(*HEADINGS)}", flush=True)
    complaints = [f"{name}: {complaint}" for name in names for complaint in besieged(name, orders)]
    print("", *complaints[:MOST_SHOWN], sep="\n")
    if more := complaints[MOST_SHOWN:]:
        print(f"... and {len(more)} more")
    return 1 if complaints else 0


def besieged(name: str, orders: Orders) -> list[str]:
    try:
        with database(name) as url:
            report = besiege(name, url, orders)
    except Absent as why:
        return [str(why)]
    print(report, flush=True)
    return report.complaints(kills=orders.kills, pauses=orders.pauses)


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m scripts.chaos", description=__doc__)
    parser.add_argument("--database", action="append", choices=DATABASES, help="may be repeated (default all)")
    parser.add_argument("--kills", type=int, default=1_000, help="at least so many in all (default %(default)s)")
    parser.add_argument("--pauses", type=int, default=200, help="at least so many in all (default %(default)s)")
    parser.add_argument("--pairs", type=int, default=3, help="of runs at the same time (default %(default)s)")
    parser.add_argument("--leads", type=int, default=60, help="of each pair (default %(default)s)")
    seed = random.randrange(10**6)  # noqa: S311  # draws moments, keeps no secret
    parser.add_argument("--seed", type=int, default=seed, help="of moments and of faults (default any)")
    parser.add_argument("--broken", choices=BROKEN, help="run a protocol that lacks a safeguard, and see it caught")
    return parser


if __name__ == "__main__":
    sys.exit(main())
