"""One database under siege: pairs of runs that book the same leads at the same time, while their workers are struck."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field

import sqlalchemy as sa

from airflow_chilipiper.api.http.settings import ClientSettings
from airflow_chilipiper.booking.doubt.bounds import InDoubt
from airflow_chilipiper.booking.ledger.sql.ledger import SqlLedger
from airflow_chilipiper.booking.ledger.store import pages
from airflow_chilipiper.sandbox import Sandbox, sandbox
from scripts.chaos.blows import Blows
from scripts.chaos.campaign import CALL_TIMEOUT, Campaign
from scripts.chaos.judge import Finding, judge
from scripts.chaos.process import warm_up
from scripts.chaos.report import Report
from scripts.chaos.task import TaskInstance
from scripts.chaos.worker import Try

HOSTS = 200  # so that there are slots for everybody
LATENCY = 0.02
FAULT_RATE = 0.06
RETRY_AFTER = 0.1
LIST_LAG = 0.1  # of the 0.2 seconds that the leads' bounds allow
SESSION_LIFETIME = 3.0
RUNS = ("a", "b")
POLICIES: tuple[InDoubt, ...] = ("hold", "rebook")


@dataclass(frozen=True, kw_only=True)
class Orders:
    """*pairs* of runs at a time, each with *leads* of its own, until there were enough kills and pauses."""

    kills: int
    pauses: int
    seed: int = 0
    pairs: int = 2
    leads: int = 60
    broken: str | None = None


def besiege(database: str, ledger_url: str, orders: Orders) -> Report:
    """Nobody kills the sandbox; what it has on record at the end is the truth."""
    warm_up()
    with sandbox(hosts=HOSTS, seed=orders.seed, latency=LATENCY) as box:
        box.faults.at_random(FAULT_RATE, seed=orders.seed, retry_after=RETRY_AFTER)
        box.faults.lagging_list(LIST_LAG)
        box.tenant.session_seconds["concierge"] = SESSION_LIFETIME
        siege = Siege(box, ledger_url, orders)
        begun = time.monotonic()
        asyncio.run(siege.run())
        return siege.report(database, time.monotonic() - begun)


@dataclass
class Siege:
    box: Sandbox
    ledger_url: str
    orders: Orders
    campaigns: list[Campaign] = field(default_factory=list)
    tries: int = 0

    def __post_init__(self) -> None:
        self.blows = Blows(seed=self.orders.seed, kills=self.orders.kills, pauses=self.orders.pauses)
        self.ledger = SqlLedger(sa.create_engine(self.ledger_url, poolclass=sa.pool.NullPool))
        self.ledger.create()

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            for _ in range(self.orders.pairs):
                group.create_task(self._pairs())

    async def _pairs(self) -> None:
        while any(self.blows.left.values()):
            number = len(self.campaigns)
            campaign = Campaign(f"campaign-{number}", self.orders.leads, POLICIES[number % 2])
            self.campaigns.append(campaign)
            tasks = [TaskInstance(self._first(campaign, run), self.blows, self.ledger) for run in RUNS]
            await asyncio.gather(*(task.run() for task in tasks))
            self.tries += sum(task.tries for task in tasks)

    def _first(self, campaign: Campaign, run: str) -> Try:
        settings = ClientSettings(base_url=self.box.url, token=self.box.token, timeout=CALL_TIMEOUT, verify=False)
        return Try(
            campaign=campaign,
            run=run,
            number=1,
            ledger_url=self.ledger_url,
            settings=settings,
            broken=self.orders.broken,
        )

    def report(self, database: str, seconds: float) -> Report:
        return Report(
            database=database,
            findings=self._findings(),
            kills=self.blows.kills,
            pauses=self.blows.pauses,
            restarts=self.tries - len(RUNS) * len(self.campaigns),
            seconds=seconds,
        )

    def _findings(self) -> list[Finding]:
        with self.box.tenant.lock:
            self.box.tenant.tick()  # what was to be committed late
        on_record = {entry.key: entry for page in pages(self.ledger) for entry in page}
        return judge(self.campaigns, on_record, self.box.meetings)
