"""The ledger in the task state store of a real Airflow: what a task's second try knows of its first."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from airflow import sdk

from airflow_chilipiper.api import errors
from airflow_chilipiper.api.call import Call
from airflow_chilipiper.api.pace.limiter import RateLimiter
from airflow_chilipiper.booking.batch.runtime import BatchRuntime
from airflow_chilipiper.booking.ledger.entry import Entry, LedgerFailed, new_version
from airflow_chilipiper.booking.ledger.task_state import TaskStateLedger
from airflow_chilipiper.operators import SchedulingLinkBookOperator, col
from airflow_chilipiper.sandbox import sandbox
from tests.entries import changed
from tests.fake_chilipiper import FakeChiliPiper, a_lead
from tests.unit.booking.batch.kept_batch import KeptBatch

NEVER_EXPIRE = getattr(sdk, "NEVER_EXPIRE", None)
if NEVER_EXPIRE is None:
    pytest.skip("the task state store came with Airflow 3.3", allow_module_level=True)

if TYPE_CHECKING:
    from airflow.models.dagrun import DagRun


Open = Callable[[], TaskStateLedger]


def run_twice(run_dag: Callable[..., DagRun], work: Callable[[Open, int], Any]) -> None:
    """Run a DAG whose one task has two tries; *work* gets what opens its ledger, and the number of the try."""
    with sdk.DAG("remembers", schedule=None) as dag:

        @sdk.task(retries=1, retry_delay=timedelta(0))
        def book(**context: Any) -> None:
            store = context["task_state_store"]
            work(lambda: TaskStateLedger(store, retention=NEVER_EXPIRE), context["ti"].try_number)

        book()
    assert run_dag(dag).state == "success"


@pytest.fixture
def stored(airflow_db: Any) -> Iterator[Callable[[], list[Any]]]:
    """What the task state store holds, as Airflow keeps it."""
    from airflow.models.task_state_store import TaskStateStoreModel
    from airflow.utils.session import create_session

    def read() -> list[Any]:
        with create_session() as session:
            return [(entry.key, entry.value, entry.expires_at) for entry in session.query(TaskStateStoreModel)]

    yield read
    with create_session() as session:
        session.query(TaskStateStoreModel).delete()


def test_a_second_try_finds_what_the_first_has_updated(
    run_dag: Callable[..., DagRun], stored: Callable[[], list[Any]]
) -> None:
    entries = [Entry(key=f"{number:064x}", purpose="spring", version=new_version()) for number in range(1_000)]
    tries = []

    def work(open_: Open, number: int) -> None:
        ledger = open_()
        tries.append(ledger.get([entry.key for entry in entries]))
        if number == 1:
            ledger.update([changed(entry, "sent", reason="\N{SNOWMAN}") for entry in ledger.get_or_create(entries)])
            raise ValueError("the first try ends here")

    run_twice(run_dag, work)
    first, second = tries
    assert first == {}
    assert {entry.key for entry in second.values()} == {entry.key for entry in entries}
    assert {(entry.state, entry.reason) for entry in second.values()} == {("sent", "\N{SNOWMAN}")}
    assert len(stored()) > 3
    for key, value, expires_at in stored():
        assert key.startswith("__chilipiper__")
        assert len(value) < 65_535
        assert expires_at is None


def test_a_try_that_was_replaced_finds_nothing_and_may_write_nothing(
    run_dag: Callable[..., DagRun], stored: Callable[[], list[Any]]
) -> None:
    """Airflow gives a retry another id, and refuses writes under the old one."""
    entry, opens, before = Entry(key="a" * 64, purpose="spring", version=new_version()), list[Open](), list[Any]()
    opened = list[TaskStateLedger]()

    def work(open_: Open, number: int) -> None:
        opens.append(open_)
        if number == 1:
            opened.append(open_())
            opened[0].get_or_create([entry])
            before.extend(stored())
            raise ValueError("the first try ends here")
        assert opens[1]().get([entry.key])[entry.key].version == entry.version
        assert opens[0]().get([entry.key]) == {}
        with pytest.raises(LedgerFailed, match="may not be in the task state store"):
            opens[0]().get_or_create([entry])
        with pytest.raises(LedgerFailed, match="may not be in the task state store"):
            opened[0].update([changed(entry, "sent")])

    run_twice(run_dag, work)
    assert stored() == before
    assert len(opens) == 2


def test_a_second_try_books_nobody_again_though_an_answer_was_lost(
    run_dag: Callable[..., DagRun], stored: Callable[[], list[Any]]
) -> None:
    """Its updates are made in a thread beside the batch's loop, where Airflow's supervisor can be asked."""

    class LosesAnAnswer(FakeChiliPiper):
        async def _book(self, call: Call[Any], email: str) -> Any:
            booked = await super()._book(call, email)
            if email.startswith("lead3@"):
                raise errors.NoAnswer("lost")
            return booked

    chili, statuses = LosesAnAnswer(), []

    def work(open_: Open, number: int) -> None:
        @asynccontextmanager
        async def open_runtime() -> AsyncIterator[BatchRuntime]:
            yield BatchRuntime(chili, RateLimiter(None), open_(), sleep=lambda _: asyncio.sleep(0))

        leads = [a_lead(each) for each in range(8)]
        batch = KeptBatch(leads if number == 1 else leads[::-1], open_runtime)
        batch.run()
        statuses.append([outcome.status for outcome in batch.outcomes])
        if number == 1:
            raise ValueError("a lead is unknown")

    run_twice(run_dag, work)
    first, second = statuses
    assert first == ["booked"] * 3 + ["unknown"] + ["booked"] * 4
    assert second == ["already_booked"] * 4 + ["unknown"] + ["already_booked"] * 3
    assert chili.meetings == {f"lead{number}@example.com": 1 for number in range(8)}
    assert stored()


def test_a_booking_task_without_a_ledger_connection_books_nobody_twice(
    run_dag: Callable[..., DagRun], stored: Callable[[], list[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its own retry knows what it did, whom it lost, and whom it had not come to."""
    with sandbox(requests_per_second=200) as chili, sdk.DAG("alone", schedule=None) as dag:
        monkeypatch.setenv("AIRFLOW_CONN_CHILIPIPER_DEFAULT", chili.connection)
        SchedulingLinkBookOperator(
            task_id="book",
            purpose="q3",
            leads=[{"id": number, "email": f"guest{number}@prospect.example"} for number in range(12)],
            lead_key=col("id"),
            link_id="link-rr-demo",
            retries=2,
            retry_delay=timedelta(0),
        )
        chili.faults.lose_answer("scheduling-link-schedule", count=2)
        chili.faults.error("meeting-list-put", status=403, code="Forbidden", count=2)
        assert run_dag(dag).state == "success"
        guests = [meeting["guest"] for meeting in chili.meetings]
        assert len(guests) == len(set(guests)) == 12
        assert sum(call.operation == "scheduling-link-schedule" for call in chili.calls) == 12
    assert stored()
