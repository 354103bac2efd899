"""The two real Worlds with a ledger: one blocks, for one booking; one waits, for a batch."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any

from airflow_chilipiper.api.http.client_runtime import AsksAwaiting, AsksBlocking, AwaitingWorld, BlockingWorld
from airflow_chilipiper.api.pace.limiter import AwaitingTurns, BlockingTurns
from airflow_chilipiper.booking.batch.admission import Starting
from airflow_chilipiper.booking.ledger.entry import Row
from airflow_chilipiper.booking.ledger.group_commit import GroupCommit
from airflow_chilipiper.booking.ledger.store import Ledger


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

    def __init__(self) -> None:
        super().__init__("the task is being stopped")


class BatchWorld(AwaitingWorld):
    """Its verbs wait in one loop; marks of many flows share a commit.

    Once it is stopped, whoever waits for a turn or pauses gets Stopping. So no booking begins, while a call that is
    under way is answered and marked.
    """

    def __init__(self, client: AsksAwaiting, turns: AwaitingTurns, ledger: Ledger, **clocks: Any) -> None:
        super().__init__(client, turns, **clocks)
        self._commits = GroupCommit(ledger)
        self.mark = self._commits.mark
        self._begun: dict[str, Row] = {}
        self._stopping = False
        self._waiting: set[asyncio.Task[Any]] = set()
        self.starting = Starting(lambda: turns.rate)

    async def begin_all(self, rows: Sequence[Row], /) -> None:
        """What is on record for leads that are to come, in one transaction; `begin` gives each of them its row."""
        self._begun |= {row.key: row for row in await self._commits.begin_all(rows)}

    async def begin(self, row: Row, /) -> Row:
        return self._begun.pop(row.key, None) or await self._commits.begin(row)

    async def turn(self, *, urgent: bool = False) -> None:
        await self._unless_stopping(super().turn(urgent=urgent))
        self.starting.has_begun(asyncio.current_task())

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
