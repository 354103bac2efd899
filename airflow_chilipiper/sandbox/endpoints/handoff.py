"""Handoff: an SDR opens a session for a guest or a CRM record, then books one of the offered paths (help article)."""

from __future__ import annotations

from typing import Any

from airflow_chilipiper.sandbox.endpoints.booking import Booking, spend
from airflow_chilipiper.sandbox.endpoints.slots import write_list
from airflow_chilipiper.sandbox.http.call import Call
from airflow_chilipiper.sandbox.http.decoding import Email, Identifier, Interval, Shape, Text, Zone
from airflow_chilipiper.sandbox.http.endpoint import endpoint
from airflow_chilipiper.sandbox.state.catalogue import HandoffRouter, Path
from airflow_chilipiper.sandbox.state.sessions import Session
from airflow_chilipiper.sandbox.state.tenant import Tenant

_PREFIXES = {"00Q": "LeadId", "003": "ContactId"}
_BOOKING = Booking("handoff", answer="nested", reason="details")


class LeadId(Shape, tag=True):
    value: Identifier


class ContactId(Shape, tag=True):
    value: Identifier


CrmId = Identifier | LeadId | ContactId


class GuestEmailRequest(Shape, tag=True):
    guest_email: Email
    interval: Interval
    router_id: Identifier | None = None
    crm_explicits: Any = None


class CrmRequest(Shape, tag=True):
    id: CrmId
    interval: Interval
    router_id: Identifier | None = None
    crm_explicits: Any = None


class ScheduleRequest(Shape):
    start_time: Text
    guest_timezone: Zone | None = None
    location: Any = None


@endpoint(
    "POST",
    "/v1/org/handoff/workspace/{workspaceId}/booker/{userId}/init-simple",
    operation="handoff-init",
    permission="handoff.schedule",
)
def init(tenant: Tenant, call: Call, body: GuestEmailRequest | CrmRequest) -> dict[str, Any]:
    workspace, booker = call.ids["workspaceId"], call.ids["userId"]
    _check_booker(tenant, workspace, booker)
    guest = body.guest_email if isinstance(body, GuestEmailRequest) else _guest_of(tenant, body.id)
    routers = _routers(tenant, workspace, body.router_id)
    session = tenant.open_session("handoff", guest=guest, workspace=workspace, booker=booker)
    results = [
        {
            "routerId": router.id,
            "pathResults": [_write_path(tenant, session, router, path, body.interval) for path in router.paths],
        }
        for router in routers
    ]
    return {_key(tenant): session.id, "guestEmail": guest, "routers": results}


@endpoint(
    "POST",
    "/v1/org/handoff/routing/{sessionId}/router/{routerId}/path/{pathId}/booker/{userId}/schedule-simple",
    operation="handoff-schedule",
    permission="handoff.schedule",
)
def schedule(tenant: Tenant, call: Call, body: ScheduleRequest) -> dict[str, Any]:
    session = tenant.sessions.get(call.ids["sessionId"])
    if session and session.pattern == "handoff" and session.booker != call.ids["userId"]:
        session.spend()
        raise tenant.refusal("booker_not_allowed", "The session was opened by another booker")
    place = (call.ids["routerId"], call.ids["pathId"])
    details = {"guestTimezone": body.guest_timezone, "location": body.location}
    return spend(tenant, call, _BOOKING, start=body.start_time, place=place, details=details)


def _key(tenant: Tenant) -> str:
    """Handoff says routingId where the links say routeId (help article); the variant swaps the two."""
    return "routingId" if tenant.variants.route_key == "routeId" else "routeId"


def _check_booker(tenant: Tenant, workspace: str, booker: str) -> None:
    if workspace not in tenant.catalogue.workspaces:
        raise tenant.refusal("not_found", f"No workspace {workspace}")
    user = tenant.catalogue.users.get(booker)
    if user is None:
        raise tenant.refusal("not_found", f"No user {booker}")
    if not user.handoff or workspace not in user.workspaces:
        raise tenant.refusal("booker_not_allowed", f"User {booker} has no handoff licence in workspace {workspace}")


def _guest_of(tenant: Tenant, reference: CrmId) -> str:
    """The e-mail of a CRM record; an id that the tenant does not know gets a guest of its own.

    Salesforce ids differ by case, e-mails do not: the synthetic address keeps two such ids apart.
    """
    kind, value = ("", reference) if isinstance(reference, str) else (type(reference).__name__, reference.value)
    if kind and _PREFIXES.get(value[:3], kind) != kind:
        raise tenant.refusal("not_found", f"The CRM has no {kind} {value}")
    capitals = sum(1 << index for index, letter in enumerate(value) if letter.isupper())
    return tenant.catalogue.crm.get(value) or f"crm-{value.lower()}-{capitals:x}@prospect.example"


def _routers(tenant: Tenant, workspace: str, router_id: str | None) -> list[HandoffRouter]:
    routers = [each for each in tenant.catalogue.handoff_routers.values() if each.workspace == workspace]
    if router_id is None:
        return routers
    if not (wanted := [each for each in routers if each.id == router_id]):
        raise tenant.refusal("router_unknown", f"No handoff router {router_id} in workspace {workspace}")
    return wanted


def _write_path(
    tenant: Tenant, session: Session, router: HandoffRouter, path: Path, interval: Interval
) -> dict[str, Any]:
    """A Fork holds a live branch without times and a later branch, which is the one to book (vendor drafts)."""
    slots = tenant.offer(session, (router.id, path.id), path.target, meeting_type=path.meeting_type, interval=interval)
    minutes = tenant.catalogue.meeting_types[path.meeting_type].minutes
    common = {"assignees": list(path.target.users), "duration": f"{minutes} minutes"}
    times = write_list(tenant, slots, attendees=tenant.variants.handoff_attendees)
    later = {"type": "Later", "pathId": path.id, **common, **times}
    kind = path.kind if tenant.variants.handoff_paths == "seeded" else tenant.variants.handoff_paths
    if kind == "Later":
        return later
    return {"type": "Fork", "live": {"pathId": f"{path.id}-live", **common}, "later": later}
