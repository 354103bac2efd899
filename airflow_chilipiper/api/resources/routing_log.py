"""Concierge's routing log: what became of the sessions that a router opened.

Source: published schema 1.494 for the request. The answer is declared untyped and unstable; the fields of an entry are
those that the vendor's notes of 2026-05-29 saw in live answers, and no source shows what stands around the entries.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from pydantic import AwareDatetime, Field

from airflow_chilipiper.api.call import Call, instant
from airflow_chilipiper.api.errors import Unreadable
from airflow_chilipiper.api.http.payload import Payload, read
from airflow_chilipiper.api.patterns.answers import record
from airflow_chilipiper.api.resources.pages import Page, every, results, says_more, windows
from airflow_chilipiper.api.runtime import Runtime

OPERATION = "concierge-logs"
WINDOW = timedelta(days=30)  # the most that the service takes
PAGE_SIZE = 100  # the most that the service gives; its own default is 20
ARRAYS = ("results", "list", "logs", "entries")  # the names under which a list is seen, here or in other answers
SESSION_NAMES = ("id", "routeId", "routingId")


class LogEntry(Payload):
    """One routing of one lead. What an entry does not have is empty or None.

    `status` is an open set: Scheduled, TimedOut and Cancelled have been seen. `session_ids` are all ids that may be the
    routing session's, since nothing says which of them it is, or whether any is.
    """

    id: str = ""
    status: str = ""
    meeting_id: str | None = None
    guest: str | None = Field(default=None, repr=False)
    triggered_at: AwareDatetime
    session_ids: tuple[str, ...] = ()

    def is_of(self, session: str) -> bool:
        return session in self.session_ids

    @property
    def is_timed_out(self) -> bool:
        """Whether the session ended unspent. One that names a meeting did not, whatever its status says."""
        letters = "".join(filter(str.isalpha, self.status)).casefold()
        return letters == "timedout" and self.meeting_id is None


async def concierge_log(
    runtime: Runtime, *, workspace_id: str, router_id: str, start: datetime, end: datetime
) -> list[LogEntry]:
    """The entries that one router triggered from *start* to *end*, of any length of time.

    Two entries for one session are both kept, even under one id: they may contradict each other.
    """
    found: dict[LogEntry, None] = {}
    for window in windows(start, end, longest=WINDOW):
        pages = partial(concierge_logs, workspace_id, router_id, *window)
        found |= dict.fromkeys(await every(pages, runtime, key=lambda entry: entry))
    return list(found)


def concierge_logs(
    workspace_id: str, router_id: str, start: datetime, end: datetime, page: int
) -> Call[Page[LogEntry]]:
    """A page of at most 30 days; a read in spite of POST, without a body."""
    span = {"start": instant(start, "start"), "end": instant(end, "end")}
    return Call(
        operation=OPERATION,
        permission="logs.read",
        method="POST",
        path="/v1/org/concierge/logs",
        query={"workspaceId": workspace_id, "routerId": router_id, **span, "page": page, "pageSize": PAGE_SIZE},
        read=_page,
        repeatable=True,
    )


def _page(body: Any) -> Page[LogEntry]:
    """An array, bare or in an envelope.

    Where the envelope does not name the size of a page, only an empty one ends the list: a session that timed out in
    one entry may be booked in the next.
    """
    envelope, entries = _opened(body)
    page = results({**envelope, "results": entries}, _entry, size=1, what=OPERATION)
    return replace(page, more=says_more(envelope))


def _opened(body: Any) -> tuple[Mapping[str, Any], list[Any]]:
    """What stands around the entries, and the entries; only an array in its place is believed to be empty."""
    outer = body if isinstance(body, Mapping) else {}
    inner = outer.get("data", body)
    if isinstance(inner, list):
        return outer, inner
    named = [inner[name] for name in ARRAYS if name in inner] if isinstance(inner, Mapping) else []
    if len(named) == 1 and (named[0] is None or isinstance(named[0], list)):
        return {**outer, **inner}, named[0] or []
    raise Unreadable(f"{OPERATION}: the answer has no list of entries where one is known to be")


def _entry(body: Any) -> LogEntry:
    row = record(body, OPERATION)
    found = {
        "id": row.get("id"),
        "status": row.get("status"),
        "meetingId": row.get("meetingId") or None,
        "guest": row.get("guestEmail"),
        "triggeredAt": row.get("triggeredAt"),
        "sessionIds": _session_ids(row),
    }
    return read(LogEntry, found, OPERATION)


def _session_ids(row: Mapping[str, Any]) -> list[str]:
    routing = row.get("routing")
    places = (row, routing if isinstance(routing, Mapping) else {"id": routing})
    found = [place.get(name) for place in places for name in SESSION_NAMES]
    return list(dict.fromkeys(each for each in found if isinstance(each, str) and each))
