"""What the three booking operators share: they declare, and a task carries out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from airflow.sdk import BaseOperator, XComArg

from airflow_chilipiper.arguments import booking
from airflow_chilipiper.arguments.bad_value import BadValue
from airflow_chilipiper.arguments.columns import col
from airflow_chilipiper.arguments.documentation import documented, whole_signature
from airflow_chilipiper.arguments.email import EmailForAlerts, refuse_email
from airflow_chilipiper.arguments.rebook import Rebook
from airflow_chilipiper.arguments.times import as_zone
from airflow_chilipiper.links import ChiliPiperMeetingLink

if TYPE_CHECKING:
    from inspect import Signature
    from zoneinfo import ZoneInfo

    from airflow.sdk import Context

    from airflow_chilipiper.arguments.patterns import PatternArguments
    from airflow_chilipiper.arguments.shard import Shard
    from airflow_chilipiper.arguments.signatures import Duration, Hours, Output, Statuses, StatusName, Text, Weekdays
    from airflow_chilipiper.connection.session import Session
    from airflow_chilipiper.task.booking_task import BookingTask
    from airflow_chilipiper.task.plan import BookingPlan
    from airflow_chilipiper.task.run import LeadRows
    from airflow_chilipiper.task.services import Services

# Not template fields: rows are data; lists of names and of statuses are the DAG's own.
_NOT_TEMPLATED = ("keep", "fail_on", "skip_on")


class ChiliPiperBookBaseOperator(EmailForAlerts, BaseOperator):
    """Book one meeting for each lead, at most once within a purpose. Use one of its three subclasses.

    `help` of these shows all arguments; `arguments/documentation.py` has what they share.
    """

    template_fields: Sequence[str] = (
        *(name for name in booking.READERS if name not in _NOT_TEMPLATED),
        *booking.READERS_BY_LEAD,
        *("lead_key", "sql", "sql_conn_id", "parameters"),
    )
    template_ext: Sequence[str] = (".sql",)
    template_fields_renderers: ClassVar[dict[str, str]] = {
        "sql": "sql",
        "parameters": "json",
        "form": "json",
        "write_back_sql": "sql",
    }
    operator_extra_links = (ChiliPiperMeetingLink(),)
    ui_color = "#ffe7e0"

    __signature__: ClassVar[Signature]
    pattern: ClassVar[PatternArguments]
    leads_at_once: int | None = None  # as many as the pace and Chili Piper's latency need
    max_sessions = 3  # for one lead, if slots are lost to others

    lead: Any
    leads: Any
    sql: str | None
    sql_conn_id: str | None
    parameters: Any
    sql_hook_params: dict[str, Any] | None
    lead_key: Any
    _task: BookingTask | None = None
    _is_killed = False

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.template_fields = (*ChiliPiperBookBaseOperator.template_fields, *cls.pattern.readers)
        cls.__doc__ = documented(cls.__doc__)
        cls.__signature__ = whole_signature(cls.__init__, ChiliPiperBookBaseOperator.__init__)

    def __init__(
        self,
        *,
        lead: Mapping[str, Any] | Output | None = None,
        leads: Sequence[Any] | Output | None = None,
        sql: Text | None = None,
        sql_conn_id: str | None = None,
        parameters: Mapping[str, Any] | Iterable[Any] | str | None = None,
        sql_hook_params: dict[str, Any] | None = None,
        max_leads: int | Text = 1000,
        shard: Shard | Sequence[int] | Text | None = None,
        purpose: Text,
        lead_key: str | int | Output | None = None,
        guest_email: Text | None = None,
        timezone: ZoneInfo | Text | None = None,
        form: Mapping[str, Any] | Text | None = None,
        repeated_guests: bool | Text = False,
        window_start: datetime | Text | None = None,
        window: Duration = timedelta(days=7),
        between: Hours | None = None,
        weekdays: Weekdays | None = None,
        min_notice: Duration = timedelta(hours=2),
        prefer: datetime | Sequence[datetime | str] | Text | None = None,
        keep: Sequence[str] = (),
        results_table: Text | None = None,
        results_conn_id: Text | None = None,
        write_back_sql: Text | None = None,
        fetch_meeting: bool | Text = False,
        preview: bool | Text = False,
        fail_on: Statuses | Mapping[StatusName, float] = ("unknown", "not_attempted"),
        skip_on: Statuses = (),
        allow_backfill: bool | Text = False,
        in_doubt: Literal["hold"] | Rebook = "hold",
        rebook_after: Duration | None = None,
        existing_meeting_window: Duration | None = None,
        chilipiper_conn_id: Text = "chilipiper_default",
        ledger_conn_id: Text | None = None,
        **kwargs: Any,
    ) -> None:
        given = locals()
        refuse_email(kwargs, is_mapped=getattr(self, "_BaseOperator__from_mapped", False))
        super().__init__(**kwargs)
        booking.declare(self, given, given.keys() - {"self", "kwargs", "__class__"})
        if guest_email is None:
            self.guest_email = col("email", default=None)
        booking.refuse_bad_arguments(self, self.pattern)
        # Not template fields, since rows are data; so their upstream tasks are set here.
        XComArg.apply_upstream_relationship(self, [lead, leads])

    def execute(self, context: Context) -> Any:
        """Book the leads; push, write and log what became of them; and only then fail if there is a reason to."""
        from airflow_chilipiper.hooks import ChiliPiperHook
        from airflow_chilipiper.operators.failure import as_airflow_has_it
        from airflow_chilipiper.task.booking_task import BookingTask

        with as_airflow_has_it():
            self._refuse_backfill(context)
            rows = self._rows(context)
            with closing(ChiliPiperHook(booking.read(self, "chilipiper_conn_id"))) as hook:
                session = hook.get_conn()
                task = self._task = BookingTask(self._plan(context, session), rows, session, self._services(context))
                if self._is_killed:
                    task.stop()
                return task.carry_out()

    def on_kill(self) -> None:
        """Begin no further booking; what is under way gets three seconds to be answered and recorded."""
        self._is_killed = True
        if self._task:
            self._task.stop()

    @property
    def page(self) -> str | None:
        """The meeting of a task's one lead, or else its routing page, for the extra link."""
        return self._task.page if self._task else None

    def _refuse_backfill(self, context: Context) -> None:
        kind = getattr(context["dag_run"], "run_type", "")
        if "backfill" in str(kind).lower() and not booking.read(self, "allow_backfill"):
            raise BadValue(
                "this is a backfill, which would book now for days gone by; if meant, set allow_backfill=True"
            )

    def _rows(self, context: Context) -> LeadRows:
        from airflow_chilipiper.ledgers import sql_hook
        from airflow_chilipiper.warehouse.leads import literal_rows, queried_rows

        most = booking.read(self, "max_leads")
        rows: LeadRows
        if self.sql is None:
            rows = literal_rows(self.lead, self.leads, context)
        else:
            booking.refuse_bad_query(self)
            hook = sql_hook(self.sql_conn_id, "sql_conn_id", self.sql_hook_params)
            rows = queried_rows(hook, self.sql, self.parameters, most + 1)
            booking.refuse_missing_columns(rows.names, self, self.pattern)
        if len(rows) > most:
            raise BadValue(f"there are more leads than max_leads={most}; is a WHERE missing? If not, raise max_leads")
        return rows

    def _plan(self, context: Context, session: Session) -> BookingPlan:
        from airflow_chilipiper.ledgers import sender_of
        from airflow_chilipiper.task.plan import make_plan

        values = {name: booking.read(self, name) for name in booking.READERS}
        booking.refuse_unbounded_rebooking(values["in_doubt"], self.pattern)
        names = (*booking.READERS_BY_LEAD, *self.pattern.readers)
        by_lead = {name: booking.read_by_lead(self, name, self.pattern) for name in names}
        return make_plan(
            {**values, "sql_conn_id": self.sql_conn_id, "is_single": self.lead is not None},
            {**by_lead, "lead_key": self.lead_key},
            pattern=self.pattern,
            session=session,
            timezone=as_zone(context["dag"].timezone.name, "timezone"),
            sender=sender_of(context["ti"]),
            leads_at_once=self.leads_at_once,
            max_sessions=self.max_sessions,
        )

    def _services(self, context: Context) -> Services:
        from airflow_chilipiper.ledgers import ledger_of, mapped, sql_hook
        from airflow_chilipiper.task.services import Services
        from airflow_chilipiper.warehouse.results_table import Sender

        ti, store = context["ti"], context.get("task_state_store")
        return Services(
            sender=Sender.of(ti),
            log=self.log,
            push=ti.xcom_push if self.do_xcom_push else lambda key, value: None,
            open_ledger=partial(ledger_of, store=store),
            mapped=mapped(ti),
            sql_hook=sql_hook,
        )
