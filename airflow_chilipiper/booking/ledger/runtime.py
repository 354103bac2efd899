"""What a flow that books can want from outside: calls, and a ledger to record them in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable, Sequence
from dataclasses import replace
from typing import Any, Protocol, TypeVar

from airflow_chilipiper.api.http.client_runtime import Asks, ClientRuntime
from airflow_chilipiper.api.pace.limiter import RateLimiter
from airflow_chilipiper.api.runtime import Runtime
from airflow_chilipiper.api.sessions import Sessions
from airflow_chilipiper.booking.guests import Guests
from airflow_chilipiper.booking.ledger.entry import EntriesLost, Entry, LedgerFailed
from airflow_chilipiper.booking.ledger.group_commit import GroupCommit
from airflow_chilipiper.booking.ledger.store import Ledger

T = TypeVar("T")
UNDOES_FOR, UNDO_PAUSE = 10.0, 0.5  # seconds


class LedgerRuntime(Runtime, Protocol):
    """A runtime with a ledger, for one run: it knows the `guests` of that, and the `sessions` that were offered.

    `unsent` are changes to `sent` whose call never left, since the ledger did not say whether they are on record.
    """

    unsent: list[Entry]
    guests: Guests
    sessions: Sessions

    async def get_or_create(self, entry: Entry, /) -> Entry:
        """What is on record for the entry's key; the entry itself, now on record, where nothing was."""

    async def update(self, entry: Entry, /) -> Entry:
        """Durable once it returns; else raises Conflict, MeetingTaken or LedgerFailed."""

    async def of_guest(self, entry: Entry, guest: str, /) -> Sequence[Entry]:
        """Entries of the same purpose that have, or may have, a meeting of this guest, by the guest's hash."""

    async def aside(self, wait: Awaitable[object], /) -> None:
        """Wait for another flow. In a batch nobody waits for this place."""

    async def later(self, seconds: float, key: Hashable, flow: Callable[[], Awaitable[T]], /) -> T:
        """What *flow* answers, begun at least so many seconds from now. In a batch nobody waits for this place.

        Whoever comes with an equal *key* before it begins may get the same answer.
        """


class RecordingRuntime(ClientRuntime):
    """Flows of one event loop that share a client, a pace and a ledger; their updates share commits."""

    def __init__(self, client: Asks, limiter: RateLimiter, ledger: Ledger, **settings: Any) -> None:
        super().__init__(client, limiter, **settings)
        self._commits = GroupCommit(ledger)
        self.update = self._commits.update
        self.guests = Guests()
        self.unsent: list[Entry] = []

    @property
    def lost(self) -> EntriesLost | None:
        """That the ledger has lost entries, once somebody was told so."""
        return self._commits.lost

    async def get_or_create(self, entry: Entry, /) -> Entry:
        return await self._commits.get_or_create(entry)

    async def undo_unsent(self) -> None:
        """Free the entries that may stand as `sent` though nothing left, for as long as the ledger may need to come
        back. Only this process knows that, and only of its own changes: whatever stands there instead stays.
        """
        end = self.now() + UNDOES_FOR
        while self.unsent and self.now() < end:
            undone = [entry.to_freed("nothing was sent: the ledger did not answer") for entry in self.unsent]
            answers = await self._commits.update_all(undone)
            self.unsent = [
                entry for entry, answer in zip(self.unsent, answers, strict=True) if isinstance(answer, LedgerFailed)
            ]
            if self.unsent:
                await super().pause(UNDO_PAUSE)

    async def of_guest(self, entry: Entry, guest: str, /) -> Sequence[Entry]:
        return await self._commits.of_guest(replace(entry, guest=guest))

    async def aside(self, wait: Awaitable[object], /) -> None:
        await wait

    async def later(self, seconds: float, _key: Hashable, flow: Callable[[], Awaitable[T]], /) -> T:
        await self.pause(seconds)
        return await flow()
