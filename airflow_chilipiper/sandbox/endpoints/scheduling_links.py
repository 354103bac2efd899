"""Scheduling links: open one for a guest, then book (help article; extra fields from vendor drafts)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from airflow_chilipiper.sandbox.endpoints.booking import spend, write_success
from airflow_chilipiper.sandbox.http.call import Call
from airflow_chilipiper.sandbox.state.catalogue import FormField, Link, LinkKind, Target
from airflow_chilipiper.sandbox.http.decoding import (
    anything,
    array,
    email,
    identifier,
    interval,
    mapping,
    meeting_type_override,
    record,
    text,
    uuid,
    zone,
)
from airflow_chilipiper.sandbox.state.sessions import Session
from airflow_chilipiper.sandbox.endpoints.slots import write_list
from airflow_chilipiper.sandbox.state.tenant import Tenant

_INIT = record(
    {"link": record({"type": text}, linkId=identifier, slug=identifier, id=identifier)},
    interval=interval,
    guestEmail=email,
    meetingTypeId=uuid,
    guestTimezone=zone,
    bookerId=identifier,
    meetingTypeOverride=meeting_type_override,
    outputs=array(anything),
)
_SCHEDULE = record(
    {"startTime": text, "guestEmail": email},
    guestTimezone=zone,
    formData=mapping,
    location=anything,
    guestCrmId=anything,
)
# Only RoundRobin is documented; the others are the plausible spellings.
_KINDS: dict[str, LinkKind] = {
    "RoundRobin": "RoundRobin",
    "Ownership": "Ownership",
    "Group": "Group",
    "Admin": "AdminOneOnOne",
    "AdminOneOnOne": "AdminOneOnOne",
    "Personal": "Personal",
}


def init(tenant: Tenant, call: Call) -> dict[str, Any]:
    asked = call.read(_INIT)
    link = _find(tenant, asked["link"])
    guest = asked.get("guestEmail")
    if link.kind == "Ownership" and not guest:
        raise tenant.refusal("guest_required", "An ownership link needs guestEmail to find the owner")
    meeting_type = asked.get("meetingTypeId") or link.meeting_types[0]
    if meeting_type not in link.meeting_types:
        raise tenant.refusal("not_found", "The link does not offer this meeting type")
    session = tenant.open_session("scheduling-link", guest=guest, workspace=link.workspace, fields=link.fields)
    window = asked.get("interval") or {"startsAt": tenant.now(), "duration": 7 * 86_400.0}
    slots = tenant.offer(session, ("", ""), _target(tenant, link, guest), meeting_type=meeting_type, interval=window)
    answer = {tenant.variants.route_key: session.id, **write_list(tenant, slots)}
    if tenant.variants.form_fields:
        answer["formFields"] = [_write_field(tenant, each) for each in link.fields]
    return {**answer, "failures": {}}


def schedule(tenant: Tenant, call: Call) -> dict[str, Any]:
    asked = call.read(_SCHEDULE)
    given = {"PersonEmail": asked["guestEmail"], **(asked.get("formData") or {})}
    details = {name: value for name, value in asked.items() if name not in ("startTime", "guestEmail")}
    booked = spend(
        tenant,
        call,
        pattern="scheduling-link",
        start=asked["startTime"],
        guest=asked["guestEmail"],
        check=lambda session: _check_form(tenant, session, given),
        details=details,
    )
    return write_success(tenant, booked)


def _find(tenant: Tenant, reference: dict[str, str]) -> Link:
    """By linkId; a Personal link has none in its list row, so there the slug or an `id` is taken."""
    kind = _KINDS.get(reference["type"])
    wanted = reference.get("linkId") or reference.get("id") or reference.get("slug") or ""
    link = tenant.catalogue.links.get(wanted) or next(
        (each for each in tenant.catalogue.links.values() if each.slug == wanted), None
    )
    if link is None or link.kind != kind:
        raise tenant.refusal("link_unknown", f"No link {wanted} of type {reference['type']}")
    return link


def _target(tenant: Tenant, link: Link, guest: str | None) -> Target:
    """An ownership link goes to the guest's CRM owner, else to its distribution (published spec text, 1.287)."""
    owner = tenant.catalogue.owners.get((guest or "").lower())
    if link.kind != "Ownership" or owner is None:
        return link.target
    return replace(
        link.target, key=f"owner-{owner}", users=(owner,), flexible=False, distribution=None, team="team-owners"
    )


def _check_form(tenant: Tenant, session: Session, given: dict[str, Any]) -> None:
    for each in session.fields if tenant.variants.form_fields else ():
        value = given.get(each.reference)
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
