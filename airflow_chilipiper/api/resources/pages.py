"""Reading a list in parts: page by page, whatever the server makes of pages, and window by window of time."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, TypeVar

from airflow_chilipiper.api.call import Call, instant
from airflow_chilipiper.api.errors import Invalid, Unreadable
from airflow_chilipiper.api.http.payload import P, read, rows
from airflow_chilipiper.api.retry import with_retries
from airflow_chilipiper.api.runtime import Runtime

T = TypeVar("T")

PAGE_SIZE = 50
MOST_PAGES = 200


@dataclass(frozen=True, kw_only=True)
class Page(Generic[T]):
    """One page of a list, and what it says about the rest: the size of the whole, or whether there is more."""

    items: Sequence[T]
    size: int
    total: int | None = None
    more: bool | None = None

    def promises_more(self, than: int) -> bool:
        """Whether the server itself says that there is more than we have."""
        return bool(self.more) if self.total is None else self.total > than

    def may_have_more(self, than: int) -> bool:
        """Without a word of the server, only a full page can be followed by another."""
        if self.total is None and self.more is None:
            return len(self.items) >= self.size
        return self.promises_more(than)


async def every(page: Callable[[int], Call[Page[T]]], runtime: Runtime, *, key: Callable[[T], Hashable]) -> list[T]:
    """All items of all pages, each key once; the first page is 0.

    A page that brings nothing new ends the list, since some servers ignore `page`. But if it says that there is more,
    that is Unreadable: nobody may take a part of a list for the whole. An empty page is believed against a total, which
    may count what the token cannot see.
    """
    found: dict[Hashable, T] = {}
    for number in range(MOST_PAGES):
        answer = await with_retries(page(number), runtime)
        known = len(found)
        found |= {key(item): item for item in answer.items}
        if len(found) == known or not answer.may_have_more(len(found)):
            return _whole(found, answer, page(number).operation)
    raise Unreadable(f"{page(0).operation}: more than {MOST_PAGES} pages; ask for less")


def _whole(found: dict[Hashable, T], last: Page[T], operation: str) -> list[T]:
    if last.more or (last.items and last.promises_more(len(found))):
        raise Unreadable(f"{operation}: the list says that there is more than {len(found)}, but shows no more")
    return list(found.values())


def says_more(envelope: Mapping[str, Any]) -> bool | None:
    """`hasMore: "Yes"|"No"`, or `hasMoreItems`, which came later and stands beside it; one of them is enough."""
    words = [word for word in map(envelope.get, ("hasMoreItems", "hasMore")) if word is not None]
    return any(word is True or str(word).casefold() == "yes" for word in words) if words else None


def results(body: Any, item: Callable[[Any], T], *, size: int, what: str) -> Page[T]:
    """A `PaginatedResult`: `{results?, total, page, pageSize}` (published schema 1.494), or a bare array (older)."""
    items = [item(row) for row in rows(body, "results", what)]
    envelope = body if isinstance(body, Mapping) else {}
    return Page(items=items, size=_count(envelope, "pageSize") or size, total=_count(envelope, "total"))


def _count(envelope: Mapping[str, Any], name: str) -> int | None:
    value = envelope.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def numbered(
    operation: str, permission: str, path: str, item: Callable[[Any], T], query: Mapping[str, str] | None = None
) -> Callable[[int], Call[Page[T]]]:
    """The calls for the pages of a list that takes `page` (from 0) and `pageSize` (at most 50) in the query."""

    def call(number: int) -> Call[Page[T]]:
        return Call(
            operation=operation,
            permission=permission,
            method="GET",
            path=path,
            query={**(query or {}), "page": number, "pageSize": PAGE_SIZE},
            read=lambda body: results(body, item, size=PAGE_SIZE, what=operation),
            repeatable=True,
        )

    return call


def unpaged(
    operation: str, permission: str, path: str, model: type[P], under: str, workspace_id: str | None
) -> Call[list[P]]:
    """The call for a list in one array, bare or *under* a name, of one workspace or of all."""
    return Call(
        operation=operation,
        permission=permission,
        method="GET",
        path=path,
        query={"workspaceId": workspace_id} if workspace_id else {},
        read=lambda body: [read(model, row, operation) for row in rows(body, under, operation)],
        repeatable=True,
    )


def windows(start: datetime, end: datetime, *, longest: timedelta) -> Iterator[tuple[datetime, datetime]]:
    """Cut a span of time into windows that the service accepts; they touch, the last one as short as it must be.

    They are compared and cut in UTC: a local day is 23 to 25 hours long, and its clock can go back.
    """
    since, until = instant(start, "start"), instant(end, "end")
    start, end = (datetime.fromtimestamp(moment.timestamp(), UTC) for moment in (start, end))  # no pendulum
    if start >= end:
        raise Invalid(f"start is {since} and end is {until}: start must be before end")
    while start < end:
        yield start, min(start + longest, end)
        start += longest
