"""Workspaces."""

from __future__ import annotations

from functools import partial

from airflow_chilipiper.api.errors import Invalid
from airflow_chilipiper.api.http.payload import Payload, read
from airflow_chilipiper.api.resources.pages import every, numbered
from airflow_chilipiper.api.runtime import Runtime
from airflow_chilipiper.api.spelling import trimmed


class Workspace(Payload):
    """A workspace (published schema 1.494)."""

    id: str
    name: str = ""


async def workspaces(runtime: Runtime) -> list[Workspace]:
    """All workspaces that the token sees: `GET /v1/org/workspace` (published schema 1.321)."""
    item = partial(read, Workspace, what="workspace-list")
    page = numbered("workspace-list", "workspace.read", "/v1/org/workspace", item)
    return await every(page, runtime, key=lambda found: found.id)


async def find_workspace(runtime: Runtime, name: str) -> Workspace:
    """The workspace with exactly this name."""
    seen = await workspaces(runtime)
    fitting = [found for found in seen if trimmed(found.name) == trimmed(name)]
    if len(fitting) == 1:
        return fitting[0]
    if not fitting:
        names = ", ".join(repr(found.name) for found in seen[:10]) or "none"
        raise Invalid(f"no workspace is named {name!r}: the token sees {names}; or give the workspace's id instead")
    raise Invalid(
        f"{len(fitting)} workspaces are named {name!r}: give one id of {', '.join(found.id for found in fitting)}"
    )
