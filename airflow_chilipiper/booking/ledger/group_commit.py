"""Changes of many flows in one transaction: a disk sync costs the same for one entry as for sixty."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeVar

from airflow_chilipiper.booking.ledger.entry import EntriesLost, Entry, LedgerFailed
from airflow_chilipiper.booking.ledger.store import Ledger, of_same_guests

T = TypeVar("T")
Commit = Callable[[Sequence[Entry]], Sequence[Any]]
Waiting = list[tuple[Sequence[Entry], asyncio.Future[Sequence[Any]]]]
GAP = 0.02  # seconds from a commit to the next of updates alone: a sync and its CPU are then shared by more of them
UPDATES_FIRST = 8  # commits of updates that go before a creation, for which nobody with an open session waits


class GroupCommit:
    """What is to be written while one group commits is the next group. The ledger is used by one thread at a time.

    An update waits for two commits at most, the one under way and its own; but entries are created after eight, if not
    before.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._updates, self._creations = _Kind(ledger.update), _Kind(ledger.get_or_create)
        self._guests = _Kind(partial(of_same_guests, ledger))
        self._committing: asyncio.Task[None] | None = None
        self._next_at = 0.0
        self.lost: EntriesLost | None = None

    async def get_or_create(self, entry: Entry) -> Entry:
        (found,) = await self.get_or_create_all([entry])
        return found

    async def update(self, entry: Entry) -> Entry:
        changed: Sequence[Entry | Exception] = await self._join(self._updates, [entry])
        return _answer(changed[0])

    async def update_all(self, entries: Sequence[Entry]) -> Sequence[Entry | Exception]:
        """What came of each."""
        return await self._join(self._updates, entries)

    async def get_or_create_all(self, entries: Sequence[Entry]) -> Sequence[Entry]:
        return [_answer(answer) for answer in await self._join(self._creations, entries)]

    async def of_guest(self, entry: Entry) -> Sequence[Entry]:
        (others,) = await self.of_guests([entry])
        return others

    async def of_guests(self, entries: Sequence[Entry]) -> Sequence[Sequence[Entry]]:
        """Of each, the entries of its purpose that have, or may have, a meeting of its guest."""
        return [_answer(answer) for answer in await self._join(self._guests, entries)]

    async def _join(self, kind: _Kind, entries: Sequence[Entry]) -> Sequence[Any]:
        future: asyncio.Future[Sequence[Any]] = asyncio.get_running_loop().create_future()
        kind.waiting.append((entries, future))
        if self._committing is None or self._committing.done():
            self._committing = asyncio.create_task(self._run())
        answers = await future
        self.lost = next((each for each in answers if isinstance(each, EntriesLost)), self.lost)
        return answers

    async def _run(self) -> None:
        loop, passed_over = asyncio.get_running_loop(), 0
        while self._updates.waiting or self._creations.waiting or self._guests.waiting:
            hurries = self._creations.waiting or self._guests.waiting
            await asyncio.sleep(0 if hurries else self._next_at - loop.time())
            others = self._creations if self._creations.waiting else self._guests
            self._next_at = loop.time() + GAP
            updates_go = self._updates.waiting and (passed_over < UPDATES_FIRST or not others.waiting)
            passed_over = passed_over + 1 if updates_go and others.waiting else 0
            await (self._updates if updates_go else others).commit()


class _Kind:
    """What waits for one kind of transaction."""

    def __init__(self, write: Commit) -> None:
        self.waiting: Waiting = []
        self._write = write

    async def commit(self) -> None:
        """One transaction for all that wait; each gets its own answer."""
        group, self.waiting = self.waiting, []
        answers = iter(await self._written([entry for entries, _ in group for entry in entries]))
        for entries, future in group:
            own = [next(answers) for _ in entries]
            if not future.done():
                future.set_result(own)

    async def _written(self, entries: Sequence[Entry]) -> Sequence[Any]:
        try:
            answers = await asyncio.to_thread(self._write, entries)
            if len(answers) != len(entries):
                raise LedgerFailed(f"the ledger has {len(answers)} answers to {len(entries)} entries")
            return answers
        except asyncio.CancelledError:
            raise
        except BaseException as error:  # noqa: BLE001  # every flow of the group gets it
            failed = error if isinstance(error, Exception) else LedgerFailed(type(error).__name__)
            return [failed] * len(entries)


def _answer(answer: T | Exception) -> T:
    if isinstance(answer, Exception):
        raise answer
    return answer
