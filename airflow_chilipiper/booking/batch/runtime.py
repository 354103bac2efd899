"""The runtime of a batch: it can be stopped."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Hashable, Sequence
from typing import Any, TypeVar

from airflow_chilipiper.api.http.client_runtime import Asks
from airflow_chilipiper.api.pace.limiter import RateLimiter
from airflow_chilipiper.booking.batch.admission import Admission
from airflow_chilipiper.booking.batch.shared_flows import SharedFlows
from airflow_chilipiper.booking.lead import Lead
from airflow_chilipiper.booking.ledger.entry import Entry
from airflow_chilipiper.booking.ledger.runtime import RecordingRuntime
from airflow_chilipiper.booking.ledger.store import Ledger
from airflow_chilipiper.booking.outcome import Outcome
from airflow_chilipiper.booking.outcome_rules import already_booked

T = TypeVar("T")


class Stopping(Exception):
    """The batch is being stopped: nothing new may begin."""

    def __init__(self) -> None:
        super().__init__("the task is being stopped")


class BatchRuntime(RecordingRuntime):
    """Its verbs wait in one loop; updates of many flows share a commit.

    Once it is stopped, whoever waits for a place in the pace or pauses gets Stopping. So no booking begins, while a
    call that is under way is answered and recorded.
    """

    def __init__(self, client: Asks, limiter: RateLimiter, ledger: Ledger, **settings: Any) -> None:
        super().__init__(client, limiter, ledger, **settings)
        self._begun: dict[str, Entry] = {}
        self._of_guest: dict[tuple[str, str], Sequence[Entry]] = {}
        self._stopping = False
        self._waiting: set[asyncio.Task[Any]] = set()
        self.admission = Admission(lambda: limiter.rate)
        self._shared = SharedFlows(self.pause)

    async def prepare(self, leads: Sequence[Lead], /) -> None:
        """Get or create the entries of leads to come in one transaction, and look in one for others of their guests;
        `get_or_create` and `of_guest` then return those of each.
        """
        entries = [lead.new_entry() for lead in leads]
        found = await self._commits.get_or_create_all(entries)
        self._begun |= {entry.key: entry for entry in found}
        wanted = [
            lead.new_entry()
            for lead, entry in zip(leads, found, strict=True)
            if entry.state == "planned" and lead.pattern.guest and not lead.policy.repeated_guests
        ]
        others = await self._commits.of_guests(wanted) if wanted else ()
        self._of_guest |= {(entry.key, entry.guest): each for entry, each in zip(wanted, others, strict=True)}

    def already_booked(self, lead: Lead) -> Outcome | None:
        """The outcome of a lead to come that is booked on record."""
        entry = self._begun.get(lead.entry_key)
        outcome = already_booked(entry, lead, self.wall()) if entry else None
        if outcome:
            del self._begun[lead.entry_key]
        return outcome

    async def get_or_create(self, entry: Entry, /) -> Entry:
        return self._begun.pop(entry.key, None) or await super().get_or_create(entry)

    async def of_guest(self, entry: Entry, guest: str, /) -> Sequence[Entry]:
        known = self._of_guest.pop((entry.key, guest), None)
        return await super().of_guest(entry, guest) if known is None else known

    async def aside(self, wait: Awaitable[object], /) -> None:
        with self.admission.aside():
            await self._unless_stopping(wait)

    async def acquire(self, *, priority: bool = False) -> None:
        await self._unless_stopping(super().acquire(priority=priority))
        self.admission.has_begun(asyncio.current_task())

    async def pause(self, seconds: float, /) -> None:
        await self._unless_stopping(super().pause(seconds))

    async def later(self, seconds: float, key: Hashable, flow: Callable[[], Awaitable[T]], /) -> T:
        with self.admission.aside():
            await self.pause(seconds)
            return await self._shared.answer(key, flow)

    def stop(self) -> None:
        """To be called in the loop."""
        if self._stopping:
            return
        self._stopping = True
        for task in self._waiting:
            task.cancel()
        self._waiting.clear()

    async def _unless_stopping(self, wait: Awaitable[object]) -> None:
        task = asyncio.current_task()
        if self._stopping or task is None:
            if isinstance(wait, Coroutine):
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
