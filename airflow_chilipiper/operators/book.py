"""What the three booking operators share: one `execute`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from airflow.sdk import BaseOperator, XComArg

from airflow_chilipiper.arguments import (
    as_choice,
    as_count,
    as_duration,
    as_email,
    as_flag,
    as_hours,
    as_moment,
    as_moments,
    as_name,
    as_object,
    as_weekdays,
    as_zone,
    exactly_one,
    guest_email,
    is_template,
    or_none,
)
from airflow_chilipiper.booking.outcome import STATUSES
from airflow_chilipiper.links import ChiliPiperMeetingLink
from airflow_chilipiper.operators.results import OUTCOME_FIELDS
from airflow_chilipiper.rows import BadValue, as_form, is_per_lead

if TYPE_CHECKING:
    from airflow.sdk import Context
    from airflow.sdk.definitions.mappedoperator import OperatorPartial

    from airflow_chilipiper.api.pattern import Pattern
    from airflow_chilipiper.operators.run import Run
    from airflow_chilipiper.terms import Given, Terms

ENDINGS = ("return", "skip", "fail", "retry")
Readers = Mapping[str, Callable[[Any, str], Any]]


class ChiliPiperBookOperator(BaseOperator):
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

    template_fields: Sequence[str] = (
        "purpose",
        "sql",
        "sql_conn_id",
        "parameters",
        "key",
        "guest_email",
        "timezone",
        "prefer",
        "form",
        "rebook_after",
        "window_start",
        "window",
        "between",
        "weekdays",
        "min_notice",
        "max_sessions",
        "max_leads",
        "allow_backfill",
        "action",
        "chilipiper_conn_id",
        "ledger_conn_id",
    )
    template_ext: Sequence[str] = (".sql",)
    template_fields_renderers: ClassVar[dict[str, str]] = {"sql": "sql", "parameters": "json", "form": "json"}
    operator_extra_links = (ChiliPiperMeetingLink(),)
    ui_color = "#ffe7e0"

    readers: ClassVar[Readers] = {
        "purpose": as_name,
        "rebook_after": or_none(as_duration),
        "window_start": or_none(as_moment),
        "window": as_duration,
        "between": or_none(as_hours),
        "weekdays": or_none(as_weekdays),
        "min_notice": partial(as_duration, at_least=timedelta(0)),
        "max_sessions": as_count,
        "max_leads": as_count,
        "allow_backfill": as_flag,
        "action": partial(as_choice, choices=("book", "preview")),
        "fetch_meeting": as_flag,
        "leads_at_once": as_count,
        "chilipiper_conn_id": as_name,
        "on_no_slot": partial(as_choice, choices=ENDINGS),
        "on_disqualified": partial(as_choice, choices=ENDINGS),
    }
    readers_by_lead: ClassVar[Readers] = {
        "guest_email": or_none(lambda value, _: as_email(value, "email")),
        "timezone": or_none(as_zone),
        "prefer": as_moments,
        "form": lambda value, name: as_form(as_object(value, name)),
    }
    required: ClassVar[tuple[str, ...]] = ()
    pattern_name: ClassVar[str]
    pattern_arguments: ClassVar[tuple[str, ...]] = ()
    target_arguments: ClassVar[tuple[str, ...]] = ()

    def __init__(
        self,
        *,
        purpose: str,
        lead: Any = None,
        leads: Any = None,
        sql: str | None = None,
        sql_conn_id: str | None = None,
        parameters: Any = None,
        sql_hook_params: dict[str, Any] | None = None,
        key: Any = None,
        email: Any = None,
        timezone: Any = None,
        prefer: Any = None,
        form: Any = None,
        keep: Sequence[str] = (),
        rebook_after: timedelta | str | None = None,
        window_start: datetime | str | None = None,
        window: timedelta | str = timedelta(days=7),
        between: Any = None,
        weekdays: Any = None,
        min_notice: timedelta | str = timedelta(hours=2),
        max_sessions: int | str = 3,
        max_leads: int | str = 1000,
        allow_backfill: bool | str = False,
        action: str = "book",
        fetch_meeting: bool = False,
        fail_on: Sequence[str] = ("unknown", "not_attempted"),
        on_no_slot: str = "return",
        on_disqualified: str = "return",
        leads_at_once: int = 16,
        guest: Any = None,
        chilipiper_conn_id: str = "chilipiper_default",
        ledger_conn_id: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs if guest is None or email is None else {**kwargs, "email": email})
        self.purpose = purpose
        self.lead = lead
        self.leads = leads
        self.sql = sql
        self.sql_conn_id = sql_conn_id
        self.parameters = parameters
        self.sql_hook_params = sql_hook_params
        self.key = key
        self.guest_email = guest_email(email, kwargs.get("default_args")) if guest is None else guest
        self.timezone = timezone
        self.prefer = prefer
        self.form = form
        self.keep = keep
        self.rebook_after = rebook_after
        self.window_start = window_start
        self.window = window
        self.between = between
        self.weekdays = weekdays
        self.min_notice = min_notice
        self.max_sessions = max_sessions
        self.max_leads = max_leads
        self.allow_backfill = allow_backfill
        self.action = action
        self.fetch_meeting = fetch_meeting
        self.fail_on = fail_on
        self.on_no_slot = on_no_slot
        self.on_disqualified = on_disqualified
        self.leads_at_once = leads_at_once
        self.chilipiper_conn_id = chilipiper_conn_id
        self.ledger_conn_id = ledger_conn_id
        self.page: str | None = None
        self._run: Run | None = None
        self._killed = False
        self._refuse_bad_arguments()
        # Not template fields, since rows are data; so their upstream tasks are set here.
        XComArg.apply_upstream_relationship(self, [lead, leads])

    @classmethod
    def partial(cls, *, task_id: str, **kwargs: Any) -> OperatorPartial:
        """A mapped task takes what is called ``email`` here for the address of its alerts, so it goes by ``guest``."""
        if "email" in {**(kwargs.get("default_args") or {}), **kwargs}:
            kwargs["guest"] = guest_email(kwargs.pop("email", None), None)
        return super().partial(task_id=task_id, **kwargs)

    def _refuse_bad_arguments(self) -> None:
        """Whatever is known when the DAG is parsed."""
        source = exactly_one(lead=self.lead, leads=self.leads, sql=self.sql)
        if source != "lead" and not is_per_lead(self.key):
            what = "missing" if self.key is None else "the same for every lead"
            raise BadValue(f"key is {what}: name the column that tells leads apart, for instance key=col('lead_id')")
        if source == "sql":
            self._refuse_bad_query()
        else:
            _refuse_no_rows(getattr(self, source), source)
        _refuse_no_list(self.keep, "keep")
        _refuse_no_list(self.fail_on, "fail_on")
        if taken := [name for name in self.keep if name in OUTCOME_FIELDS]:
            raise BadValue(f"keep has {', '.join(taken)}, which the outcome row has itself; rename it in the query")
        if odd := [status for status in self.fail_on if status not in STATUSES]:
            raise BadValue(f"fail_on has {', '.join(odd)}, expected some of {', '.join(STATUSES)}")
        if missing := [name for name in self.required if getattr(self, name) is None]:
            raise BadValue(f"{missing[0]} is missing")
        if source != "lead" and (self.on_no_slot, self.on_disqualified) != ("return", "return"):
            raise BadValue(
                f"on_no_slot and on_disqualified go with lead; with {source}, fail_on says what fails the task"
            )
        for name in self.readers:
            if not is_template(getattr(self, name)):
                self._read(name)
        for name in self.readers_by_lead:
            if not is_template(getattr(self, name)):
                self._read_by_lead(name)

    def _refuse_bad_query(self) -> None:
        if not self.sql_conn_id:
            raise BadValue("sql_conn_id is missing: name the connection that the query runs over")
        as_name(self.sql, "sql")

    def _read(self, name: str) -> Any:
        return self.readers[name](getattr(self, name), name)

    def _read_by_lead(self, name: str) -> Any:
        """What holds for all leads is read once; what differs by lead is read with its row."""
        value = getattr(self, name)
        return value if value is None or is_per_lead(value) else self.readers_by_lead[name](value, name)

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
            if self._read("fetch_meeting"):
                add_meetings(results, self.hook)
                self.page = self.page or (results[0]["meeting_url"] if self.lead is not None else None)
                push(results, context, self)
        return end(results, run.stopped_by, self)

    def on_kill(self) -> None:
        """Begin no further booking; what is under way is answered and recorded."""
        self._killed = True
        if self._run:
            self._run.stop()

    def make_pattern(self, given: Given) -> Pattern:
        """What is asked of Chili Piper for one lead."""
        raise NotImplementedError

    def _refuse_backfill(self, context: Context) -> None:
        kind = getattr(context["dag_run"], "run_type", "")
        if "backfill" in str(kind).lower() and not self._read("allow_backfill"):
            raise BadValue(
                "this is a backfill, which would book now for days gone by; if meant, set allow_backfill=True"
            )

    def _rows(self, context: Context) -> list[Any]:
        from airflow_chilipiper.operators.lead_source import literal_rows, queried_rows

        most = self._read("max_leads")
        if self.sql is not None:
            self._refuse_bad_query()
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

        self.hook = ChiliPiperHook(self._read("chilipiper_conn_id"))
        self.directory = Directory(self.hook.world())
        one_target = not any(is_per_lead(getattr(self, name)) for name in self.target_arguments)
        return Run(rows, self._terms(context), one_target=one_target, keep=self.keep)

    def _terms(self, context: Context) -> Terms:
        from airflow_chilipiper.api.calls import Interval
        from airflow_chilipiper.ledgers import sender_of
        from airflow_chilipiper.terms import Terms

        arguments = {name: self._read(name) for name in self.readers}
        by_lead = {name: self._read_by_lead(name) for name in self.readers_by_lead}
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
        )

    def _carry_out(self, run: Run, context: Context) -> None:
        from airflow_chilipiper.ledgers import ledger_of

        if not run.has_leads:
            return
        preview = self._read("action") == "preview"
        conn_id = self.ledger_conn_id or self.hook.settings.ledger_conn_id
        ledger = ledger_of(conn_id, try_number=1 if preview else context["ti"].try_number)
        if self._killed:
            run.stop()
        if preview:
            run.preview(ledger)
        else:
            run.book(partial(self.hook.batch_world, ledger), self.leads_at_once)

    def _results(self, run: Run) -> list[dict[str, Any]]:
        from airflow_chilipiper.operators.results import outcome_row

        outcomes = run.outcomes
        if self.lead is not None:
            self.page = outcomes[0].page
        return [
            outcome_row(outcome, lead_key=key, purpose=self._read("purpose"), pattern=self.pattern_name) | kept
            for outcome, key, kept in zip(outcomes, run.keys, run.kept, strict=True)
        ]


def _refuse_no_rows(value: Any, name: str) -> None:
    """What another task brings is only known when it is there."""
    if isinstance(value, Mapping if name == "lead" else (list, tuple)) or hasattr(value, "iter_references"):
        return
    expected = "a mapping of columns to values" if name == "lead" else "a list of mappings"
    told = f"{name} is of type {type(value).__name__}, expected {expected}, or a task's output"
    raise BadValue(f"{told}; it is no template")


def _refuse_no_list(value: Any, name: str) -> None:
    if not isinstance(value, (list, tuple)) or not all(isinstance(item, str) for item in value):
        raise BadValue(f"{name} is {value!r}, expected a list of texts")
