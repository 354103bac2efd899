"""What a token may do, as far as harmless reads can show."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, TypeVar
from uuid import UUID

from airflow_chilipiper.api.call import Call
from airflow_chilipiper.api.errors import UNANSWERED, ChiliPiperError, Invalid, NotAllowed, NotFound
from airflow_chilipiper.api.http.client_runtime import ClientRuntime
from airflow_chilipiper.api.pace.limiter import RateLimiter
from airflow_chilipiper.api.resources.health import ping
from airflow_chilipiper.api.resources.links import links
from airflow_chilipiper.api.resources.meetings import meetings
from airflow_chilipiper.api.resources.routers import handoff_routers, routers
from airflow_chilipiper.api.resources.routing_log import concierge_log
from airflow_chilipiper.api.resources.users import find_user
from airflow_chilipiper.api.resources.workspaces import workspaces
from airflow_chilipiper.api.runtime import Runtime
from airflow_chilipiper.connection.session import Session
from airflow_chilipiper.connection.settings import ChiliPiperSettings

T = TypeVar("T")
LONGEST_READ = 5.0  # seconds


class SingleAttempt:
    """A Runtime that asks once: where it would pause to ask again, it raises what went wrong."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._wrong: ChiliPiperError | None = None
        self.now, self.wall = runtime.now, runtime.wall

    async def acquire(self, *, priority: bool = False) -> None:
        """A handful of reads, with somebody looking at the screen, needs no pace."""

    async def ask(self, call: Call[T], /) -> T:
        try:
            return await self._runtime.ask(call)
        except ChiliPiperError as wrong:
            self._wrong = wrong
            raise

    async def pause(self, seconds: float, /) -> None:
        raise self._wrong or ValueError("nothing was asked")


@dataclass(frozen=True)
class Probe:
    """A read that shows whether the token has a permission, and what that is good for."""

    permission: str
    use: str
    read: Callable[[Runtime], Awaitable[Any]]


async def _nobody(runtime: Runtime) -> None:
    """Nobody has this e-mail: an answer that says so is a permission to ask."""
    try:
        await find_user(runtime, "nobody@example.invalid")
    except Invalid:
        return


async def _last_minute(runtime: Runtime) -> None:
    start, end = _minute(runtime)
    await meetings(runtime, start=start, end=end)


async def _log_of_no_router(runtime: Runtime) -> None:
    """No router has this id: an answer that says so is a permission to ask."""
    start, end = _minute(runtime)
    try:
        await concierge_log(runtime, workspace_id="nobody", router_id=str(UUID(int=0)), start=start, end=end)
    except NotFound:
        return


def _minute(runtime: Runtime) -> tuple[datetime, datetime]:
    end = datetime.fromtimestamp(runtime.wall(), UTC).replace(microsecond=0)
    return end - timedelta(minutes=1), end


# Source of all permissions: extension X-Chili-Required-Permissions of the published schemas.
PROBES = (
    Probe("concierge.read", "to look up Concierge routers", routers),
    Probe("scheduling-links.read", "to book over scheduling links", partial(links, kinds=("RoundRobin",))),
    Probe("handoff.read", "to look up Handoff routers", handoff_routers),
    Probe("workspace.read", "to find workspaces by name", workspaces),
    Probe("user.read", "to find users by e-mail", _nobody),
    Probe("meeting.read", "to find out what became of an unanswered booking", _last_minute),
    Probe("logs.read", "optional: to prove that an unanswered Concierge booking was not made", _log_of_no_router),
)


def try_connection(settings: ChiliPiperSettings, only_booking_shows: Iterable[str]) -> tuple[bool, str]:
    """Whether Chili Piper answers, and what the token seems to lack; no call takes longer than five seconds.

    That the token has the permissions *only_booking_shows* is left open.
    """
    client = replace(settings.client, timeout=min(settings.client.timeout, LONGEST_READ))
    session = Session(replace(settings, client=client))
    try:
        found = session.block(examine(ClientRuntime(session.client, RateLimiter(None))))
    except ChiliPiperError as problem:
        return False, f"{client.address}: {problem}"
    else:
        return True, f"{found} Only booking can tell whether it has {', '.join(only_booking_shows)}."
    finally:
        session.close()


async def examine(runtime: Runtime) -> str:
    """Ping, then say what the token seems to lack; nothing is asked twice.

    Raises a ChiliPiperError where nothing works at all.
    """
    runtime = SingleAttempt(runtime)
    lacking = await _pinged(runtime)
    unclear: list[str] = []
    for probe in PROBES:
        try:
            await probe.read(runtime)
        except NotAllowed:
            lacking.append(f"{probe.permission} ({probe.use})")
        except UNANSWERED:
            raise
        except ChiliPiperError:
            unclear.append(probe.permission)
    return _summary(lacking, unclear)


async def _pinged(runtime: Runtime) -> list[str]:
    """A token that may not ping is a known token all the same."""
    try:
        await ping(runtime)
    except NotAllowed as no:
        if no.status == 401:
            raise
        return ["api.ping (for this test only)"]
    return []


def _summary(lacking: list[str], unclear: list[str]) -> str:
    may = (
        f"The token seems to lack {', '.join(lacking)}."
        if lacking
        else "The token has every permission that was tried."
    )
    open_ = f" Could not tell: {', '.join(unclear)}." if unclear else ""
    return f"Connected to Chili Piper. {may}{open_}"
