"""A broken group commit: a flow sends although its own mark is not on record."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from airflow_chilipiper.booking.ledger import LedgerFailed
from tests.booking.test_group_commit import Watched, a_row, within_ten_seconds
from tests.mutants.broken import Change, Mutant, catch, law


def whoever_is_told_so_is_on_record(fails: Mapping[int, Exception]) -> None:
    """Three flows mark at once, and one of them was overtaken. What each finds at the moment when it may send."""
    ledger = Watched(fails, waits=False)
    rows = ledger.begin([a_row(key) for key in "abc"])
    ledger.mark([rows[0].to("review")])

    async def flow() -> list[Any]:
        from airflow_chilipiper.booking.group_commit import GroupCommit

        commits = GroupCommit(ledger)

        async def sends(row: Any) -> bool:
            await commits.mark(row)
            return ledger.look([row.key])[row.key].mark == row.mark

        return await asyncio.gather(*(sends(row.to("sent")) for row in rows), return_exceptions=True)

    unmarked = sum(answer is False for answer in within_ten_seconds(flow()))
    law(not unmarked, f"I3: {unmarked} flows send without a mark on record")


def all_is_well() -> None:
    whoever_is_told_so_is_on_record({})


def the_ledger_fails() -> None:
    whoever_is_told_so_is_on_record({3: LedgerFailed("away")})


MODULE = "booking.group_commit"
MUTANTS = {
    "answers given to the wrong flows": Mutant(
        "I3",
        all_is_well,
        [Change(MODULE, "zip(mine, answers, strict=True)", "zip(mine, reversed(answers), strict=True)")],
    ),
    "the answer of the first given to all": Mutant(
        "I3",
        all_is_well,
        [Change(MODULE, "zip(mine, answers, strict=True)", "zip(mine, [answers[-1]] * len(mine), strict=True)")],
    ),
    "told before the commit": Mutant("I3", all_is_well, [Change(MODULE, "answer = await future", "answer = row")]),
    "a commit that failed taken for done": Mutant(
        "I3", the_ledger_fails, [Change(MODULE, "return [failed] * len(rows)", "return rows")]
    ),
}


@pytest.mark.parametrize("what", MUTANTS)
def test_a_broken_group_commit_is_caught(what: str) -> None:
    catch(MUTANTS[what])
