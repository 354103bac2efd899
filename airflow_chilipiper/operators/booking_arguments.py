"""The arguments of the booking operators, and what is wrong with them when a DAG is parsed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from airflow.sdk import BaseOperator, XComArg

from airflow_chilipiper.arguments.bad_value import BadValue
from airflow_chilipiper.arguments.columns import is_per_lead
from airflow_chilipiper.arguments.readers import (
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
from airflow_chilipiper.arguments.shard import as_shard
from airflow_chilipiper.arguments.texts import as_form
from airflow_chilipiper.booking.outcome import STATUSES
from airflow_chilipiper.task.outcome_row import OUTCOME_FIELDS

if TYPE_CHECKING:
    from airflow.sdk.definitions.mappedoperator import OperatorPartial

ENDINGS = ("return", "skip", "fail", "retry")
Readers = Mapping[str, Callable[[Any, str], Any]]


class BookingArguments(BaseOperator):
    """Holds arguments as they were given, for templates; reads what is settled at once, and the rest at execution.

    `readers` read what holds for all leads, `readers_by_lead` what may be a column.
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
        "on_no_evidence",
        "session_lifetime",
        "list_lag",
        "existing_meeting_window",
        "window_start",
        "window",
        "between",
        "weekdays",
        "min_notice",
        "max_sessions",
        "max_leads",
        "allow_backfill",
        "action",
        "shard",
        "results_table",
        "results_conn_id",
        "write_back_sql",
        "chilipiper_conn_id",
        "ledger_conn_id",
    )
    template_ext: Sequence[str] = (".sql",)
    template_fields_renderers: ClassVar[dict[str, str]] = {
        "sql": "sql",
        "parameters": "json",
        "form": "json",
        "write_back_sql": "sql",
    }

    readers: ClassVar[Readers] = {
        "purpose": as_name,
        "rebook_after": or_none(as_duration),
        "on_no_evidence": partial(as_choice, choices=("hold", "rebook")),
        "session_lifetime": or_none(as_duration),
        "list_lag": partial(as_duration, at_least=timedelta(0)),
        "existing_meeting_window": or_none(as_duration),
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
        "leads_at_once": or_none(as_count),
        "shard": or_none(as_shard),
        "results_table": or_none(as_name),
        "results_conn_id": or_none(as_name),
        "write_back_sql": or_none(as_name),
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
    tells_session_lifetime: ClassVar[bool] = False

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
        on_no_evidence: str = "hold",
        session_lifetime: timedelta | str | None = None,
        list_lag: timedelta | str = timedelta(seconds=30),
        existing_meeting_window: timedelta | str | None = None,
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
        leads_at_once: int | None = None,
        shard: str | None = None,
        results_table: str | None = None,
        results_conn_id: str | None = None,
        write_back_sql: str | None = None,
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
        self.on_no_evidence = on_no_evidence
        self.session_lifetime = session_lifetime
        self.list_lag = list_lag
        self.existing_meeting_window = existing_meeting_window
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
        self.shard = shard
        self.results_table = results_table
        self.results_conn_id = results_conn_id
        self.write_back_sql = write_back_sql
        self.chilipiper_conn_id = chilipiper_conn_id
        self.ledger_conn_id = ledger_conn_id
        self.refuse_bad_arguments()
        # Not template fields, since rows are data; so their upstream tasks are set here.
        XComArg.apply_upstream_relationship(self, [lead, leads])

    @classmethod
    def partial(cls, *, task_id: str, **kwargs: Any) -> OperatorPartial:
        """A mapped task takes what is called ``email`` here for the address of its alerts, so it goes by ``guest``."""
        if "email" in {**(kwargs.get("default_args") or {}), **kwargs}:
            kwargs["guest"] = guest_email(kwargs.pop("email", None), None)
        return super().partial(task_id=task_id, **kwargs)

    def refuse_bad_arguments(self) -> None:
        """Whatever is known when the DAG is parsed."""
        source = exactly_one(lead=self.lead, leads=self.leads, sql=self.sql)
        if source != "lead" and not is_per_lead(self.key):
            what = "missing" if self.key is None else "the same for every lead"
            raise BadValue(f"key is {what}: name the column that tells leads apart, for instance key=col('lead_id')")
        if source == "sql":
            self.refuse_bad_query()
        else:
            _refuse_no_rows(getattr(self, source), source)
        if self.writes_outcomes and not (self.results_conn_id or self.sql_conn_id):
            raise BadValue("results_conn_id is missing: name the connection that outcomes are written over")
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
        if self.on_no_evidence == "rebook":
            self.refuse_unbounded_rebooking()
        for name in self.readers:
            if not is_template(getattr(self, name)):
                self.read(name)
        for name in self.readers_by_lead:
            if not is_template(getattr(self, name)):
                self.read_by_lead(name)

    @property
    def writes_outcomes(self) -> bool:
        """Whether outcomes go to a database, so that XCom holds only what is to be known of them."""
        return self.results_table is not None or self.write_back_sql is not None

    def refuse_bad_query(self) -> None:
        if not self.sql_conn_id:
            raise BadValue("sql_conn_id is missing: name the connection that the query runs over")
        as_name(self.sql, "sql")

    def refuse_unbounded_rebooking(self) -> None:
        """Chili Piper says for Concierge alone how long a session lives."""
        if self.session_lifetime is None and not self.tells_session_lifetime:
            raise BadValue(
                "on_no_evidence is 'rebook', which needs session_lifetime: for links and Handoff Chili Piper does not"
                " say how long a session can still be booked; ask its support, or leave on_no_evidence='hold'"
            )

    def read(self, name: str) -> Any:
        return self.readers[name](getattr(self, name), name)

    def read_by_lead(self, name: str) -> Any:
        """What holds for all leads is read once; what differs by lead is read with its row."""
        value = getattr(self, name)
        return value if value is None or is_per_lead(value) else self.readers_by_lead[name](value, name)


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
