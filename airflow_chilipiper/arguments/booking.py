"""The arguments that all booking operators share: how each is read, and what is wrong when a DAG is parsed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

from airflow_chilipiper.arguments.bad_value import BadValue
from airflow_chilipiper.arguments.columns import Column, col, is_per_lead, missing_columns
from airflow_chilipiper.arguments.patterns import PatternArguments
from airflow_chilipiper.arguments.readers import (
    Reader,
    as_count,
    as_email,
    as_flag,
    as_name,
    as_object,
    as_texts,
    exactly_one,
    or_none,
)
from airflow_chilipiper.arguments.rebook import Rebook, as_in_doubt
from airflow_chilipiper.arguments.shard import as_shard
from airflow_chilipiper.arguments.templates import is_output, is_template
from airflow_chilipiper.arguments.texts import as_form
from airflow_chilipiper.arguments.times import as_duration, as_hours, as_moment, as_moments, as_weekdays, as_zone
from airflow_chilipiper.booking.outcome import OUTCOME_FIELDS, STATUSES, Status


def _shares(value: Any, name: str) -> dict[str, float]:
    """A status, or several, to the share of leads above which it fails the task."""
    shares = value if isinstance(value, Mapping) else dict.fromkeys(as_texts(value, name), 0.0)
    if odd := [str(status) for status in shares if status not in STATUSES]:
        raise BadValue(f"{name} has {', '.join(odd)}, expected some of {', '.join(STATUSES)}")
    if wrong := [share for share in shares.values() if not _is_share(share)]:
        raise BadValue(f"{name} has the share {wrong[0]!r}, expected a number from 0 to below 1, such as 0.05")
    return dict(shares)


def _is_share(share: Any) -> bool:
    return isinstance(share, (int, float)) and not isinstance(share, bool) and 0 <= share < 1


def _skipped(value: Any, name: str) -> tuple[str, ...]:
    statuses = as_texts(value, name)
    some = f"expected some of {', '.join(status for status in STATUSES if Status(status).is_final)}"
    if odd := [status for status in statuses if status not in STATUSES]:
        raise BadValue(f"{name} has {', '.join(odd)}, {some}")
    if odd := [status for status in statuses if not Status(status).is_final]:
        raise BadValue(f"{name} has {', '.join(odd)}: what is not known, or not done, is no reason to skip; {some}")
    return statuses


def _kept(value: Any, name: str) -> tuple[str, ...]:
    columns = as_texts(value, name)
    if taken := [column for column in columns if column in OUTCOME_FIELDS]:
        raise BadValue(f"{name} has {', '.join(taken)}, which the outcome row has itself; rename it in the query")
    return columns


# What holds for all leads of a task.
READERS: Mapping[str, Reader] = {
    "max_leads": as_count,
    "shard": or_none(as_shard),
    "purpose": as_name,
    "repeated_guests": as_flag,
    "window_start": or_none(as_moment),
    "window": as_duration,
    "between": or_none(as_hours),
    "weekdays": or_none(as_weekdays),
    "min_notice": partial(as_duration, at_least=timedelta(0)),
    "keep": _kept,
    "results_table": or_none(as_name),
    "results_conn_id": or_none(as_name),
    "write_back_sql": or_none(as_name),
    "fetch_meeting": as_flag,
    "preview": as_flag,
    "fail_on": _shares,
    "skip_on": _skipped,
    "allow_backfill": as_flag,
    "in_doubt": as_in_doubt,
    "rebook_after": or_none(as_duration),
    "existing_meeting_window": or_none(as_duration),
    "chilipiper_conn_id": as_name,
    "ledger_conn_id": or_none(as_name),
}
# What may be a column; read here only where it is not.
READERS_BY_LEAD: Mapping[str, Reader] = {
    "guest_email": or_none(as_email),
    "timezone": or_none(as_zone),
    "form": lambda value, name: as_form(as_object(value, name)),
    "prefer": as_moments,
}


def declare(task: Any, given: Mapping[str, Any], names: Iterable[str]) -> None:
    """Hold arguments as they were *given*, for templates: a Rebook is rendered in place, so each task has its own."""
    for name in names:
        value = given[name]
        setattr(task, name, replace(value) if isinstance(value, Rebook) else value)


def refuse_bad_arguments(task: Any, pattern: PatternArguments) -> None:
    """Raise BadValue for whatever is wrong and known when the DAG is parsed."""
    source = exactly_one(lead=task.lead, leads=task.leads, sql=task.sql)
    if source != "lead" and not is_per_lead(task.lead_key):
        what = "missing" if task.lead_key is None else "the same for every lead"
        raise BadValue(
            f"lead_key is {what}: name the column that tells leads apart, for instance lead_key=col('lead_id')"
        )
    if source == "sql":
        refuse_bad_query(task)
    else:
        _refuse_no_rows(getattr(task, source), source)
    pattern.refuse_missing(task)
    if (task.results_table or task.write_back_sql) and not (task.results_conn_id or task.sql_conn_id):
        raise BadValue("results_conn_id is missing: name the connection that outcomes are written over")
    for name in READERS:
        if not is_template(getattr(task, name)):
            read(task, name)
    for name in (*READERS_BY_LEAD, *pattern.readers):
        if not is_template(getattr(task, name)):
            read_by_lead(task, name, pattern)
    if not is_template(task.in_doubt):
        refuse_unbounded_rebooking(as_in_doubt(task.in_doubt, "in_doubt"), pattern)


def read(task: Any, name: str) -> Any:
    return READERS[name](getattr(task, name), name)


def read_by_lead(task: Any, name: str, pattern: PatternArguments) -> Any:
    """What holds for all leads is read once; what differs by lead is read with its row."""
    value = getattr(task, name)
    if value is None or is_per_lead(value):
        return value
    reader = READERS_BY_LEAD.get(name) or pattern.readers[name]
    return reader(value, name)


def refuse_bad_query(task: Any) -> None:
    if not task.sql_conn_id:
        raise BadValue("sql_conn_id is missing: name the connection that the query runs over")
    as_name(task.sql, "sql")


def refuse_missing_columns(names: Sequence[str], task: Any, pattern: PatternArguments) -> None:
    """What no row of the query has is a mistake in the DAG, and no row is to be blamed for it."""
    by_lead = [getattr(task, name) for name in (*READERS_BY_LEAD, *pattern.readers, "lead_key")]
    by_lead += map(col, task.keep)
    email = task.guest_email
    if pattern.needs_email(task) and isinstance(email, Column) and email.default is None:
        by_lead.append(col(email.name))
    if missing := missing_columns(names, *by_lead):
        raise BadValue(f"the query has no column {', '.join(missing)}: it has {', '.join(names)}")


def refuse_unbounded_rebooking(rebook: Rebook | None, pattern: PatternArguments) -> None:
    """Chili Piper says for Concierge alone how long a session lives."""
    if rebook and rebook.session_lifetime is None and not pattern.states_session_lifetime:
        raise BadValue(
            "in_doubt is Rebook(), which needs session_lifetime: for links and Handoff Chili Piper does not say how"
            " long a session can still be booked; ask its support, or leave in_doubt='hold'"
        )


def _refuse_no_rows(value: Any, name: str) -> None:
    """What another task brings is only known when it is there."""
    if is_output(value) or isinstance(value, Mapping if name == "lead" else (list, tuple)):
        return
    expected = "a mapping of columns to values" if name == "lead" else "a list of mappings"
    raise BadValue(
        f"{name} is of type {type(value).__name__}, expected {expected}, or a task's output; it is no template"
    )
