"""Outcomes as plain rows, for XCom, logs and write-back."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from airflow_chilipiper.rows import BadValue, as_text, is_null, resolve
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


def kept(row: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """The columns that are handed through, as JSON has them."""
    return {name: _json(resolve(column(name, default=None), row), name) for name in names}


def add_meetings(rows: Sequence[dict[str, Any]], hook: ChiliPiperHook) -> None:
    """Ask for each meeting: its host, end and link. A meeting that cannot be read stays booked, and blank."""
    from airflow_chilipiper.api.errors import ChiliPiperError, NotFound, Unreadable

    for row in rows:
        row.update(dict.fromkeys(("host_email", "end_time", "meeting_url")))
    for row in rows:
        try:
            if row["meeting_id"]:
                row.update(_meeting_facts(hook.meeting(row["meeting_id"]), row["host"]))
        except (NotFound, Unreadable) as error:
            log.warning("Meeting %s is booked, but could not be read: %s", row["meeting_id"], error)
        except ChiliPiperError as error:
            log.warning("Meeting %s and those after it are booked, but are not read: %s", row["meeting_id"], error)
            return


def _meeting_facts(meeting: Meeting, host: str | None) -> dict[str, Any]:
    from airflow_chilipiper.api.calls import instant

    return {
        "host": meeting.host_id or host,
        "host_email": meeting.host_email,
        "end_time": instant(meeting.end, "end") if meeting.end else None,
        "meeting_url": meeting.url,
    }


def _json(value: Any, name: str) -> Any:
    """What no form would take is handed through all the same: it is a reason for nothing."""
    if is_null(value):
        return None
    if isinstance(value, (bool, int)) or (isinstance(value, float) and math.isfinite(value)):
        return value
    if isinstance(value, Mapping):
        return {str(key): _json(item, name) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_json(item, name) for item in value]
    try:
        return as_text(value, name)
    except BadValue:
        return str(value)
