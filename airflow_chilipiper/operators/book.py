"""What the three booking operators share: one `execute`."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from airflow_chilipiper.arguments import as_zone
from airflow_chilipiper.links import ChiliPiperMeetingLink
from airflow_chilipiper.operators.booking_arguments import BookingArguments
from airflow_chilipiper.rows import BadValue, is_per_lead

if TYPE_CHECKING:
    from airflow.sdk import Context

    from airflow_chilipiper.api.pattern import Pattern
    from airflow_chilipiper.booking.bounds import Bounds
    from airflow_chilipiper.booking.outcome import Outcome
    from airflow_chilipiper.operators.run import Run
    from airflow_chilipiper.terms import Given, Terms


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
    :param leads_at_once: how many leads are under way beside each other
    :param chilipiper_conn_id: the connection to Chili Piper (templated)
    :param ledger_conn_id: the database connection of the ledger; default the one that the connection names (templated)
    """

    operator_extra_links = (ChiliPiperMeetingLink(),)
    ui_color = "#ffe7e0"

    pattern_name: ClassVar[str]
    pattern_arguments: ClassVar[tuple[str, ...]] = ()
    target_arguments: ClassVar[tuple[str, ...]] = ()

    page: str | None = None
    _run: Run | None = None
    _killed = False

    def execute(self, context: Context) -> Any:
        """Book, push what came of it, and only then fail if there is a reason to."""
        from airflow_chilipiper._compat import AirflowFailException
        from airflow_chilipiper.api.errors import Invalid
        from airflow_chilipiper.operators.ending import end, push
        from airflow_chilipiper.operators.results import add_meetings

        try:
            self._refuse_backfill(context)
            rows = self._rows(context)
            run = self._run = self._prepare(rows, context)
        except (BadValue, Invalid) as bad:
            raise AirflowFailException(f"{bad}. Nothing was sent") from None
        with closing(self.hook):
            try:
                self._carry_out(run, context)
            finally:
                results = self._results(run)
                push(results, context, self)
            if self.read("fetch_meeting"):
                add_meetings(results, self.hook)
                self.page = self.page or (results[0]["meeting_url"] if self.lead is not None else None)
                push(results, context, self)
        return end(results, run.stopped_by, self)

    def on_kill(self) -> None:
        """Begin no further booking; what is under way gets three seconds to be answered and recorded."""
        self._killed = True
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

    def _rows(self, context: Context) -> list[Any]:
        from airflow_chilipiper.operators.lead_source import literal_rows, queried_rows

        most = self.read("max_leads")
        if self.sql is not None:
            self.refuse_bad_query()
            rows = queried_rows(self.sql, self.sql_conn_id, self.parameters, self.sql_hook_params, most + 1)
        else:
            rows = literal_rows(self.lead, self.leads, context)
        if len(rows) > most:
            raise BadValue(f"there are more leads than max_leads={most}; is a WHERE missing? If not, raise max_leads")
        return rows

    def _prepare(self, rows: Sequence[Any], context: Context) -> Run:
        from airflow_chilipiper.hooks import ChiliPiperHook
        from airflow_chilipiper.operators.directory import Directory
        from airflow_chilipiper.operators.run import Run

        self.hook = ChiliPiperHook(self.read("chilipiper_conn_id"))
        self.directory = Directory(self.hook.world())
        one_target = not any(is_per_lead(getattr(self, name)) for name in self.target_arguments)
        try:
            return Run(rows, self._terms(context), one_target=one_target, keep=self.keep)
        except BaseException:
            self.hook.close()
            raise

    def _terms(self, context: Context) -> Terms:
        from airflow_chilipiper.api.calls import Interval
        from airflow_chilipiper.ledgers import sender_of
        from airflow_chilipiper.terms import Terms

        arguments = {name: self.read(name) for name in self.readers}
        if arguments["on_no_evidence"] == "rebook":
            self.refuse_unbounded_rebooking()
        by_lead = {name: self.read_by_lead(name) for name in self.readers_by_lead}
        start = arguments["window_start"] or datetime.now(UTC)
        return Terms(
            purpose=arguments["purpose"],
            key=by_lead["guest_email"] if self.key is None else self.key,
            email=by_lead["guest_email"],
            timezone=by_lead["timezone"] or as_zone(context["dag"].timezone.name, "timezone"),
            prefer=by_lead["prefer"],
            form=by_lead["form"],
            arguments={name: by_lead[name] for name in self.pattern_arguments},
            make_pattern=self.make_pattern,
            interval=Interval(start, arguments["window"]),
            hours=arguments["between"],
            weekdays=arguments["weekdays"] or (),
            min_notice=arguments["min_notice"],
            path=by_lead.get("path", "earliest"),
            max_sessions=arguments["max_sessions"],
            rebook_after=arguments["rebook_after"],
            allowed_domains=self.hook.settings.allowed_guest_domains,
            sender=sender_of(context["ti"]),
            bounds=self._bounds(arguments),
            met=self._met(arguments["existing_meeting_window"]),
        )

    def _bounds(self, arguments: dict[str, Any]) -> Bounds:
        from airflow_chilipiper.booking.bounds import Bounds

        lifetime = arguments["session_lifetime"]
        return Bounds(
            on_no_evidence=arguments["on_no_evidence"],
            session_lifetime=lifetime and lifetime.total_seconds(),
            list_lag=arguments["list_lag"].total_seconds(),
            call=self.hook.settings.client.timeout,
        )

    def _met(self, window: timedelta | None) -> dict[str, Outcome]:
        from airflow_chilipiper._compat import AirflowException, AirflowFailException
        from airflow_chilipiper.api.errors import ChiliPiperError, NotAllowed
        from airflow_chilipiper.api.world import block
        from airflow_chilipiper.booking.met import guests_met

        if window is None:
            return {}
        try:
            return block(guests_met(self.hook.world(), window))
        except ChiliPiperError as error:
            failure = AirflowFailException if isinstance(error, NotAllowed) else AirflowException
            raise failure(
                f"existing_meeting_window: the meetings cannot be listed: {error}. Nothing was sent"
            ) from None

    def _carry_out(self, run: Run, context: Context) -> None:
        from airflow_chilipiper.ledgers import ledger_of

        if not run.has_leads:
            return
        preview = self.read("action") == "preview"
        conn_id = self.ledger_conn_id or self.hook.settings.ledger_conn_id
        tried = 1 if preview else context["ti"].try_number
        ledger = ledger_of(conn_id, store=context.get("task_state_store"), try_number=tried)
        if self._killed:
            run.stop()
        if preview:
            run.preview(ledger)
        else:
            run.book(partial(self.hook.batch_world, ledger), self.read("leads_at_once"))

    def _results(self, run: Run) -> list[dict[str, Any]]:
        from airflow_chilipiper.operators.results import outcome_row

        outcomes = run.outcomes
        if self.lead is not None:
            self.page = outcomes[0].page
        return [
            outcome_row(outcome, lead_key=key, purpose=self.read("purpose"), pattern=self.pattern_name) | kept
            for outcome, key, kept in zip(outcomes, run.keys, run.kept, strict=True)
        ]
