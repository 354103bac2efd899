"""The fields of an outcome row, as XCom, tables and write-back have them."""

from __future__ import annotations

FIELDS = (
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
)
MEETING_FIELDS = ("host_email", "end_time", "meeting_url")
"""Those that cost one more call."""
OUTCOME_FIELDS = (*FIELDS, *MEETING_FIELDS)
