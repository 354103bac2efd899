"""What the three booking operators share: one `execute`."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from contextlib import ExitStack, closing
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from airflow_chilipiper.arguments.bad_value import BadValue
from airflow_chilipiper.arguments.columns import Column, col, is_per_lead, missing_columns
from airflow_chilipiper.arguments.shard import Shard
from airflow_chilipiper.links import ChiliPiperMeetingLink
from airflow_chilipiper.operators.booking_arguments import BookingArguments

if TYPE_CHECKING:
    from airflow.sdk import Context

    from airflow_chilipiper.api.patterns.pattern import Pattern
    from airflow_chilipiper.booking.outcome import Outcome
    from airflow_chilipiper.hooks import ChiliPiperHook
    from airflow_chilipiper.task.names import Directory
    from airflow_chilipiper.task.outcomes import Outcomes
    from airflow_chilipiper.task.plan import Given
    from airflow_chilipiper.task.run import LeadRows, Run

WHOLE = Shard(0, 1)


class ChiliPiperBookOperator(BookingArguments):
    """
    Book one meeting for each lead, at most once within a purpose. Use one of its three subclasses.

    Exactly one of ``lead``, ``leads`` and ``sql`` is given. Values inside rows are data: they are never rendered as
    templates. Wherever a lead's values may differ, an argument takes ``col("name")``; anything else is a constant or a
    template.

    :param purpose: the campaign within which a lead is booked once, in whatever run (templated)
    :param lead: one lead, as a mapping
    :param leads: a list of mappings, usually an upstream XCom
    :param sql: a query whose rows are the leads (templated)
    :param sql_conn_id: the connection of the query (templated)
    :param parameters: of the query (templated)
    :param sql_hook_params: for the hook of that connection
    :param key: what tells leads apart; with ``lead`` the e-mail, if not given (templated)
    :param email: the guest's e-mail; the column ``email``, if not given (templated)
    :param timezone: the guest's IANA zone; the DAG's, if not given (templated)
    :param prefer: a time, or several, that the slot is to be near to; else the earliest slot is taken (templated)
    :param form: form keys to values (templated)
    :param keep: columns that are handed through to the outcome row
    :param rebook_after: how old a booking must be not to count any more; default never (templated)
    :param on_no_evidence: what becomes of a lead whose booking was never answered and for whom no meeting is found:
        "hold" leaves it to a person (``review``), "rebook" books again once no earlier call can have any effect
        (templated)
    :param session_lifetime: with "rebook", how long a session can be booked where Chili Piper does not say so, that is
        for links and Handoff (templated)
    :param list_lag: how long Chili Piper's meeting list may not show a new meeting; an unanswered booking is looked
        for that long (templated)
    :param existing_meeting_window: a guest with an active meeting from now on within this time is ``already_booked``
        with that meeting; one listing of all meetings, default none (templated)
    :param window_start: from when slots are wanted; default now (templated)
    :param window: for how long, as a timedelta or text such as "7 days" or "P7D" (templated)
    :param between: local hours in which a meeting may start, such as ("09:00", "17:00") (templated)
    :param weekdays: local weekdays on which it may start, such as ("Mon", "Tue") (templated)
    :param min_notice: how far ahead it must be (templated)
    :param max_sessions: how many sessions may be opened for one lead, if slots are lost to others (templated)
    :param max_leads: with more rows than this, nothing is sent and the task fails (templated)
    :param allow_backfill: whether a backfill may book (templated)
    :param action: "book", or "preview": check every row, ask the ledger, and book nobody (templated)
    :param fetch_meeting: whether to add the host's e-mail, the end and the link, at one more call for each meeting
    :param fail_on: the statuses that fail the task, after all leads had their turn
    :param on_no_slot: with ``lead``: "return", "skip", "fail" or "retry"
    :param on_disqualified: likewise
    :param leads_at_once: at most so many leads are under way beside each other; else as many as the pace and Chili
        Piper's latency need
    :param shard: which part of the leads is this task's, as "0/4": rows by a hash of their key, and as much of the
        pace; for ``.expand(shard=["0/4", "1/4", "2/4", "3/4"])`` (templated)
    :param results_table: the table that outcomes are appended to as they become known; made if missing. A lead that it
        shows as booked for this purpose is ``already_booked``. XCom then holds ``counts``, ``review`` and ``failed``
        (each with its ``total`` and at most 100 ``rows``) and a ``sample`` (templated)
    :param results_conn_id: its connection; default ``sql_conn_id`` (templated)
    :param write_back_sql: a statement that is run for each outcome, in batches, over ``results_conn_id``. Its
        parameters are the fields of an outcome row and the columns in ``keep``: ``UPDATE leads SET meeting_id =
        :meeting_id WHERE id = :lead_key AND meeting_id IS NULL``, since it also runs where there is no meeting
        (templated)
    :param chilipiper_conn_id: the connection to Chili Piper (templated)
    :param ledger_conn_id: the database connection of the ledger; default the one that the connection names (templated)
    """

    operator_extra_links = (ChiliPiperMeetingLink(),)
    ui_color = "#ffe7e0"

    pattern_name: ClassVar[str]
    pattern_arguments: ClassVar[tuple[str, ...]] = ()
    target_arguments: ClassVar[tuple[str, ...]] = ()
    needs_email = False

    page: str | None = None
    hook: ChiliPiperHook
    directory: Directory
    _outcomes: Outcomes
    _run: Run | None = None
    killed = False

    def execute(self, context: Context) -> Any:
        """Book, push and write what came of it, and only then fail if there is a reason to."""
        from airflow_chilipiper.api.errors import Invalid
        from airflow_chilipiper.task.ending import end, push, tell
        from airflow_chilipiper.version_compat import AirflowFailException

        try:
            self._refuse_backfill(context)
            run = self._run = self._prepare(self._rows(context), context)
        except (BadValue, Invalid) as bad:
            raise AirflowFailException(f"{bad}. Nothing was sent") from None
        outcomes = self._outcomes
        with closing(self.hook), ExitStack() as in_any_case:
            in_any_case.callback(tell, outcomes, self)
            in_any_case.callback(outcomes.write)
            in_any_case.callback(push, outcomes, context, self)
            in_any_case.callback(run.finish)
            self._carry_out(run, context)
        return end(outcomes, run.stopped_by, self)

    def on_kill(self) -> None:
        """Begin no further booking; what is under way gets three seconds to be answered and recorded."""
        self.killed = True
        if self._run:
            self._run.stop()

    @abstractmethod
    def make_pattern(self, given: Given) -> Pattern:
        """What is asked of Chili Piper for one lead."""

    def _refuse_backfill(self, context: Context) -> None:
        kind = getattr(context["dag_run"], "run_type", "")
        if "backfill" in str(kind).lower() and not self.read("allow_backfill"):
            raise BadValue(
                "this is a backfill, which would book now for days gone by; if meant, set allow_backfill=True"
            )

    def _rows(self, context: Context) -> LeadRows:
        from airflow_chilipiper.warehouse.leads import literal_rows, queried_rows

        most = self.read("max_leads")
        rows: LeadRows
        if self.sql is not None:
            self.refuse_bad_query()
            rows = queried_rows(self.sql, self.sql_conn_id, self.parameters, self.sql_hook_params, most + 1)
            self._refuse_missing_columns(rows.names)
        else:
            rows = literal_rows(self.lead, self.leads, context)
        if len(rows) > most:
            raise BadValue(f"there are more leads than max_leads={most}; is a WHERE missing? If not, raise max_leads")
        return rows

    def _refuse_missing_columns(self, names: Sequence[str]) -> None:
        """What no row has is a mistake in the DAG, and no row is to be blamed for it."""
        by_lead = [getattr(self, name) for name in (*self.readers_by_lead, "key") if hasattr(self, name)]
        by_lead += map(col, self.keep)
        if self.needs_email and isinstance(self.guest_email, Column) and self.guest_email.default is None:
            by_lead.append(col(self.guest_email.name))
        if missing := missing_columns(names, *by_lead):
            raise BadValue(f"the query has no column {', '.join(missing)}: it has {', '.join(names)}")

    def _prepare(self, rows: LeadRows, context: Context) -> Run:
        from airflow_chilipiper.hooks import ChiliPiperHook
        from airflow_chilipiper.task.make_plan import terms_of
        from airflow_chilipiper.task.names import Directory
        from airflow_chilipiper.task.run import Run
        from airflow_chilipiper.task.writers import outcomes_of

        self.hook = ChiliPiperHook(self.read("chilipiper_conn_id"))
        self.directory = Directory(self.hook.get_conn())
        try:
            run = Run(
                rows,
                terms_of(self, context),
                tell=self._tell,
                one_target=not any(is_per_lead(getattr(self, name)) for name in self.target_arguments),
                keep=self.keep,
                is_own=self._shard.takes,
            )
            self._outcomes = outcomes_of(self, run, context)
        except BaseException:
            self.hook.close()
            raise
        return run

    def _carry_out(self, run: Run, context: Context) -> None:
        from airflow_chilipiper.booking.meeting_details import MeetingDetails
        from airflow_chilipiper.ledgers import ledger_of
        from airflow_chilipiper.task.batch_runtime import batch_runtime
        from airflow_chilipiper.task.garbage import rarely_collected
        from airflow_chilipiper.task.progress import Progress

        if not run.has_leads():
            return
        preview = self.read("action") == "preview"
        conn_id = self.ledger_conn_id or self.hook.get_conn().settings.ledger_conn_id
        tried = 1 if preview else context["ti"].try_number
        ledger = ledger_of(conn_id, store=context.get("task_state_store"), try_number=tried)
        if self.killed:
            run.stop()
        if preview:
            run.preview(ledger)
            return
        push = partial(context["ti"].xcom_push, "progress") if self.do_xcom_push else bool
        progress = Progress(run, self._outcomes.counts, log=self.log, push=push)

        def meanwhile() -> None:
            if away := self._outcomes.write_some():
                self.log.warning("Outcomes are not written yet, and are kept for the next time: %s", away)
            progress.tell()

        with rarely_collected():
            run.book(
                partial(batch_runtime, self.hook.get_conn().settings.client, ledger, share=self._shard.share),
                meanwhile=meanwhile,
                at_once=self.read("leads_at_once"),
                finish=MeetingDetails().enrich if self.read("fetch_meeting") else None,
            )
            progress.end()

    @property
    def _shard(self) -> Shard:
        return self.read("shard") or WHOLE

    def _tell(self, number: int, outcome: Outcome, key: str | None, kept: dict[str, Any]) -> None:
        from airflow_chilipiper.task.outcome_row import outcome_row

        if self.lead is not None:
            self.page = outcome.meeting_url or outcome.page
        run = {"purpose": self.read("purpose"), "pattern": self.pattern_name, "fetched": self.read("fetch_meeting")}
        never_reached = self.killed and outcome.status == "not_attempted"  # and there is no time to write them all
        self._outcomes.put(number, outcome_row(outcome, lead_key=key, **run) | kept, write=not never_reached)
