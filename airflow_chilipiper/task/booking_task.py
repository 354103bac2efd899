"""One booking task: it carries out a plan, and ends."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from airflow_chilipiper.api.http.client import Client
from airflow_chilipiper.api.pace.limiter import RateLimiter
from airflow_chilipiper.api.pace.rate import Rate
from airflow_chilipiper.booking.batch.garbage import rarely_collected
from airflow_chilipiper.booking.batch.runtime import BatchRuntime
from airflow_chilipiper.booking.ledger.lead_key import entry_key
from airflow_chilipiper.booking.ledger.store import Ledger
from airflow_chilipiper.booking.meeting_details import MeetingDetails
from airflow_chilipiper.booking.outcome import Outcome, Status
from airflow_chilipiper.connection.session import Session
from airflow_chilipiper.task.ending import answer_of, end, log_outcomes, push_outcomes
from airflow_chilipiper.task.outcome_row import outcome_row
from airflow_chilipiper.task.outcomes import Outcomes, Writer
from airflow_chilipiper.task.plan import BookingPlan
from airflow_chilipiper.task.progress import Progress
from airflow_chilipiper.task.run import LeadRows, Run
from airflow_chilipiper.task.services import Services
from airflow_chilipiper.warehouse.results_table import Known, ResultsTable
from airflow_chilipiper.warehouse.write_back import WriteBack


class BookingTask:
    """`page` is the address that the extra link of a single lead opens, once it is known."""

    def __init__(self, plan: BookingPlan, rows: LeadRows, session: Session, services: Services) -> None:
        """Nothing is sent yet; a table for results is made ready, and says who is booked already."""
        self.page: str | None = None
        self._was_killed = False
        self._known: dict[str, Known] = {}
        self._plan, self._session, self._services = plan, session, services
        self._run = Run(
            rows,
            plan.leads,
            on_outcome=self._record,
            one_target=plan.has_one_target,
            keep=plan.keep,
            is_own=plan.shard.takes,
        )
        self._outcomes = Outcomes(writers=[*self._writers()], keep_all=plan.is_single or not plan.writes_outcomes)

    def stop(self) -> None:
        """Begin no further booking; what is under way gets three seconds. May be called in a signal handler."""
        self._was_killed = True
        self._run.stop()

    def carry_out(self) -> Any:
        """Book the leads, and answer what XCom gets. Raises TaskFailed or TaskSkipped if the plan asks for it."""
        plan, outcomes, services = self._plan, self._outcomes, self._services
        with afterwards(
            self._run.finish,
            partial(push_outcomes, outcomes, plan, services.push),
            outcomes.write,
            partial(log_outcomes, outcomes, plan, services.log),
        ):
            ledger = self._open_ledger() if plan.ledger_conn_id or self._part else None  # before anything else
            if ledger and self._known:
                self._forget_released(ledger)
            if self._run.has_leads():
                ledger = ledger or self._open_ledger()
                self._run.preview(ledger) if plan.preview else self._book(ledger)
        end(outcomes, plan, stopped_by=self._run.stopped_by, was_killed=self._was_killed)
        return answer_of(outcomes, plan)

    @property
    def _part(self) -> str | None:
        """What part of many this task is; a preview is none, since it leaves nothing behind."""
        plan = self._plan
        shard = f"shard {plan.shard}" if plan.shard.parts > 1 else None
        return None if plan.preview else self._services.mapped or shard

    def _open_ledger(self) -> Ledger:
        plan, services = self._plan, self._services
        tried = 1 if plan.preview else services.sender.try_number
        return services.open_ledger(plan.ledger_conn_id, try_number=tried, part=self._part)

    def _book(self, ledger: Ledger) -> None:
        plan, services = self._plan, self._services
        progress = Progress(self._run, self._outcomes.counts, log=services.log, push=partial(services.push, "progress"))

        def meanwhile() -> None:
            if away := self._outcomes.write_some():
                services.log.warning("Outcomes are not written yet, and are kept for the next time: %s", away)
            progress.report()

        with rarely_collected():
            self._run.book(
                partial(self._runtime, ledger),
                meanwhile=meanwhile,
                at_once=plan.leads_at_once,
                finish=MeetingDetails().enrich if plan.fetch_meeting else None,
            )
            progress.end()

    def _writers(self) -> Iterator[Writer]:
        """Those that the plan names, once the run has what its results table knows. A preview writes nothing."""
        plan, services = self._plan, self._services
        if plan.preview:
            return
        if plan.results_table is not None:
            hook = services.sql_hook(plan.results_conn_id, "results_conn_id")
            table = ResultsTable(hook, plan.results_table, purpose=plan.purpose, keep=plan.keep, sender=services.sender)
            if table.prepare():
                services.log.info("Made the table %s over connection %s.", plan.results_table, plan.results_conn_id)
            self._known = table.known(set(self._run.keys()))
            self._run.known = lambda key: _already_booked(self._known.get(key), plan.rebook_after)
            yield table
        if plan.write_back_sql is not None:
            hook = services.sql_hook(plan.results_conn_id, "results_conn_id")
            yield WriteBack(hook, plan.write_back_sql, keep=plan.keep)

    def _forget_released(self, ledger: Ledger) -> None:
        """What a person has released from a meeting is not booked, whatever the results table shows of that one."""
        keys = {entry_key(self._plan.purpose, key): key for key in self._known}
        for found, entry in ledger.get(keys).items():
            if entry.is_released_from(self._known[keys[found]].meeting_id):
                del self._known[keys[found]]

    @asynccontextmanager
    async def _runtime(self, ledger: Ledger) -> AsyncIterator[BatchRuntime]:
        """A client and a pace of the batch's own, in its event loop; shards of one job have each a part of the pace."""
        settings, share = self._session.settings.client, self._plan.shard.share
        async with Client(settings) as client:
            yield BatchRuntime(client, RateLimiter(Rate(settings.requests_per_second, share=share)), ledger)

    def _record(self, number: int, outcome: Outcome, key: str | None, kept: dict[str, Any]) -> None:
        plan = self._plan
        if plan.is_single:
            self.page = outcome.meeting_url or outcome.page
        row = outcome_row(outcome, lead_key=key, purpose=plan.purpose, pattern=plan.pattern, fetched=plan.fetch_meeting)
        never_reached = self._was_killed and outcome.status is Status.NOT_ATTEMPTED  # no time to write them all
        self._outcomes.put(number, row | kept, write=not never_reached)


@contextmanager
def afterwards(*steps: Callable[[], object]) -> Iterator[None]:
    """Then take every step, in this order, whatever became of the block or of the steps before."""
    with ExitStack() as in_any_case:
        for step in reversed(steps):
            in_any_case.callback(step)
        yield


def _already_booked(known: Known | None, rebook_after: timedelta | None) -> Outcome | None:
    if known is None:
        return None
    age = datetime.now(UTC) - datetime.fromisoformat(known.recorded_at)
    if rebook_after is not None and age >= rebook_after and not known.is_own:
        return None
    reason = "the results table shows a booking for this purpose"
    return Outcome(
        status=Status.ALREADY_BOOKED, reason=reason, meeting_id=known.meeting_id, start_time=known.start_time
    )
