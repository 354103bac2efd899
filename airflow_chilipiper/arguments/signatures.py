"""The arguments of operators and sensors as type checkers and editors see them.

What runs is the written-out signature of the base classes; a test holds the two together. A column, `col(...)`, fits
everywhere, and so does another task's output; a template is text, and where only certain texts are allowed, type
checkers want it in a `typing.cast`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, MutableMapping, Sequence, Set
from datetime import datetime, time, timedelta
from typing import Any, Literal, Protocol, Required, TypedDict
from zoneinfo import ZoneInfo

from airflow_chilipiper.arguments.rebook import Rebook
from airflow_chilipiper.arguments.shard import Shard


class Output(Protocol):
    """What another task brings."""

    def iter_references(self) -> Iterator[Any]: ...


Weekday = Literal["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
Trigger = Literal["ThirdPartyForm", "InAppButton", "RouterLink"]
CrmType = Literal["LeadId", "ContactId"]
StatusName = Literal[
    "booked",
    "already_booked",
    "disqualified",
    "no_slot",
    "refused",
    "invalid",
    "unknown",
    "review",
    "not_attempted",
    "would_book",
]
Text = str | Output
# With tuples named apart: mypy takes ("Mon",) for a tuple of any text where it reads `Collection` alone. And a mapping
# would be a collection of its keys.
Weekdays = Collection[Weekday] | tuple[Weekday, ...] | Text
Statuses = Sequence[StatusName] | tuple[StatusName, ...] | Set[StatusName]
Duration = timedelta | str | Output
Hours = Sequence[str | time] | str | Output
Callbacks = Callable[..., Any] | Collection[Callable[..., Any]]


class AirflowArguments(TypedDict, total=False):
    """Airflow's own, of every operator; but not `email`, which is none of ours."""

    task_id: Required[str]
    owner: str
    email_on_retry: bool
    email_on_failure: bool
    retries: int | None
    retry_delay: timedelta | float
    retry_exponential_backoff: float
    max_retry_delay: timedelta | float | None
    retry_policy: Any
    start_date: datetime | None
    end_date: datetime | None
    depends_on_past: bool
    ignore_first_depends_on_past: bool
    wait_for_past_depends_before_skipping: bool
    wait_for_downstream: bool
    dag: Any
    params: MutableMapping[str, Any] | None
    default_args: dict[str, Any] | None
    priority_weight: int
    weight_rule: Any
    queue: str
    pool: str | None
    pool_slots: int
    sla: timedelta | None
    execution_timeout: timedelta | None
    on_execute_callback: Callbacks | None
    on_failure_callback: Callbacks | None
    on_success_callback: Callbacks | None
    on_retry_callback: Callbacks | None
    on_skipped_callback: Callbacks | None
    pre_execute: Callable[..., Any] | None
    post_execute: Callable[..., Any] | None
    trigger_rule: str
    resources: dict[str, Any] | None
    run_as_user: str | None
    map_index_template: str | None
    max_active_tis_per_dag: int | None
    max_active_tis_per_dagrun: int | None
    executor: str | None
    executor_config: dict[str, Any] | None
    do_xcom_push: bool
    multiple_outputs: bool
    inlets: Any
    outlets: Any
    task_group: Any
    doc: str | None
    doc_md: str | None
    doc_json: str | None
    doc_yaml: str | None
    doc_rst: str | None
    task_display_name: str | None
    logger_name: str | None
    allow_nested_operators: bool
    render_template_as_native_obj: bool | None


class BookingArguments(AirflowArguments, total=False):
    """Those of every booking operator."""

    lead: Mapping[str, Any] | Output | None
    leads: Sequence[Any] | Output | None
    sql: Text | None
    sql_conn_id: str | None
    parameters: Mapping[str, Any] | Iterable[Any] | str | None
    sql_hook_params: dict[str, Any] | None
    max_leads: int | Text
    shard: Shard | Sequence[int] | Text | None

    purpose: Required[Text]
    lead_key: str | int | Output | None
    guest_email: Text | None
    timezone: ZoneInfo | Text | None
    form: Mapping[str, Any] | Text | None
    repeated_guests: bool | Text

    window_start: datetime | Text | None
    window: Duration
    between: Hours | None
    weekdays: Weekdays | None
    min_notice: Duration
    prefer: datetime | Sequence[datetime | str] | Text | None

    keep: Sequence[str]
    results_table: Text | None
    results_conn_id: Text | None
    write_back_sql: Text | None
    fetch_meeting: bool | Text

    preview: bool | Text
    fail_on: Statuses | Mapping[StatusName, float]
    skip_on: Statuses
    allow_backfill: bool | Text

    in_doubt: Literal["hold"] | Rebook
    rebook_after: Duration | None
    existing_meeting_window: Duration | None
    chilipiper_conn_id: Text
    ledger_conn_id: Text | None


class SlotArguments(AirflowArguments, total=False):
    """Those of every slot sensor, with Airflow's own of every sensor."""

    chilipiper_conn_id: Text
    window_start: datetime | Text | None
    window: Duration
    between: Hours | None
    weekdays: Weekdays | None
    min_notice: Duration
    timezone: ZoneInfo | Text | None
    min_slots: int | Text
    max_failures: int
    deferrable: bool
    poke_interval: timedelta | float
    timeout: timedelta | float
    soft_fail: bool
    mode: Literal["poke", "reschedule"]
    exponential_backoff: bool
    max_wait: timedelta | float | None
    silent_fail: bool
    never_fail: bool
