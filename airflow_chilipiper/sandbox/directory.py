"""Who and what there is: ping, workspaces, users, meeting types (published specs 1.230 to 1.494)."""

from collections.abc import Sequence
from typing import Any

from airflow_chilipiper.sandbox.answers import Answer, text_answer
from airflow_chilipiper.sandbox.calls import Call
from airflow_chilipiper.sandbox.catalogue import MeetingType, User, Workspace
from airflow_chilipiper.sandbox.decoding import array, identifier
from airflow_chilipiper.sandbox.world import World

_EPOCH = "2026-01-05T08:00:00.000Z"


def ping(world: World, call: Call) -> Answer | str:
    """ "ok" (live tool description); its content type is documented nowhere."""
    return "ok" if world.variants.ping == "json" else text_answer("ok", status=200)


def workspaces(world: World, call: Call) -> Any:
    return paginated(world, call, [write_workspace(each) for each in world.catalogue.workspaces.values()])


def workspace_users(world: World, call: Call) -> Any:
    wanted = call.text("workspaceId")
    if wanted is not None and wanted not in world.catalogue.workspaces:
        raise world.refusal("not_found", f"No workspace {wanted}")
    users = [each for each in world.catalogue.users.values() if wanted is None or wanted in each.workspaces]
    return paginated(world, call, [write_user(world, each) for each in users])


def find_users(world: World, call: Call) -> Any:
    """Matches a part of the e-mail or of the name, so an exact e-mail must be picked by the caller."""
    part = (call.text("query", needed=True) or "").lower()
    users = [each for each in world.catalogue.users.values() if part in each.email.lower() or part in each.name.lower()]
    return paginated(world, call, [write_user(world, each) for each in users])


def find_users_by_id(world: World, call: Call) -> Any:
    wanted = call.read(array(identifier))
    users = world.catalogue.users
    return paginated(world, call, [write_user(world, users[each]) for each in wanted if each in users])


def read_user(world: World, call: Call) -> Any:
    user = world.catalogue.users.get(call.ids["userId"])
    if user is None:
        raise world.refusal("not_found", f"No user {call.ids['userId']}")
    return write_user(world, user)


def meeting_types(world: World, call: Call) -> Any:
    """A bare array; `reminders` comes back as null (published spec text, 1.287)."""
    wanted = call.text("workspaceId")
    types = [each for each in world.catalogue.meeting_types.values() if wanted in (None, each.workspace)]
    return [write_meeting_type(world, each) for each in types]


def paginated(world: World, call: Call, rows: Sequence[dict[str, Any]]) -> Any:
    """PaginatedResult: `page` from 0, `pageSize` 10 by default and at most 50 (published spec text)."""
    page = call.number("page", default=0, least=0, most=10**9)
    size = call.number("pageSize", default=10, least=1, most=50)
    shown = list(rows[page * size : (page + 1) * size])
    if world.variants.list_envelope == "bare":
        return shown
    return {"results": shown, "total": len(rows), "page": page, "pageSize": size}


def write_workspace(each: Workspace) -> dict[str, Any]:
    stamp = {"createdAt": _EPOCH, "createdBy": "u-sdr-1", "updatedAt": _EPOCH, "updatedBy": "u-sdr-1", "revision": 1}
    return {"id": each.id, "name": each.name, "metadata": stamp}


def write_user(world: World, user: User) -> dict[str, Any]:
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
        **({"salesforce": None, "hubspot": None} if world.variants.explicit_nulls else {}),
    }


def write_meeting_type(world: World, each: MeetingType) -> dict[str, Any]:
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
        **({"reminders": None, "meetingLimit": None} if world.variants.explicit_nulls else {}),
    }
