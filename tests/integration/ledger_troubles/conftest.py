"""The ledger's database behind the Airflow connection `ledger`, and what its owner sees of it."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa

from airflow_chilipiper.api.call import Interval
from airflow_chilipiper.api.http.client import Client
from airflow_chilipiper.api.pace.limiter import RateLimiter
from airflow_chilipiper.api.patterns.concierge import Concierge
from airflow_chilipiper.booking.batch.runtime import BatchRuntime
from airflow_chilipiper.booking.lead import Lead
from airflow_chilipiper.booking.ledger.entry import LedgerFailed
from airflow_chilipiper.booking.ledger.sql.ledger import SqlLedger
from airflow_chilipiper.booking.ledger.store import Ledger
from airflow_chilipiper.hooks import read_settings
from airflow_chilipiper.operators import ConciergeBookOperator, col
from airflow_chilipiper.version_compat import AirflowFailException
from tests import leads
from tests.booking_task import Desk, chili, clock, desk, lead, warehouse
from tests.integration.ledger_troubles.line import Line
from tests.unit.booking.batch.kept_batch import KeptBatch

try:
    from airflow.sdk.providers_manager_runtime import ProvidersManagerTaskRuntime as Providers
except ImportError:  # before 3.2
    from airflow.providers_manager import ProvidersManager as Providers

__all__ = ["chili", "clock", "desk", "warehouse"]  # fixtures

Clock = Callable[[], float]
HOOK = SimpleNamespace(
    hook_class_name="tests.integration.ledger_troubles.mysql_hook.MySqlHook",
    connection_id_attribute_name="mysql_conn_id",
)
TYPES = {"postgresql": "postgres", "mysql": "mysql"}


@dataclass
class Home:
    """An empty database for the ledger. `engine` is the owner's own, past every line and every trouble."""

    engine: sa.engine.Engine
    monkeypatch: pytest.MonkeyPatch

    @property
    def kind(self) -> str:
        return self.engine.dialect.name

    def connect(self, *, extra: Mapping[str, str] = {}, **fields: Any) -> None:
        """Have Airflow's connection lead here, but for these *fields*. On MySQL its user is not the owner."""
        url = self.engine.url
        known: dict[str, Any] = {"conn_type": "sqlite", "host": url.database}
        if self.kind != "sqlite":
            user = url.database if self.kind == "mysql" else url.username
            known = {"conn_type": TYPES[self.kind], "host": url.host, "port": url.port, "login": user}
            known |= {"password": url.password, "schema": url.database}
        self.monkeypatch.setenv("AIRFLOW_CONN_LEDGER", json.dumps(known | fields | {"extra": extra}))

    def make(self) -> None:
        """The table, as an earlier run has left it."""
        SqlLedger(sa.create_engine(self.engine.url, poolclass=sa.pool.NullPool)).create()

    def execute(self, *statements: str) -> None:
        with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as db:
            for statement in statements:
                db.exec_driver_sql(statement)

    def states(self) -> dict[str, str]:
        """By the session of each entry."""
        with self.engine.connect() as db:
            return dict(db.exec_driver_sql("select session, state from chilipiper_ledger").all())


@pytest.fixture
def home(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    """The database that the test's parameter names, and Airflow's connection to it."""
    name = request.param
    url = f"sqlite:///{tmp_path}/ledger.db" if name == "sqlite" else request.getfixturevalue(f"{name}_url")
    monkeypatch.setitem(Providers().hooks, "mysql", HOOK)
    engine = sa.create_engine(url, poolclass=sa.pool.NullPool)
    found, own = Home(engine, monkeypatch), engine.url.database
    password = f" identified by '{engine.url.password}'" if engine.url.password else ""
    if name == "mariadb":
        found.execute(f"create user {own}{password}", f"grant all on {own}.* to {own}")
    found.connect()
    yield found
    if name == "mariadb":
        found.execute(f"drop user {own}")


@pytest.fixture
def line(home: Home) -> Iterator[Line]:
    """Between Airflow's connection and the server."""
    url = home.engine.url
    assert url.host
    assert url.port
    line = Line(url.host, url.port)
    home.connect(port=line.port)
    yield line
    line.close()


class Judge:
    """Hears of each meeting right after it was made, while its answer is held back.

    `unrecorded` are the sessions that were spent without a `sent` entry on record: I3.
    """

    def __init__(self, desk: Desk, home: Home, *, then: Callable[[int], object] = bool) -> None:
        self.unrecorded: list[str] = []
        self._desk, self._home, self._then, self._seen = desk, home, then, 0
        desk.clock.alarm = self._look

    def _look(self) -> None:
        self._desk.clock.alarm = bool  # type: ignore[assignment]  # to ask for the meetings reads the clock
        for meeting in self._desk.chili.meetings[self._seen :]:
            self._seen += 1
            if self._home.states().get(meeting["session"]) != "sent":
                self.unrecorded.append(meeting["session"])
            self._then(self._seen)
        self._desk.clock.alarm = self._look


LEADS = [lead(str(number)) for number in range(6)]


def task(desk: Desk, leads: Sequence[Any] = LEADS, **arguments: Any) -> Any:
    """A booking task over that ledger, one lead after another; a look at the meeting list settles what it finds."""
    desk.connect(meeting_list_lag=0)
    given = {"router_slug": "inbound-demo", "trigger": "InAppButton", "form": {"PersonEmail": col("email")}}
    given |= {"lead_key": col("lead_id"), "ledger_conn_id": "ledger", "leads_at_once": 1}
    return desk.make(ConciergeBookOperator, leads=list(leads), **given | arguments)


def nothing_is_sent(desk: Desk, message: str) -> None:
    """A task fails, says why, and may be tried again; every lead has its outcome."""
    calls = len(desk.chili.calls)
    why = f"the ledger over connection 'ledger' cannot be used: .*{re.escape(message)}"
    with pytest.raises(LedgerFailed, match=why) as raised:
        desk.run(task(desk))
    assert not isinstance(raised.value, AirflowFailException)
    assert desk.statuses() == ["not_attempted"] * len(LEADS)
    assert len(desk.chili.calls) == calls


def batch_of(
    ledger: Ledger,
    leads: Sequence[Lead] | None = None,
    *,
    clock: Clock = time.monotonic,
    wall: Clock = time.time,
    **options: Any,
) -> KeptBatch:
    """The same leads and runtime as in a task, by clocks of the test's own and without its pauses."""

    @asynccontextmanager
    async def open_runtime() -> AsyncIterator[BatchRuntime]:
        async with Client(read_settings("chilipiper_default").client, clock=clock) as client:
            yield BatchRuntime(client, RateLimiter(None), ledger, wall=wall, sleep=lambda _: asyncio.sleep(0))

    return KeptBatch(leads or [a_lead(entry) for entry in LEADS], open_runtime, **options)


def a_lead(entry: Mapping[str, Any], **facts: Any) -> Lead:
    email = entry["email"]
    pattern = Concierge(router_slug="inbound-demo", trigger="InAppButton", form={"PersonEmail": email}, guest=email)
    interval = Interval(datetime.now(UTC))
    return leads.a_lead(purpose="q3", key=entry["lead_id"], pattern=pattern, interval=interval, **facts)
