"""Meeting types."""

from __future__ import annotations

from airflow_chilipiper.api.http.payload import Payload
from airflow_chilipiper.api.resources.pages import unpaged
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


async def meeting_types(runtime: Runtime, *, workspace_id: str | None = None) -> list[MeetingType]:
    """Those of a workspace, or of all; `reminders` comes as null (published schema 1.289)."""
    path = "/v1/org/meeting-types/list"
    call = unpaged("meeting-type-list", "meeting-type.read", path, MeetingType, "results", workspace_id)
    return await with_retries(call, runtime)
