"""Names, e-mails and addresses in an operator's arguments, looked up once a run."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from functools import cache, partial
from typing import Any

from airflow_chilipiper.api.directory import find_user, find_workspace
from airflow_chilipiper.api.errors import Invalid, NotFound
from airflow_chilipiper.api.links import find_link
from airflow_chilipiper.api.world import World, block
from airflow_chilipiper.rows import BadValue


class Directory:
    """Look-ups over a *world* that blocks; NotFound where Chili Piper knows no such thing."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._workspace = cache(partial(self._find, "workspace", find_workspace))
        self._user = cache(partial(self._find, "booker_email", find_user))
        self._link = cache(partial(self._find, "booking_url", find_link))

    def workspace_id(self, name: str | None) -> str:
        return str(self._workspace(name).id)

    def user_id(self, email: str | None) -> str:
        return str(self._user(email).id)

    def link(self, booking_url: str | None) -> dict[str, Any]:
        return dict(self._link(booking_url).reference)

    def _find(self, argument: str, flow: Callable[[World, str], Coroutine[Any, Any, Any]], wanted: str | None) -> Any:
        if not wanted:
            raise BadValue(f"{argument} is empty")
        try:
            return block(flow(self._world, wanted))
        except Invalid as unknown:
            raise NotFound(f"{argument}: {unknown}", status=404) from None
