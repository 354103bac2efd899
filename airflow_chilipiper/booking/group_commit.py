"""Marks of many flows in one transaction: a disk sync costs the same for one row as for sixty."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from airflow_chilipiper.booking.ledger import Ledger, LedgerFailed, Row

Answer = Row | Exception
Commit = Callable[[Sequence[Row]], Sequence[Answer]]


class GroupCommit:
    """What is to be written while one group commits is the next group. The ledger is used by one thread at a time."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._waiting: list[tuple[Commit, Row, asyncio.Future[Answer]]] = []
        self._committing: asyncio.Task[None] | None = None

    async def begin(self, row: Row) -> Row:
        return await self._join(self._ledger.begin, row)

    async def mark(self, row: Row) -> Row:
        return await self._join(self._ledger.mark, row)

    async def _join(self, commit: Commit, row: Row) -> Row:
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((commit, row, future))
        if self._committing is None or self._committing.done():
            self._committing = asyncio.create_task(self._run())
        answer = await future
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def _run(self) -> None:
        while self._waiting:
            group, self._waiting = self._waiting, []
            for commit in {commit: None for commit, _, _ in group}:
                mine = [(row, future) for kind, row, future in group if kind == commit]
                answers = await self._commit(commit, [row for row, _ in mine])
                for (_, future), answer in zip(mine, answers, strict=True):
                    if not future.done():
                        future.set_result(answer)

    async def _commit(self, commit: Commit, rows: list[Row]) -> Sequence[Answer]:
        try:
            return await asyncio.to_thread(commit, rows)
        except asyncio.CancelledError:
            raise
        except BaseException as error:  # noqa: BLE001  # every flow of the group is told
            failed = error if isinstance(error, Exception) else LedgerFailed(type(error).__name__)
            return [failed] * len(rows)
