"""What a booking task is to do, as one value. Whoever carries it out takes this value, never the operator."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from airflow_chilipiper.api.call import Interval
from airflow_chilipiper.api.errors import ChiliPiperError, NotAllowed
from airflow_chilipiper.arguments.columns import is_per_lead
from airflow_chilipiper.arguments.patterns import PatternArguments
from airflow_chilipiper.arguments.rebook import Rebook
from airflow_chilipiper.arguments.shard import Shard
from airflow_chilipiper.booking.doubt.bounds import Bounds
from airflow_chilipiper.booking.existing_meetings import existing_meetings
from airflow_chilipiper.booking.outcome import Outcome
from airflow_chilipiper.booking.policy import Policy
from airflow_chilipiper.connection.session import Session
from airflow_chilipiper.connection.settings import ChiliPiperSettings
from airflow_chilipiper.task.errors import TaskFailed
from airflow_chilipiper.task.lead_plan import LeadPlan
from airflow_chilipiper.task.names import Names

WHOLE = Shard(0, 1)


@dataclass(frozen=True, kw_only=True)
class BookingPlan:
    """What holds for a task and all of its leads.

    `is_single` says that there is one lead, whose row is the answer; `has_one_target`, that all are booked in one
    place. At most `leads_at_once` are under way; None: as many as the pace and Chili Piper's latency need.
    """

    leads: LeadPlan
    pattern: str
    purpose: str
    is_single: bool
    has_one_target: bool
    leads_at_once: int | None
    shard: Shard
    keep: tuple[str, ...]
    fetch_meeting: bool
    preview: bool
    fail_on: Mapping[str, float]
    skip_on: tuple[str, ...]
    rebook_after: timedelta | None
    results_table: str | None
    write_back_sql: str | None
    results_conn_id: str | None
    ledger_conn_id: str | None

    @property
    def writes_outcomes(self) -> bool:
        """Whether outcomes go to a database, so that XCom holds only what is to be known of them."""
        return self.results_table is not None or self.write_back_sql is not None


def make_plan(
    values: Mapping[str, Any],
    by_lead: Mapping[str, Any],
    *,
    pattern: PatternArguments,
    session: Session,
    timezone: ZoneInfo,
    sender: str,
    leads_at_once: int | None = None,
    max_sessions: int = 3,
) -> BookingPlan:
    """The plan for these arguments: *values* hold for all leads, those in *by_lead* may be columns.

    :param timezone: filters the slots of guests without one of their own, and is never sent
    :param sender: the task instance and try that books
    """
    own = {name: by_lead[name] for name in pattern.readers if by_lead[name] is not None}
    leads = LeadPlan(
        policy=_policy(values, session, sender, max_sessions),
        pattern=pattern,
        lead_key=by_lead["guest_email"] if by_lead["lead_key"] is None else by_lead["lead_key"],
        guest_email=by_lead["guest_email"],
        timezone=by_lead["timezone"],
        default_timezone=timezone,
        form=by_lead["form"],
        prefer=by_lead["prefer"],
        own=own,
        resolve_names=Names(session).resolve,
        hours=values["between"],
        weekdays=values["weekdays"] or (),
        min_notice=values["min_notice"],
    )
    return BookingPlan(
        leads=leads,
        pattern=pattern.name,
        is_single=values["is_single"],
        has_one_target=not any(is_per_lead(own.get(name)) for name in pattern.target),
        leads_at_once=leads_at_once,
        shard=values["shard"] or WHOLE,
        results_conn_id=values["results_conn_id"] or values["sql_conn_id"],
        ledger_conn_id=values["ledger_conn_id"] or session.settings.ledger_conn_id,
        **{name: values[name] for name in _AS_THEY_ARE},
    )


_AS_THEY_ARE = (
    *("purpose", "keep", "fetch_meeting", "preview", "fail_on", "skip_on"),
    *("rebook_after", "results_table", "write_back_sql"),
)


def _policy(values: Mapping[str, Any], session: Session, sender: str, max_sessions: int) -> Policy:
    return Policy(
        purpose=values["purpose"],
        interval=Interval(values["window_start"] or datetime.now(UTC), values["window"]),
        sender=sender,
        max_sessions=max_sessions,
        rebook_after=values["rebook_after"],
        repeated_guests=values["repeated_guests"],
        allowed_domains=session.settings.allowed_guest_domains,
        bounds=_bounds(values["in_doubt"], session.settings),
        existing_meetings=_existing_meetings(session, values["existing_meeting_window"]),
    )


def _bounds(in_doubt: Rebook | None, settings: ChiliPiperSettings) -> Bounds:
    lifetime = in_doubt.session_lifetime if in_doubt else None
    return Bounds(
        in_doubt="rebook" if in_doubt else "hold",
        session_lifetime=lifetime.total_seconds() if isinstance(lifetime, timedelta) else None,
        list_lag=settings.meeting_list_lag,
        call=settings.client.timeout,
    )


def _existing_meetings(session: Session, window: timedelta | None) -> Mapping[str, Outcome]:
    if window is None:
        return {}
    try:
        return session.block(existing_meetings(session.runtime, window))
    except ChiliPiperError as error:
        why = f"existing_meeting_window: the meetings cannot be listed: {error}. Nothing was sent"
        raise TaskFailed(why, curable=not isinstance(error, NotAllowed)) from None
