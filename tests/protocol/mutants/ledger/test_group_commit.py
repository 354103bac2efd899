"""A broken group commit: a flow sends although its own change is not on record, or waits for longer than it may."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from airflow_chilipiper.booking.ledger.entry import LedgerFailed
from tests.entries import changed
from tests.protocol.copies import catch
from tests.protocol.laws import law
from tests.protocol.mutant import Mutant
from tests.unit.booking.ledger.test_group_commit import Watched, an_entry, within_ten_seconds
from tests.unit.booking.ledger.test_group_commit_waits import (
    UPDATES_FIRST,
    created_among_updates,
    updated_among_creations,
)


def whoever_is_answered_is_on_record(fails: Mapping[int, Exception]) -> None:
    """Three flows update at once, and one of them was overtaken. What each finds at the moment when it may send."""
    ledger = Watched(fails, waits=False)
    entries = ledger.get_or_create([an_entry(key) for key in "abc"])
    ledger.update([changed(entries[0], "review")])

    async def flow() -> list[Any]:
        from airflow_chilipiper.booking.ledger.group_commit import GroupCommit

        commits = GroupCommit(ledger)

        async def sends(entry: Any) -> bool:
            await commits.update(entry)
            return ledger.get([entry.key])[entry.key].version == entry.version

        return await asyncio.gather(*(sends(changed(entry, "sent")) for entry in entries), return_exceptions=True)

    unrecorded = sum(answer is False for answer in within_ten_seconds(flow()))
    law(not unrecorded, f"I3: {unrecorded} flows send without a change on record")


def all_is_well() -> None:
    whoever_is_answered_is_on_record({})


def the_ledger_fails() -> None:
    whoever_is_answered_is_on_record({3: LedgerFailed("away")})


def nobody_waits_for_long() -> None:
    from airflow_chilipiper.booking.ledger.group_commit import GroupCommit

    law(updated_among_creations(GroupCommit) <= 1, "an update waits")
    law(created_among_updates(GroupCommit) <= UPDATES_FIRST + 1, "a creation waits")


MODULE = "booking.ledger.group_commit"
UPDATES_GO = "self._updates.waiting and (passed_over < UPDATES_FIRST or not others.waiting)"
MUTANTS = {
    "answers given to the wrong flows": Mutant(
        MODULE, "answers = iter(await", "answers = reversed(await", shown=("I3", all_is_well)
    ),
    "the answer of the first given to all": Mutant(
        MODULE,
        "own = [next(answers) for _ in entries]",
        "own = [(answers := list(answers))[-1]]",
        shown=("I3", all_is_well),
    ),
    "answered before the commit": Mutant(MODULE, "answers = await future", "return entries", shown=("I3", all_is_well)),
    "a commit that failed taken for done": Mutant(
        MODULE, "return [failed] * len(entries)", "return entries", shown=("I3", the_ledger_fails)
    ),
    "updates that starve creations": Mutant(
        MODULE, UPDATES_GO, "self._updates.waiting", shown=("a creation waits", nobody_waits_for_long)
    ),
    "creations that go before updates": Mutant(
        MODULE,
        UPDATES_GO,
        "self._updates.waiting and not others.waiting",
        shown=("an update waits", nobody_waits_for_long),
    ),
}


@pytest.mark.parametrize("what", MUTANTS)
def test_a_broken_group_commit_is_caught(what: str) -> None:
    catch(MUTANTS[what])
