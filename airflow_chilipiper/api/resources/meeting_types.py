"""Meeting types."""

from __future__ import annotations

from airflow_chilipiper.api.call import Call
from airflow_chilipiper.api.http.payload import Payload, read, rows
from airflow_chilipiper.api.retry import with_retries
from airflow_chilipiper.api.runtime import Runtime


class MeetingLimit(Payload):
    """How often one e-mail or domain may be booked: the only guard against duplicates that the server has."""

    limit_by: str = ""
    timeframe: str = ""
    count: int | None = None


class MeetingType(Payload):
    """A meeting type (published schema 1.289). `duration` is text, such as `30 minutes`."""

    id: str
    name: str = ""
    workspace_id: str | None = None
    status: str | None = None
    duration: str | None = None
    meeting_limit: MeetingLimit | None = None


def meeting_type_list(workspace_id: str | None = None) -> Call[list[MeetingType]]:
    """A bare array, without pages; `reminders` comes as null (published schema 1.289)."""
    operation = "meeting-type-list"
    return Call(
        operation=operation,
        permission="meeting-type.read",
        method="GET",
        path="/v1/org/meeting-types/list",
        query={"workspaceId": workspace_id} if workspace_id else {},
        read=lambda body: [read(MeetingType, row, operation) for row in rows(body, "results", operation)],
        repeatable=True,
    )


async def meeting_types(runtime: Runtime, *, workspace_id: str | None = None) -> list[MeetingType]:
    return await with_retries(meeting_type_list(workspace_id), runtime)
