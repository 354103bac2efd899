"""Outcomes as plain rows, for XCom, logs and write-back."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from airflow_chilipiper.rows import as_text, is_null, resolve
from airflow_chilipiper.rows import col as column

if TYPE_CHECKING:
    from airflow_chilipiper.api.meeting import Meeting
    from airflow_chilipiper.booking.outcome import Outcome
    from airflow_chilipiper.hooks import ChiliPiperHook

log = logging.getLogger(__name__)

OUTCOME_FIELDS = (
    "lead_key",
    "status",
    "meeting_id",
    "start_time",
    "session_id",
    "reason",
    "attempts",
    "purpose",
    "pattern",
    "host",
    "assignees",
    "host_email",
    "end_time",
    "meeting_url",
)


def outcome_row(outcome: Outcome, *, lead_key: str | None, purpose: str, pattern: str) -> dict[str, Any]:
    return {
        "lead_key": lead_key,
        "status": outcome.status,
        "meeting_id": outcome.meeting_id,
        "start_time": outcome.start_time,
        "session_id": outcome.session_id,
        "reason": outcome.reason,
        "attempts": outcome.attempts,
        "purpose": purpose,
        "pattern": pattern,
        "host": outcome.host,
        "assignees": list(outcome.assignees),
    }


def kept(row: Any, names: Sequence[str]) -> dict[str, Any]:
    """The columns that are handed through, as JSON has them."""
    if not isinstance(row, Mapping):
        return dict.fromkeys(names)
    return {name: _json(resolve(column(name, default=None), row), name) for name in names}


def add_meetings(rows: Iterable[dict[str, Any]], hook: ChiliPiperHook) -> None:
    """Ask for each meeting: its host, end and link. A meeting that cannot be read stays booked, and blank."""
    from airflow_chilipiper.api.errors import ChiliPiperError

    for row in rows:
        row.update(dict.fromkeys(("host_email", "end_time", "meeting_url")))
        if row["meeting_id"]:
            try:
                row.update(_meeting_facts(hook.meeting(row["meeting_id"]), row["host"]))
            except ChiliPiperError as error:
                log.warning("Meeting %s is booked, but could not be read: %s", row["meeting_id"], error)


def _meeting_facts(meeting: Meeting, host: str | None) -> dict[str, Any]:
    from airflow_chilipiper.api.calls import instant

    return {
        "host": meeting.host_id or host,
        "host_email": meeting.host_email,
        "end_time": instant(meeting.end, "end") if meeting.end else None,
        "meeting_url": meeting.url,
    }


def _json(value: Any, name: str) -> Any:
    if is_null(value):
        return None
    return value if isinstance(value, (bool, int, float)) else as_text(value, name)
