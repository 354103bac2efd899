"""Names, e-mails and addresses that stand for ids."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from airflow_chilipiper.api.resources.links import find_link
from airflow_chilipiper.api.resources.users import find_user
from airflow_chilipiper.api.resources.workspaces import find_workspace
from airflow_chilipiper.api.runtime import Runtime


async def _user_id(runtime: Runtime, email: str) -> str:
    return (await find_user(runtime, email)).id


async def _workspace_id(runtime: Runtime, name: str) -> str:
    return (await find_workspace(runtime, name)).id


async def _link(runtime: Runtime, booking_url: str) -> dict[str, str]:
    return (await find_link(runtime, booking_url)).reference


# The argument that holds a name: the argument that takes what is found, and how it is found.
LOOK_UPS: dict[str, tuple[str, Callable[[Runtime, str], Awaitable[Any]]]] = {
    "booker_email": ("booker_id", _user_id),
    "booking_url": ("link", _link),
    "host_email": ("host", _user_id),
    "workspace": ("workspace_id", _workspace_id),
}


async def resolve_names(arguments: Mapping[str, Any], runtime: Runtime) -> dict[str, Any]:
    """*arguments* with ids for the names in it; those that have only ids come back as they are."""
    resolved = dict(arguments)
    for name, (found_as, find) in LOOK_UPS.items():
        if name in resolved:
            resolved[found_as] = await find(runtime, resolved.pop(name))
    return resolved
