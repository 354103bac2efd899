"""Who and what there is: ping, workspaces, users, meeting types (published specs 1.230 to 1.494)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from msgspec import Meta

from airflow_chilipiper.sandbox.http.answers import Answer, text_answer
from airflow_chilipiper.sandbox.http.call import Call
from airflow_chilipiper.sandbox.http.decoding import Identifier, PageNumber, Shape, Text
from airflow_chilipiper.sandbox.http.endpoint import endpoint
from airflow_chilipiper.sandbox.state.catalogue import MeetingType, User, Workspace
from airflow_chilipiper.sandbox.state.tenant import Tenant

_EPOCH = "2026-01-05T08:00:00.000Z"


class PageQuery(Shape):
    """`pageSize` is 10 by default and at most 50 (published spec text)."""

    page: PageNumber = 0
    page_size: Annotated[int, Meta(ge=1, le=50)] = 10


class UsersQuery(PageQuery):
    workspace_id: Text | None = None


class FindQuery(PageQuery, kw_only=True):
    query: Text


class MeetingTypesQuery(Shape):
    workspace_id: Text | None = None


@endpoint("GET", "/v1/org/health/ping", operation="health-ping", permission="api.ping")
def ping(tenant: Tenant, call: Call) -> Answer | str:
    """ "ok" (live tool description); its content type is documented nowhere."""
    return "ok" if tenant.variants.ping == "json" else text_answer("ok", status=200)


@endpoint("GET", "/v1/org/workspace", operation="workspace-list", permission="workspace.read")
def workspaces(tenant: Tenant, call: Call, query: PageQuery) -> Any:
    return _paginated(tenant, query, [_workspace(each) for each in tenant.catalogue.workspaces.values()])


@endpoint("GET", "/v1/org/workspace/users", operation="workspace-list-users", permission="workspace.read")
def workspace_users(tenant: Tenant, call: Call, query: UsersQuery) -> Any:
    wanted = query.workspace_id
    if wanted is not None and wanted not in tenant.catalogue.workspaces:
        raise tenant.refusal("not_found", f"No workspace {wanted}")
    users = [each for each in tenant.catalogue.users.values() if wanted is None or wanted in each.workspaces]
    return _paginated(tenant, query, [_user(tenant, each) for each in users])


@endpoint("GET", "/v1/org/user/find", operation="user-find", permission="user.read")
def find_users(tenant: Tenant, call: Call, query: FindQuery) -> Any:
    """Matches a part of the e-mail or of the name, so an exact e-mail must be picked by the caller."""
    part = query.query.lower()
    users = [
        each for each in tenant.catalogue.users.values() if part in each.email.lower() or part in each.name.lower()
    ]
    return _paginated(tenant, query, [_user(tenant, each) for each in users])


@endpoint("POST", "/v1/org/user/find-by-id", operation="user-find-by-ids", permission="user.read")
def find_users_by_id(tenant: Tenant, call: Call, body: list[Identifier], query: PageQuery) -> Any:
    users = tenant.catalogue.users
    return _paginated(tenant, query, [_user(tenant, users[each]) for each in body if each in users])


@endpoint("GET", "/v1/org/user/read/{userId}", operation="user-read", permission="user.read")
def read_user(tenant: Tenant, call: Call) -> Any:
    user = tenant.catalogue.users.get(call.ids["userId"])
    if user is None:
        raise tenant.refusal("not_found", f"No user {call.ids['userId']}")
    return _user(tenant, user)


@endpoint("GET", "/v1/org/meeting-types/list", operation="meeting-type-list", permission="meeting-type.read")
def meeting_types(tenant: Tenant, call: Call, query: MeetingTypesQuery) -> Any:
    """A bare array; `reminders` comes back as null (published spec text, 1.287)."""
    wanted = query.workspace_id
    types = [each for each in tenant.catalogue.meeting_types.values() if wanted in (None, each.workspace)]
    return [_meeting_type(tenant, each) for each in types]


def _paginated(tenant: Tenant, query: PageQuery, rows: Sequence[dict[str, Any]]) -> Any:
    """PaginatedResult, or the rows alone."""
    first = query.page * query.page_size
    shown = list(rows[first : first + query.page_size])
    if tenant.variants.list_envelope == "bare":
        return shown
    return {"results": shown, "total": len(rows), "page": query.page, "pageSize": query.page_size}


def _workspace(each: Workspace) -> dict[str, Any]:
    stamp = {"createdAt": _EPOCH, "createdBy": "u-sdr-1", "updatedAt": _EPOCH, "updatedBy": "u-sdr-1", "revision": 1}
    return {"id": each.id, "name": each.name, "metadata": stamp}


def _user(tenant: Tenant, user: User) -> dict[str, Any]:
    hours = [{"start": user.hours[0], "end": user.hours[1]}]
    week = dict.fromkeys(("monday", "tuesday", "wednesday", "thursday", "friday"), hours)
    return {
        "id": user.id,
        "name": user.name,
        "email": user.email,
        "isSuperAdmin": False,
        "licenses": {"chiliCalOrg": True, "handoff": user.handoff, "concierge": True, "distro": False},
        "slug": user.slug,
        "workspaces": list(user.workspaces),
        "workingHours": week,
        "timezone": user.zone,
        **({"salesforce": None, "hubspot": None} if tenant.variants.explicit_nulls else {}),
    }


def _meeting_type(tenant: Tenant, each: MeetingType) -> dict[str, Any]:
    return {
        "id": each.id,
        "workspaceId": each.workspace,
        "name": each.name,
        "inviteTitle": each.name,
        "inviteDescription": f"{each.name}, {each.minutes} minutes",
        "status": "Active",
        "duration": f"{each.minutes} minutes",
        "location": {"default": {"type": "ZoomOneTimeLink", "index": 0, "host": "Host"}, "others": []},
        "buffers": {"before": "0 minutes", "after": "0 minutes"},
        **({"reminders": None, "meetingLimit": None} if tenant.variants.explicit_nulls else {}),
    }
