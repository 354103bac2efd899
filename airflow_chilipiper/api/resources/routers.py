"""Routers: those of Concierge with the form keys that they read, and those of Handoff."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from airflow_chilipiper.api.call import Call
from airflow_chilipiper.api.errors import Invalid
from airflow_chilipiper.api.http.payload import Payload, read, rows
from airflow_chilipiper.api.resources.form_mapping import Trigger, triggers
from airflow_chilipiper.api.resources.pages import unpaged
from airflow_chilipiper.api.retry import with_retries
from airflow_chilipiper.api.runtime import Runtime

NONE_TO_ASK_FOR = (
    "none that can be asked for (nothing is routed through a form that Chili Piper hosts: give the router a router link"
    " with the same fields)"
)


class Router(Payload):
    """A Concierge router (published schema 1.494), with the triggers that it listens to.

    Where `accepts_routing` is False its forms show and nothing is routed.
    """

    id: str
    slug: str = ""
    name: str = ""
    workspace_id: str | None = None
    accepts_routing: bool | None = None
    triggers: tuple[Trigger, ...] = ()


class HandoffRouter(Payload):
    """A Handoff router (published schema 1.494)."""

    id: str
    name: str = ""
    workspace_id: str | None = None


class FormCheck(NamedTuple):
    """What a router would miss in a form, and what it does not know."""

    missing: list[str]
    unknown: list[str]


def concierge_list_routers() -> Call[list[Router]]:
    """All routers, in one answer that can be very large; the specification names no body (published schema 1.494)."""
    operation = "concierge-list-routers"
    return Call(
        operation=operation,
        permission="concierge.read",
        method="POST",
        path="/v1/org/concierge/routers/concierge/list",
        read=lambda body: [_router(row) for row in rows(body, "routers", operation)],
        repeatable=True,
    )


def _router(row: Any) -> Router:
    """`{workspaceId, router: {...}}`; the workspace also stands in the router of other answers."""
    outer = row if isinstance(row, Mapping) else {}
    router = outer.get("router") or row
    if not isinstance(router, Mapping):
        return read(Router, router, "a router")
    mapped = triggers(router.get("formMapping"))
    workspace = outer.get("workspaceId") or router.get("workspaceId")
    return read(Router, {**router, "workspaceId": workspace, "triggers": mapped}, "a router")


async def routers(runtime: Runtime, *, workspace_id: str | None = None) -> list[Router]:
    """The Concierge routers; of one workspace where asked, chosen here since the call itself cannot."""
    found = await with_retries(concierge_list_routers(), runtime)
    return [router for router in found if workspace_id in (None, router.workspace_id)]


async def handoff_routers(runtime: Runtime, *, workspace_id: str | None = None) -> list[HandoffRouter]:
    path = "/v1/org/handoff/routers/handoff/list"
    call = unpaged("handoff-router-list", "handoff.read", path, HandoffRouter, "routers", workspace_id)
    return await with_retries(call, runtime)


def form_keys(router: Router, trigger: str) -> list[str]:
    """The form keys that the router reads under this trigger."""
    return list(dict.fromkeys(key for mapped in _mapped(router, trigger) for key in mapped.keys))


def check_form(router: Router, trigger: str, form: Mapping[str, Any]) -> FormCheck:
    """Compare a form with the router's mapping. Where one trigger reads several forms, the best fit counts."""
    given = {key for key, value in form.items() if value not in (None, "")}
    lacking = [[key for key in mapped.required if key not in given] for mapped in _mapped(router, trigger)]
    known = form_keys(router, trigger)
    return FormCheck(missing=min(lacking, key=len), unknown=[key for key in form if key not in known])


async def check_form_of(runtime: Runtime, router_slug: str, trigger: str, form: Mapping[str, Any]) -> FormCheck:
    """The same for the router with this slug."""
    known = await routers(runtime)
    if router := next((router for router in known if router.slug == router_slug), None):
        return check_form(router, trigger, form)
    slugs = ", ".join(router.slug for router in known[:10]) or "none"
    raise Invalid(f"no router has the slug {router_slug!r}: the token sees {slugs}")


def _mapped(router: Router, trigger: str) -> list[Trigger]:
    found = [mapped for mapped in router.triggers if mapped.name == trigger]
    if not found:
        names = ", ".join(dict.fromkeys(mapped.name for mapped in router.triggers)) or NONE_TO_ASK_FOR
        raise Invalid(f"router {router.slug!r} has no trigger {trigger!r}: it has {names}")
    return found
