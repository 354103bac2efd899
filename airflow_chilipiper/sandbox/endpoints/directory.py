"""Who and what there is: ping, workspaces, users, meeting types (published specs 1.230 to 1.494)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from airflow_chilipiper.sandbox.http.answers import Answer, text_answer
from airflow_chilipiper.sandbox.http.call import Call
from airflow_chilipiper.sandbox.state.catalogue import MeetingType, User, Workspace
from airflow_chilipiper.sandbox.http.decoding import array, identifier
from airflow_chilipiper.sandbox.state.tenant import Tenant

_EPOCH = "2026-01-05T08:00:00.000Z"


def ping(tenant: Tenant, call: Call) -> Answer | str:
    """ "ok" (live tool description); its content type is documented nowhere."""
    return "ok" if tenant.variants.ping == "json" else text_answer("ok", status=200)


def workspaces(tenant: Tenant, call: Call) -> Any:
    return paginated(tenant, call, [write_workspace(each) for each in tenant.catalogue.workspaces.values()])


def workspace_users(tenant: Tenant, call: Call) -> Any:
    wanted = call.text("workspaceId")
    if wanted is not None and wanted not in tenant.catalogue.workspaces:
        raise tenant.refusal("not_found", f"No workspace {wanted}")
    users = [each for each in tenant.catalogue.users.values() if wanted is None or wanted in each.workspaces]
    return paginated(tenant, call, [write_user(tenant, each) for each in users])


def find_users(tenant: Tenant, call: Call) -> Any:
    """Matches a part of the e-mail or of the name, so an exact e-mail must be picked by the caller."""
    part = (call.text("query", needed=True) or "").lower()
    users = [
        each for each in tenant.catalogue.users.values() if part in each.email.lower() or part in each.name.lower()
    ]
    return paginated(tenant, call, [write_user(tenant, each) for each in users])


def find_users_by_id(tenant: Tenant, call: Call) -> Any:
    wanted = call.read(array(identifier))
    users = tenant.catalogue.users
    return paginated(tenant, call, [write_user(tenant, users[each]) for each in wanted if each in users])


def read_user(tenant: Tenant, call: Call) -> Any:
    user = tenant.catalogue.users.get(call.ids["userId"])
    if user is None:
        raise tenant.refusal("not_found", f"No user {call.ids['userId']}")
    return write_user(tenant, user)


def meeting_types(tenant: Tenant, call: Call) -> Any:
    """A bare array; `reminders` comes back as null (published spec text, 1.287)."""
    wanted = call.text("workspaceId")
    types = [each for each in tenant.catalogue.meeting_types.values() if wanted in (None, each.workspace)]
    return [write_meeting_type(tenant, each) for each in types]


def paginated(tenant: Tenant, call: Call, rows: Sequence[dict[str, Any]]) -> Any:
    """PaginatedResult: `page` from 0, `pageSize` 10 by default and at most 50 (published spec text)."""
    page = call.number("page", default=0, least=0, most=10**9)
    size = call.number("pageSize", default=10, least=1, most=50)
    shown = list(rows[page * size : (page + 1) * size])
    if tenant.variants.list_envelope == "bare":
        return shown
    return {"results": shown, "total": len(rows), "page": page, "pageSize": size}


def write_workspace(each: Workspace) -> dict[str, Any]:
    stamp = {"createdAt": _EPOCH, "createdBy": "u-sdr-1", "updatedAt": _EPOCH, "updatedBy": "u-sdr-1", "revision": 1}
    return {"id": each.id, "name": each.name, "metadata": stamp}


def write_user(tenant: Tenant, user: User) -> dict[str, Any]:
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


def write_meeting_type(tenant: Tenant, each: MeetingType) -> dict[str, Any]:
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
