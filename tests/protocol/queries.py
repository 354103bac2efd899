"""How a test walks a flow by hand: each verb of its Runtime suspends it until the test answers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Iterator
from types import coroutine
from typing import Any, Protocol

from airflow_chilipiper.api.call import Call
from airflow_chilipiper.api.sessions import Sessions
from airflow_chilipiper.booking.guests import Guests
from airflow_chilipiper.booking.ledger.entry import Entry


class Clocks(Protocol):
    def now(self) -> float: ...

    def wall(self) -> float: ...


@coroutine
def query(verb: str, what: Any) -> Iterator[Any]:
    return (yield verb, what)


class Queries:
    """A Runtime whose verbs are queries, with these clocks."""

    def __init__(self, clocks: Clocks) -> None:
        self.now, self.wall = clocks.now, clocks.wall
        self.unsent = list[Entry]()

    async def acquire(self, *, priority: bool = False) -> None:
        await query("acquire", priority)

    async def ask(self, call: Call[Any], /) -> Any:
        return await query("ask", call)

    async def pause(self, seconds: float, /) -> None:
        await query("pause", seconds)

    async def later(self, seconds: float, _key: object, flow: Callable[[], Awaitable[Any]], /) -> Any:
        await query("pause", seconds)
        return await flow()

    @property
    def sessions(self) -> Sessions:
        """No answer is another's."""
        return Sessions(self.now)

    @property
    def guests(self) -> Guests:
        """Each lead here is another guest's."""
        return Guests()

    async def of_guest(self, _entry: Entry, _guest: str, /) -> tuple[Entry, ...]:
        return ()

    async def aside(self, wait: Awaitable[object], /) -> None:
        raise AssertionError("nobody has to wait for a lead of the same guest")

    async def get_or_create(self, entry: Entry, /) -> Any:
        return await query("get_or_create", entry)

    async def update(self, entry: Entry, /) -> Any:
        return await query("update", entry)


def go_on(flow: Coroutine[Any, Any, Any], answer: Any) -> tuple[str, Any]:
    """Answer the flow's query, with an error by raising it; the next query. Raises StopIteration at the flow's end."""
    query: tuple[str, Any] = flow.throw(_fresh(answer)) if isinstance(answer, BaseException) else flow.send(answer)
    return query


def _fresh(error: BaseException) -> BaseException:
    """An error that is raised again and again would drag its whole past along."""
    error.__context__ = None
    return error.with_traceback(None)
