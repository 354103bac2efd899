"""Meetings: the list, cut into windows that the service accepts, and one by its id.

Source: published schemas 1.321 (list) and 1.230 (get) for requests and envelopes. Both payloads are declared unstable;
their fields are those that the vendor's notes of 2026-05-29 saw in live answers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from airflow_chilipiper.api.call import Call, instant, path
from airflow_chilipiper.api.errors import Invalid
from airflow_chilipiper.api.resources.meeting import Meeting, listed, recorded
from airflow_chilipiper.api.resources.pages import PAGE_SIZE, Page, every, windows
from airflow_chilipiper.api.retry import with_retries
from airflow_chilipiper.api.runtime import Runtime
from airflow_chilipiper.api.spelling import trimmed

WINDOW = timedelta(days=6)  # the service takes 7 days; the vendor's own notes advise at most 6
STATUSES = ("Active", "Canceled", "NoShow", "Completed")


async def meetings(
    runtime: Runtime,
    *,
    start: datetime,
    end: datetime,
    guest: str | None = None,
    statuses: Sequence[str] = (),
    workspace_ids: Sequence[str] = (),
    host_ids: Sequence[str] = (),
    meeting_type_ids: Sequence[str] = (),
) -> list[Meeting]:
    """The meetings that start from *start* to before *end*, of any length of time; each once.

    With a guest, the service is asked for that e-mail, and a row that names another guest is dropped here too, since
    nothing says how the service compares. Past meetings that nobody closed stay `Active`.
    """
    filters = {
        "status": _known(_several("statuses", statuses)),
        "workspaceIds": _several("workspace_ids", workspace_ids),
        "hostIds": _several("host_ids", host_ids),
        "meetingTypeIds": _several("meeting_type_ids", meeting_type_ids),
        "guestEmail": _email(guest),
    }
    query = {name: value for name, value in filters.items() if value}
    found: dict[str, Meeting] = {}
    for window in windows(start, end, longest=WINDOW):
        pages = partial(meeting_list_put, *window, query)
        found |= {meeting.meeting_id: meeting for meeting in await every(pages, runtime, key=_id)}
    return [meeting for meeting in found.values() if meeting.may_be_of(guest)]


async def meeting(runtime: Runtime, meeting_id: str) -> Meeting:
    return await with_retries(meeting_get(meeting_id), runtime)


def meeting_get(meeting_id: str) -> Call[Meeting]:
    """One meeting: `{data: record, hasMore, hasMoreItems}` (published schema 1.230)."""
    return Call(
        operation="meeting-get",
        permission="meeting.read",
        method="GET",
        path=path("/v1/org/meetings/get/{}", meeting_id),
        read=recorded,
        repeatable=True,
    )


def meeting_list_put(start: datetime, end: datetime, filters: Mapping[str, Any], page: int) -> Call[Page[Meeting]]:
    """A page of at most 7 days, start inclusive, end exclusive; a read in spite of PUT (published schema 1.321)."""
    span = {"start": instant(start, "start"), "end": instant(end, "end")}
    return Call(
        operation="meeting-list-put",
        permission="meeting.read",
        method="PUT",
        path="/v2/org/meetings/meetings",
        body={**span, **filters, "page": page, "pageSize": PAGE_SIZE},
        read=listed,
        repeatable=True,
        alone=True,
    )


def _several(name: str, values: Sequence[str]) -> list[str]:
    if isinstance(values, str):
        raise Invalid(f"{name} is one text, expected a list of texts: write [{name[:-1]}]")
    return list(values)


def _known(statuses: list[str]) -> list[str]:
    if strange := [status for status in statuses if status not in STATUSES]:
        raise Invalid(f"statuses has {', '.join(map(repr, strange))}, expected some of {', '.join(STATUSES)}")
    return statuses


def _email(guest: str | None) -> str | None:
    if guest is not None and "@" not in guest:
        raise Invalid("guest is not an e-mail: give an address, or None for the meetings of everybody")
    return guest and trimmed(guest)


def _id(meeting: Meeting) -> str:
    return meeting.meeting_id
