"""The extra link of a booking task: to the meeting, or else to the routing page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperatorLink

if TYPE_CHECKING:
    from airflow.sdk.types import TaskInstanceKey


class ChiliPiperMeetingLink(BaseOperatorLink):
    """Opens what Chili Piper's answers gave for the one lead of the task; no link where they gave none."""

    name = "Chili Piper meeting"

    def get_link(self, operator: Any, *, ti_key: TaskInstanceKey) -> str:
        page = getattr(operator, "page", None)
        return page if isinstance(page, str) and page.startswith(("https://", "http://")) else ""
