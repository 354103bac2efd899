"""The two real Worlds with a ledger: one blocks, for one booking; one waits, for a batch."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from airflow_chilipiper.api.turns import AwaitingTurns, BlockingTurns
from airflow_chilipiper.api.worlds import AsksAwaiting, AsksBlocking, AwaitingWorld, BlockingWorld
from airflow_chilipiper.booking.group_commit import GroupCommit
from airflow_chilipiper.booking.ledger import Ledger, Row


class SingleWorld(BlockingWorld):
    """Its verbs block; each mark is a transaction of its own."""

    def __init__(self, client: AsksBlocking, turns: BlockingTurns, ledger: Ledger, **clocks: Any) -> None:
        super().__init__(client, turns, **clocks)
        self._ledger = ledger

    async def begin(self, row: Row, /) -> Row:
        return self._ledger.begin([row])[0]

    async def mark(self, row: Row, /) -> Row:
        answer = self._ledger.mark([row])[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


class Stopping(Exception):
    """The batch is being stopped: nothing new may begin."""


class BatchWorld(AwaitingWorld):
    """Its verbs wait in one loop; marks of many flows share a commit.

    Once it is stopped, whoever waits for a turn or pauses gets Stopping. So no booking begins, while a call that is
    under way is answered and marked.
    """

    def __init__(self, client: AsksAwaiting, turns: AwaitingTurns, ledger: Ledger, **clocks: Any) -> None:
        super().__init__(client, turns, **clocks)
        commits = GroupCommit(ledger)
        self.begin, self.mark = commits.begin, commits.mark
        self._stopping = False
        self._waiting: set[asyncio.Task[Any]] = set()

    async def turn(self, *, urgent: bool = False) -> None:
        await self._unless_stopping(super().turn(urgent=urgent))

    async def pause(self, seconds: float, /) -> None:
        await self._unless_stopping(super().pause(seconds))

    def stop(self) -> None:
        """To be called in the loop."""
        if self._stopping:
            return
        self._stopping = True
        for task in self._waiting:
            task.cancel()
        self._waiting.clear()

    async def _unless_stopping(self, wait: Coroutine[Any, Any, None]) -> None:
        task = asyncio.current_task()
        if self._stopping or task is None:
            wait.close()
            raise Stopping
        self._waiting.add(task)
        try:
            await wait
        except asyncio.CancelledError:
            if task in self._waiting:  # cancelled by somebody else
                raise
            task.uncancel()
            raise Stopping from None
        finally:
            self._waiting.discard(task)
