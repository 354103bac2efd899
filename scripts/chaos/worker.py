"""One try of a task instance, in a process of its own: the operators' path from the leads on, without Airflow."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection
from typing import TypeVar

import sqlalchemy as sa

from airflow_chilipiper.api.call import Call
from airflow_chilipiper.api.http.client import Client
from airflow_chilipiper.api.http.settings import ClientSettings
from airflow_chilipiper.api.pace.limiter import RateLimiter
from airflow_chilipiper.booking.batch.batch import Batch
from airflow_chilipiper.booking.batch.runtime import BatchRuntime
from airflow_chilipiper.booking.ledger.sql.ledger import SqlLedger
from airflow_chilipiper.booking.ledger.store import Ledger
from scripts.chaos.broken import CLIENTS, LEDGERS
from scripts.chaos.campaign import Campaign

T = TypeVar("T")
LEADS_AT_ONCE = 4
LONGEST_PAUSE = 0.1


@dataclass(frozen=True, kw_only=True)
class Try:
    """What a worker is asked. `broken` names a protocol that is not ours."""

    campaign: Campaign
    run: str
    number: int
    ledger_url: str
    settings: ClientSettings
    broken: str | None = None

    @property
    def sender(self) -> str:
        return f"chaos/{self.run}/book/-1#{self.number}"


def work(this: Try, booking: Connection) -> None:
    """*booking* is closed at the first booking call, or at the end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # which a terminal sends to all; whoever started us ends us
    ledger = LEDGERS.get(this.broken, SqlLedger)(sa.create_engine(this.ledger_url, hide_parameters=True))
    ledger.create()
    leads = this.campaign.leads(sender=this.sender)
    Batch(
        enumerate(leads),
        partial(open_runtime, this, ledger, booking.close),
        on_outcome=lambda *_: None,
        at_once=LEADS_AT_ONCE,
    ).run()


@asynccontextmanager
async def open_runtime(this: Try, ledger: Ledger, announce: Callable[[], None]) -> AsyncIterator[BatchRuntime]:
    async with CLIENTS.get(this.broken, Client)(this.settings) as client:
        yield BatchRuntime(Announcing(client, announce), RateLimiter(None), ledger, sleep=briefly)


async def briefly(seconds: float) -> None:
    """Whoever is killed every second learns nothing in the half second before a call is asked again."""
    await asyncio.sleep(min(seconds, LONGEST_PAUSE))


class Announcing:
    """A client that announces each booking call: the entry stands at `sent`, and the call is about to leave."""

    def __init__(self, client: Client, announce: Callable[[], None]) -> None:
        self.clock = client.clock
        self._client, self._announce = client, announce

    async def ask(self, call: Call[T], /) -> T:
        if not call.repeatable:
            self._announce()
        return await self._client.ask(call)
