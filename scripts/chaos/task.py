"""A task instance: one try after another, each a process that may be killed or paused, until nothing is left to do."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field, replace

from airflow_chilipiper.booking.ledger.entry import State
from airflow_chilipiper.booking.ledger.sql.ledger import SqlLedger
from scripts.chaos.blows import Blow, Blows
from scripts.chaos.process import Worker
from scripts.chaos.worker import Try

SENT: tuple[State, ...] = ("sent",)
UNSETTLED: tuple[State, ...] = ("planned", *SENT, "unknown")
RETRY_DELAY = 0.25
MOST_ENDINGS = 40  # of tries that nothing befell: what they leave unsettled, no further one would settle
HANGS = 300.0


@dataclass
class TaskInstance:
    """Starts the next try when one has ended, was killed or is paused; who is continued finds its successor at work."""

    first: Try
    blows: Blows
    ledger: SqlLedger
    _workers: list[Worker] = field(default_factory=list)
    _paused: list[asyncio.Task[bool]] = field(default_factory=list)

    @property
    def tries(self) -> int:
        return len(self._workers)

    async def run(self) -> None:
        try:
            await self._retry()
            while self._paused:
                await self._paused.pop()
                await self._retry()  # a lead may have been set free and sent since, by one who was killed then
        finally:
            for worker in self._workers:
                worker.kill()

    async def _retry(self) -> None:
        endings = 0
        while endings < MOST_ENDINGS:
            ended = await self._try()
            if ended and await self._is_settled():
                return
            endings += ended
            await asyncio.sleep(RETRY_DELAY * ended)

    async def _try(self) -> bool:
        """Whether it came to its end by itself."""
        this = replace(self.first, number=self.tries + 1)
        self._workers.append(Worker(this))
        return await self._live(self._workers[-1], this)

    async def _live(self, worker: Worker, this: Try) -> bool:
        blow = self.blows.draw()
        if blow and blow.waits:
            await worker.books()
        if await worker.ends(within=blow.after if blow else HANGS):
            return worker.succeeded
        if blow is None:
            raise TimeoutError(f"{this.sender} hangs: nothing befell it, and it has not ended in {HANGS:.0f} s")
        if blow.kind == "kill":
            await self._kill(worker, this)
        else:
            self._paused.append(asyncio.create_task(self._pause(worker, this, blow)))
        return False

    async def _kill(self, worker: Worker, this: Try) -> None:
        worker.kill()
        await worker.ends(within=HANGS)
        if worker.was_killed:
            self.blows.kills.done += 1
            self.blows.kills.in_flight += await self._is_in_flight(this)

    async def _pause(self, worker: Worker, this: Try, blow: Blow) -> bool:
        with suppress(ProcessLookupError):
            worker.stop()
            self.blows.pauses.done += 1
            looking = asyncio.create_task(self._is_in_flight(this))  # which may have to wait for a lock of the worker's
            await asyncio.sleep(blow.length)
            worker.go_on()
            self.blows.pauses.in_flight += await looking
        return await self._live(worker, this)

    async def _is_in_flight(self, this: Try) -> bool:
        """Whether the ledger says of any lead that this very try may be booking it."""
        sent = await asyncio.to_thread(self.ledger.list, states=SENT, purpose=this.campaign.purpose)
        return any(entry.sender == this.sender for entry in sent)

    async def _is_settled(self) -> bool:
        purpose = self.first.campaign.purpose
        return not await asyncio.to_thread(self.ledger.list, states=UNSETTLED, purpose=purpose, limit=1)
