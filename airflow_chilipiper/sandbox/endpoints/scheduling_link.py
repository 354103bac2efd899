"""Scheduling links: open one for a guest, then book (help article; extra fields from vendor drafts)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from airflow_chilipiper.sandbox.endpoints.booking import Booking, spend
from airflow_chilipiper.sandbox.endpoints.slots import write_list
from airflow_chilipiper.sandbox.http.call import Call
from airflow_chilipiper.sandbox.http.decoding import (
    Duration,
    Email,
    Identifier,
    Instant,
    Interval,
    MeetingTypeOverride,
    Shape,
    Text,
    Uuid,
    Zone,
    invalid,
)
from airflow_chilipiper.sandbox.http.endpoint import endpoint
from airflow_chilipiper.sandbox.state.catalogue import FormField, Link, LinkKind, Target
from airflow_chilipiper.sandbox.state.sessions import Session
from airflow_chilipiper.sandbox.state.tenant import Tenant

_PERMISSION = "scheduling-links.read and scheduling-links.schedule"
_BOOKING = Booking("scheduling-link")
_WEEK = Duration(7 * 86_400)
# Only RoundRobin is documented; the others are the plausible spellings.
_KINDS: dict[str, LinkKind] = {
    "RoundRobin": "RoundRobin",
    "Ownership": "Ownership",
    "Group": "Group",
    "Admin": "AdminOneOnOne",
    "AdminOneOnOne": "AdminOneOnOne",
    "Personal": "Personal",
}


class LinkReference(Shape):
    type: Text
    link_id: Identifier | None = None
    slug: Identifier | None = None
    id: Identifier | None = None


class InitRequest(Shape):
    link: LinkReference
    interval: Interval | None = None
    guest_email: Email | None = None
    meeting_type_id: Uuid | None = None
    guest_timezone: Zone | None = None
    booker_id: Identifier | None = None
    meeting_type_override: MeetingTypeOverride | None = None
    outputs: list[Any] | None = None


class ScheduleRequest(Shape):
    start_time: Text
    guest_email: Email
    guest_timezone: Zone | None = None
    form_data: dict[str, Any] | None = None
    location: Any = None
    guest_crm_id: Any = None


@endpoint("POST", "/v1/org/schedulingLinks/init-simple", operation="scheduling-link-init", permission=_PERMISSION)
def init(tenant: Tenant, call: Call, body: InitRequest) -> dict[str, Any]:
    if _KINDS.get(body.link.type) == "AdminOneOnOne" and body.link.type not in tenant.variants.admin_link:
        raise invalid("body (DecodingFailure at .link.type)")
    link, guest = _find(tenant, body.link), body.guest_email
    if link.kind == "Ownership" and not guest:
        raise tenant.refusal("guest_required", "An ownership link needs guestEmail to find the owner")
    meeting_type = body.meeting_type_id or link.meeting_types[0]
    if meeting_type not in link.meeting_types:
        raise tenant.refusal("not_found", "The link does not offer this meeting type")
    session = tenant.open_session("scheduling-link", guest=guest, workspace=link.workspace, fields=link.fields)
    interval = body.interval or Interval(Instant(tenant.now()), _WEEK)
    slots = tenant.offer(session, ("", ""), _target(tenant, link, guest), meeting_type=meeting_type, interval=interval)
    answer = {tenant.variants.route_key: session.id, **write_list(tenant, slots)}
    if tenant.variants.form_fields:
        answer["formFields"] = [_write_field(tenant, each) for each in link.fields]
    return {**answer, "failures": {}}


@endpoint(
    "POST",
    "/v1/org/schedulingLinks/routing/{sessionId}/schedule-simple",
    operation="scheduling-link-schedule",
    permission=_PERMISSION,
)
def schedule(tenant: Tenant, call: Call, body: ScheduleRequest) -> dict[str, Any]:
    form = {"PersonEmail": body.guest_email, **(body.form_data or {})}
    details = {
        "guestTimezone": body.guest_timezone,
        "formData": body.form_data,
        "location": body.location,
        "guestCrmId": body.guest_crm_id,
    }
    return spend(
        tenant,
        call,
        _BOOKING,
        start=body.start_time,
        guest=body.guest_email,
        check=lambda session: _check_form(tenant, session, form),
        details=details,
    )


def _find(tenant: Tenant, reference: LinkReference) -> Link:
    """By linkId; a Personal link has none in its list row, so there the slug or an `id` is taken."""
    wanted = reference.link_id or reference.id or reference.slug or ""
    link = tenant.catalogue.links.get(wanted) or next(
        (each for each in tenant.catalogue.links.values() if each.slug == wanted), None
    )
    if link is None or link.kind != _KINDS.get(reference.type):
        raise tenant.refusal("link_unknown", f"No link {wanted} of type {reference.type}")
    return link


def _target(tenant: Tenant, link: Link, guest: str | None) -> Target:
    """An ownership link goes to the guest's CRM owner, else to its distribution (published spec text, 1.287)."""
    owner = tenant.catalogue.owners.get((guest or "").lower())
    if link.kind != "Ownership" or owner is None:
        return link.target
    return replace(
        link.target, key=f"owner-{owner}", users=(owner,), flexible=False, distribution=None, team="team-owners"
    )


def _check_form(tenant: Tenant, session: Session, form: dict[str, Any]) -> None:
    for each in session.fields if tenant.variants.form_fields else ():
        value = form.get(each.reference)
        if (each.requirement == "Required" and not value) or (each.requirement == "Hidden" and value != each.value):
            raise tenant.refusal("form_incomplete", f"formData lacks {each.reference}", field=each.reference)


def _write_field(tenant: Tenant, each: FormField) -> dict[str, Any]:
    hidden = {"value": each.value} if each.requirement == "Hidden" else {}
    if tenant.variants.requirement == "object" or hidden:
        return {
            "reference": each.reference,
            "requirement": {"type": each.requirement, **hidden},
            "dataType": {"type": each.data_type},
        }
    return {"reference": each.reference, "requirement": each.requirement, "dataType": each.data_type}
