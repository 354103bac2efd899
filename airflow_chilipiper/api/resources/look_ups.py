"""Names, e-mails and addresses that stand for ids."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from airflow_chilipiper.api.resources.links import find_link, find_personal_link
from airflow_chilipiper.api.resources.users import find_user
from airflow_chilipiper.api.resources.workspaces import find_workspace
from airflow_chilipiper.api.runtime import Runtime

# The argument that holds a name: how that is looked up, what is taken of what is found, and the argument that takes it.
LOOK_UPS: dict[str, tuple[Callable[[Runtime, Any], Awaitable[Any]], str, str]] = {
    "booker_email": (find_user, "id", "booker_id"),
    "booking_url": (find_link, "named", "named"),
    "host_email": (find_user, "id", "host"),
    "link_owner": (find_personal_link, "named", "named"),
    "workspace": (find_workspace, "id", "workspace_id"),
}


async def resolve_names(arguments: Mapping[str, Any], runtime: Runtime) -> dict[str, Any]:
    """*arguments* with ids for the names in it; those that have only ids come back as they are."""
    resolved = dict(arguments)
    for name, (find, taken, argument) in LOOK_UPS.items():
        if name in resolved:
            resolved[argument] = getattr(await find(runtime, resolved.pop(name)), taken)
    return resolved
