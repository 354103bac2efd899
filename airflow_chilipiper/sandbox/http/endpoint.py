"""Every operation that the sandbox serves: id, method, path, needed permissions.

Paths: the vendor's list of all operations at 1.494. Permissions: the spec's extension for them, else vendor prose.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from airflow_chilipiper.sandbox import (
    availability,
    concierge,
    concierge_logs,
    directory,
    handoff,
    link_lists,
    links,
    meetings,
    router_lists,
)
from airflow_chilipiper.sandbox.http.call import Call
from airflow_chilipiper.sandbox.state.tenant import Tenant

ROOT = "/api/fire-edge"
_PAGES = ("page", "pageSize")
_ROUTE = ("concierge.schedule", "concierge.route")
_LINK = ("scheduling-links.read", "scheduling-links.schedule")
_LINKS = "/v1/org/schedulingLinks"
_CONCIERGE = "/v1/org/concierge"
_HANDOFF_BOOK = "/v1/org/handoff/routing/{sessionId}/router/{routerId}/path/{pathId}/booker/{userId}/schedule-simple"


@dataclass(frozen=True, slots=True)
class Operation:
    id: str
    method: str
    path: str
    answer: Callable[[Tenant, Call], Any]
    permissions: tuple[str, ...]
    query: tuple[str, ...] = ()


OPERATIONS = (
    Operation("concierge-route", "POST", f"{_CONCIERGE}/routers/rest", concierge.route_by_body, _ROUTE),
    Operation("concierge-route-by-slug", "POST", f"{_CONCIERGE}/routers/{{routerSlug}}/rest", concierge.route, _ROUTE),
    Operation(
        "concierge-schedule",
        "POST",
        f"{_CONCIERGE}/routing/{{sessionId}}/schedule-simple",
        concierge.schedule,
        _ROUTE[:1],
    ),
    Operation(
        "concierge-list-routers",
        "POST",
        f"{_CONCIERGE}/routers/concierge/list",
        router_lists.concierge,
        ("concierge.read",),
    ),
    Operation(
        "concierge-router-get",
        "GET",
        f"{_CONCIERGE}/routers/concierge/{{routerId}}",
        router_lists.concierge_single,
        ("concierge.read",),
    ),
    Operation(
        "concierge-logs",
        "POST",
        f"{_CONCIERGE}/logs",
        concierge_logs.find,
        ("logs.read",),
        ("workspaceId", "routerId", "start", "end", *_PAGES),
    ),
    Operation("scheduling-link-init", "POST", f"{_LINKS}/init-simple", links.init, _LINK),
    Operation(
        "scheduling-link-schedule", "POST", f"{_LINKS}/routing/{{sessionId}}/schedule-simple", links.schedule, _LINK
    ),
    Operation(
        "scheduling-link-list-round-robin", "POST", f"{_LINKS}/list-round-robin", link_lists.round_robin, _LINK[:1]
    ),
    Operation("scheduling-link-list-ownership", "POST", f"{_LINKS}/list-ownership", link_lists.ownership, _LINK[:1]),
    Operation("scheduling-link-list-group", "POST", f"{_LINKS}/list-group", link_lists.group, _LINK[:1]),
    Operation(
        "scheduling-link-list-admin-one-on-one",
        "POST",
        f"{_LINKS}/list-admin-one-on-one",
        link_lists.admin_one_on_one,
        _LINK[:1],
    ),
    Operation(
        "scheduling-link-list-personal-v2",
        "GET",
        f"{_LINKS}/list-personal-v2/{{userId}}",
        link_lists.personal,
        ("user.read",),
    ),
    Operation(
        "handoff-init",
        "POST",
        "/v1/org/handoff/workspace/{workspaceId}/booker/{userId}/init-simple",
        handoff.init,
        ("handoff.schedule",),
    ),
    Operation("handoff-schedule", "POST", _HANDOFF_BOOK, handoff.schedule, ("handoff.schedule",)),
    Operation(
        "handoff-router-list",
        "GET",
        "/v1/org/handoff/routers/handoff/list",
        router_lists.handoff,
        ("handoff.read",),
        ("workspaceId",),
    ),
    Operation(
        "availability-slots-v2", "PUT", "/v1/org/availability/slots-v2", availability.slots_v2, ("availability.read",)
    ),
    Operation("meeting-list-put", "PUT", "/v2/org/meetings/meetings", meetings.find, ("meeting.read",)),
    Operation("meeting-get", "GET", "/v1/org/meetings/get/{meetingId}", meetings.get, ("meeting.read",)),
    Operation("health-ping", "GET", "/v1/org/health/ping", directory.ping, ("api.ping",)),
    Operation("workspace-list", "GET", "/v1/org/workspace", directory.workspaces, ("workspace.read",), _PAGES),
    Operation(
        "workspace-list-users",
        "GET",
        "/v1/org/workspace/users",
        directory.workspace_users,
        ("workspace.read",),
        ("workspaceId", *_PAGES),
    ),
    Operation("user-find", "GET", "/v1/org/user/find", directory.find_users, ("user.read",), ("query", *_PAGES)),
    Operation(
        "user-find-by-ids", "POST", "/v1/org/user/find-by-id", directory.find_users_by_id, ("user.read",), _PAGES
    ),
    Operation("user-read", "GET", "/v1/org/user/read/{userId}", directory.read_user, ("user.read",)),
    Operation(
        "meeting-type-list",
        "GET",
        "/v1/org/meeting-types/list",
        directory.meeting_types,
        ("meeting-type.read",),
        ("workspaceId",),
    ),
)
PERMISSIONS = frozenset(permission for operation in OPERATIONS for permission in operation.permissions)
OPERATION_IDS = frozenset(operation.id for operation in OPERATIONS)
