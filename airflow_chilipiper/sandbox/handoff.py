"""Handoff: an SDR opens a session for a guest or a CRM record, then books one of the offered paths (help article)."""

from typing import Any

from airflow_chilipiper.sandbox.booking import spend, write_success
from airflow_chilipiper.sandbox.calls import Call
from airflow_chilipiper.sandbox.catalogue import HandoffRouter, Path
from airflow_chilipiper.sandbox.decoding import (
    anything,
    either,
    email,
    identifier,
    interval,
    one_of,
    record,
    tagged,
    text,
    zone,
)
from airflow_chilipiper.sandbox.sessions import Session
from airflow_chilipiper.sandbox.slots import write_list
from airflow_chilipiper.sandbox.world import World

_CRM_ID = either(identifier, record({"type": one_of("LeadId", "ContactId"), "value": identifier}))
_INIT = tagged(
    GuestEmailRequest=record(
        {"type": text, "guestEmail": email, "interval": interval}, routerId=identifier, crmExplicits=anything
    ),
    CrmRequest=record({"type": text, "id": _CRM_ID, "interval": interval}, routerId=identifier, crmExplicits=anything),
)
_SCHEDULE = record({"startTime": text}, guestTimezone=zone, location=anything)
_PREFIXES = {"00Q": "LeadId", "003": "ContactId"}


def init(world: World, call: Call) -> dict[str, Any]:
    asked = call.read(_INIT)
    workspace, booker = call.ids["workspaceId"], call.ids["userId"]
    _check_booker(world, workspace, booker)
    guest = asked.get("guestEmail") or _guest_of(world, asked["id"])
    routers = _routers(world, workspace, asked.get("routerId"))
    session = world.open_session("handoff", guest=guest, workspace=workspace, booker=booker)
    results = [
        {
            "routerId": router.id,
            "pathResults": [_write_path(world, session, router, path, asked["interval"]) for path in router.paths],
        }
        for router in routers
    ]
    return {_key(world): session.id, "guestEmail": guest, "routers": results}


def schedule(world: World, call: Call) -> dict[str, Any]:
    asked = call.read(_SCHEDULE)
    session = world.sessions.get(call.ids["sessionId"])
    if session and session.pattern == "handoff" and session.booker != call.ids["userId"]:
        session.spent, session.offered = True, {}
        raise world.refusal("booker_not_allowed", "The session was opened by another booker")
    booked = spend(
        world,
        call,
        pattern="handoff",
        start=asked.pop("startTime"),
        place=(call.ids["routerId"], call.ids["pathId"]),
        details=asked,
    )
    return write_success(world, booked)


def _key(world: World) -> str:
    """Handoff says routingId where the links say routeId (help article); the variant swaps the two."""
    return "routingId" if world.variants.route_key == "routeId" else "routeId"


def _check_booker(world: World, workspace: str, booker: str) -> None:
    if workspace not in world.catalogue.workspaces:
        raise world.refusal("not_found", f"No workspace {workspace}")
    user = world.catalogue.users.get(booker)
    if user is None:
        raise world.refusal("not_found", f"No user {booker}")
    if not user.handoff or workspace not in user.workspaces:
        raise world.refusal("booker_not_allowed", f"User {booker} has no handoff licence in workspace {workspace}")


def _guest_of(world: World, reference: Any) -> str:
    """The e-mail of a CRM record; an id that the world does not know gets a guest of its own.

    Salesforce ids differ by case, e-mails do not: the synthetic address keeps two such ids apart.
    """
    kind, value = ("", reference) if isinstance(reference, str) else (reference["type"], reference["value"])
    if kind and _PREFIXES.get(value[:3], kind) != kind:
        raise world.refusal("not_found", f"The CRM has no {kind} {value}")
    capitals = sum(1 << index for index, letter in enumerate(value) if letter.isupper())
    return world.catalogue.crm.get(value) or f"crm-{value.lower()}-{capitals:x}@prospect.example"


def _routers(world: World, workspace: str, router_id: str | None) -> list[HandoffRouter]:
    routers = [each for each in world.catalogue.handoff_routers.values() if each.workspace == workspace]
    if router_id is None:
        return routers
    if not (wanted := [each for each in routers if each.id == router_id]):
        raise world.refusal("router_unknown", f"No handoff router {router_id} in workspace {workspace}")
    return wanted


def _write_path(
    world: World, session: Session, router: HandoffRouter, path: Path, asked: dict[str, float]
) -> dict[str, Any]:
    """A Fork holds a live branch without times and a later branch, which is the one to book (vendor drafts)."""
    slots = world.offer(session, (router.id, path.id), path.target, meeting_type=path.meeting_type, interval=asked)
    minutes = world.catalogue.meeting_types[path.meeting_type].minutes
    common = {"assignees": list(path.target.users), "duration": f"{minutes} minutes"}
    times = write_list(world, slots, attendees=world.variants.handoff_attendees)
    later = {"type": "Later", "pathId": path.id, **common, **times}
    kind = path.kind if world.variants.handoff_paths == "seeded" else world.variants.handoff_paths
    if kind == "Later":
        return later
    return {"type": "Fork", "live": {"pathId": f"{path.id}-live", **common}, "later": later}
