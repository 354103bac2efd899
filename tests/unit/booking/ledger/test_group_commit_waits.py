"""How long a change and a creation wait for their commit."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from itertools import count, cycle
from typing import Any

from airflow_chilipiper.booking.ledger.group_commit import UPDATES_FIRST, GroupCommit
from tests.entries import changed
from tests.unit.booking.ledger.test_group_commit import Watched, all_wait, an_entry, within_ten_seconds


@asynccontextmanager
async def always_waiting(verb: Callable[[], Coroutine[Any, Any, object]], ledger: Watched) -> AsyncIterator[None]:
    """One or other of two flows waits for its next commit at any time, for a hundred commits at most."""

    async def endlessly() -> None:
        while not over.is_set() and len(ledger.groups) < 100:
            await verb()

    over, flows = asyncio.Event(), list[asyncio.Task[None]]()
    ledger.go.clear()
    for _ in range(2):  # of which the second comes while the first is being committed
        flows.append(asyncio.create_task(endlessly()))
        await all_wait()
    ledger.go.set()
    yield
    over.set()
    await asyncio.gather(*flows)


def updated_among_creations(kind: type[GroupCommit] = GroupCommit) -> int:
    """How many commits each of three updates saw start before its own at most, while leads are created all the time."""
    ledger, keys = Watched(waits=False), map(str, count())

    async def flow() -> int:
        commits, waited = kind(ledger), 0
        entry = await commits.get_or_create(an_entry("updated"))
        async with always_waiting(lambda: commits.get_or_create(an_entry(next(keys))), ledger):
            for _ in range(3):
                before = len(ledger.groups)
                entry = await commits.update(changed(entry, "sent"))
                waited = max(waited, ledger.groups.index(("update", ["updated"]), before) - before)
        return waited

    return within_ten_seconds(flow())


def created_among_updates(kind: type[GroupCommit] = GroupCommit) -> int:
    """How many commits a creation saw start before its own, where leads are updated all the time."""
    ledger, keys = Watched(waits=False), cycle("ab")

    async def flow() -> int:
        commits = kind(ledger)
        entries = {entry.key: entry for entry in await commits.get_or_create_all([an_entry(key) for key in "ab"])}

        async def update() -> None:
            entry = entries[next(keys)]
            entries[entry.key] = await commits.update(changed(entry, "sent"))

        async with always_waiting(update, ledger):
            before = len(ledger.groups)
            await commits.get_or_create(an_entry("begun"))
        return ledger.groups.index(("create", ["begun"])) - before

    return within_ten_seconds(flow())


def test_an_update_waits_for_the_commit_under_way_and_its_own_however_many_are_created() -> None:
    """Whoever updates has an open session, which does not get younger."""
    assert updated_among_creations() <= 1


def test_a_creation_is_passed_over_so_many_times_and_no_more() -> None:
    assert UPDATES_FIRST <= created_among_updates() <= UPDATES_FIRST + 1
