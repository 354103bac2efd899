"""What a booking operator was asked, for all of its leads: its arguments as terms."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow_chilipiper.api.call import Interval
from airflow_chilipiper.api.errors import ChiliPiperError
from airflow_chilipiper.arguments.readers import as_zone
from airflow_chilipiper.booking.doubt.bounds import Bounds
from airflow_chilipiper.booking.existing_meetings import existing_meetings
from airflow_chilipiper.ledgers import sender_of
from airflow_chilipiper.operators.failure import failure_after
from airflow_chilipiper.task.plan import Terms

if TYPE_CHECKING:
    from airflow.sdk import Context

    from airflow_chilipiper.booking.outcome import Outcome
    from airflow_chilipiper.hooks import ChiliPiperHook
    from airflow_chilipiper.operators.base import ChiliPiperBookOperator


def terms_of(task: ChiliPiperBookOperator, context: Context) -> Terms:
    """Raises BadValue or Invalid naming the argument that cannot be used."""
    arguments = {name: task.read(name) for name in task.readers}
    if arguments["on_no_evidence"] == "rebook":
        task.refuse_unbounded_rebooking()
    by_lead = {name: task.read_by_lead(name) for name in task.readers_by_lead}
    start = arguments["window_start"] or datetime.now(UTC)
    return Terms(
        purpose=arguments["purpose"],
        key=by_lead["guest_email"] if task.key is None else task.key,
        email=by_lead["guest_email"],
        timezone=by_lead["timezone"] or as_zone(context["dag"].timezone.name, "timezone"),
        prefer=by_lead["prefer"],
        form=by_lead["form"],
        arguments={name: by_lead[name] for name in task.pattern_arguments},
        make_pattern=task.make_pattern,
        interval=Interval(start, arguments["window"]),
        hours=arguments["between"],
        weekdays=arguments["weekdays"] or (),
        min_notice=arguments["min_notice"],
        path=by_lead.get("path", "earliest"),
        max_sessions=arguments["max_sessions"],
        rebook_after=arguments["rebook_after"],
        allowed_domains=task.hook.get_conn().settings.allowed_guest_domains,
        sender=sender_of(context["ti"]),
        bounds=_bounds(arguments, call=task.hook.get_conn().settings.client.timeout),
        met=_met(task.hook, arguments["existing_meeting_window"]),
    )


def _bounds(arguments: dict[str, Any], *, call: float) -> Bounds:
    lifetime = arguments["session_lifetime"]
    return Bounds(
        in_doubt=arguments["on_no_evidence"],
        session_lifetime=lifetime and lifetime.total_seconds(),
        list_lag=arguments["list_lag"].total_seconds(),
        call=call,
    )


def _met(hook: ChiliPiperHook, window: timedelta | None) -> dict[str, Outcome]:
    if window is None:
        return {}
    try:
        session = hook.get_conn()
        return session.block(existing_meetings(session.runtime, window))
    except ChiliPiperError as error:
        raise failure_after(error)(
            f"existing_meeting_window: the meetings cannot be listed: {error}. Nothing was sent"
        ) from None
