"""Marks of many flows in one transaction: a disk sync costs the same for one row as for sixty."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from airflow_chilipiper.booking.ledger.entry import LedgerFailed, Row
from airflow_chilipiper.booking.ledger.store import Ledger

Answer = Row | Exception
Commit = Callable[[Sequence[Row]], Sequence[Answer]]
Waiting = list[tuple[Sequence[Row], asyncio.Future[Sequence[Answer]]]]
GAP = 0.02  # seconds from a commit to the next of marks alone: a sync and its CPU are then shared by more of them
MARKS_FIRST = 8  # commits of marks that go before a beginning, which nobody with an open session waits for


class GroupCommit:
    """What is to be written while one group commits is the next group. The ledger is used by one thread at a time.

    A mark waits for two commits at most, the one under way and its own; but leads are begun after eight, if not before.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._marks, self._beginnings = _Kind(ledger.mark), _Kind(ledger.begin)
        self._committing: asyncio.Task[None] | None = None
        self._next_at = 0.0

    async def begin(self, row: Row) -> Row:
        return _row(*await self._join(self._beginnings, [row]))

    async def mark(self, row: Row) -> Row:
        return _row(*await self._join(self._marks, [row]))

    async def begin_all(self, rows: Sequence[Row]) -> Sequence[Row]:
        return [_row(answer) for answer in await self._join(self._beginnings, rows)]

    async def _join(self, kind: _Kind, rows: Sequence[Row]) -> Sequence[Answer]:
        future: asyncio.Future[Sequence[Answer]] = asyncio.get_running_loop().create_future()
        kind.waiting.append((rows, future))
        if self._committing is None or self._committing.done():
            self._committing = asyncio.create_task(self._run())
        return await future

    async def _run(self) -> None:
        loop, passed_over = asyncio.get_running_loop(), 0
        while self._marks.waiting or self._beginnings.waiting:
            await asyncio.sleep(0 if self._beginnings.waiting else self._next_at - loop.time())
            self._next_at = loop.time() + GAP
            marks_go = self._marks.waiting and (passed_over < MARKS_FIRST or not self._beginnings.waiting)
            passed_over = passed_over + 1 if marks_go and self._beginnings.waiting else 0
            await (self._marks if marks_go else self._beginnings).commit()


class _Kind:
    """What waits for one kind of transaction."""

    def __init__(self, write: Commit) -> None:
        self.waiting: Waiting = []
        self._write = write

    async def commit(self) -> None:
        """One transaction for all that wait; each is told its own."""
        group, self.waiting = self.waiting, []
        answers = iter(await self._written([row for rows, _ in group for row in rows]))
        for rows, future in group:
            own = [next(answers) for _ in rows]
            if not future.done():
                future.set_result(own)

    async def _written(self, rows: Sequence[Row]) -> Sequence[Answer]:
        try:
            answers = await asyncio.to_thread(self._write, rows)
            if len(answers) != len(rows):
                raise LedgerFailed(f"the ledger has {len(answers)} answers to {len(rows)} rows")
            return answers
        except asyncio.CancelledError:
            raise
        except BaseException as error:  # noqa: BLE001  # every flow of the group is told
            failed = error if isinstance(error, Exception) else LedgerFailed(type(error).__name__)
            return [failed] * len(rows)


def _row(answer: Answer) -> Row:
    if isinstance(answer, Exception):
        raise answer
    return answer
