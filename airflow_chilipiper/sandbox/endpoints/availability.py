"""Free slots without a session (availability-slots-v2, published spec 1.494): read-only, though it is a PUT."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from msgspec import Meta

from airflow_chilipiper.sandbox.endpoints.slots import write_attendees
from airflow_chilipiper.sandbox.http.call import Call
from airflow_chilipiper.sandbox.http.decoding import (
    Identifier,
    Instant,
    Interval,
    MeetingTypeOverride,
    PageNumber,
    Shape,
    Uuid,
)
from airflow_chilipiper.sandbox.http.endpoint import endpoint
from airflow_chilipiper.sandbox.state.catalogue import Target
from airflow_chilipiper.sandbox.state.tenant import Tenant


class User(Shape, tag=True):
    user_id: Identifier


class AssigneeFromDistribution(Shape, tag=True):
    distribution_id: Identifier


class ManuallyAssigned(Shape, tag=True):
    required: bool
    user_id: Identifier


class AdditionalAttendee(Shape, tag=True):
    required: bool
    user_id: Identifier


class AssignedViaTeam(Shape, tag=True):
    required: bool
    user_id: Identifier
    team_id: Identifier


class DistributionAssignee(Shape, tag=True):
    required: bool
    distribution_id: Identifier
    user_ids: Annotated[list[Identifier], Meta(min_length=1)] | None = None


Attendee = ManuallyAssigned | AdditionalAttendee | AssignedViaTeam | DistributionAssignee


class MeetingTypeReference(Shape):
    id: Uuid
    timestamp: Instant


class Pagination(Shape):
    page: PageNumber
    page_size: Annotated[int, Meta(ge=1, le=500)]


class SlotsRequest(Shape):
    expected_host: User | AssigneeFromDistribution
    attendees: Annotated[list[Attendee], Meta(min_length=1)]
    meeting_type_ref: MeetingTypeReference
    interval: Interval
    meeting_type_override: MeetingTypeOverride | None = None
    pagination: Pagination | None = None


@endpoint(
    "PUT",
    "/v1/org/availability/slots-v2",
    operation="availability-slots-v2",
    permission="availability.read",
)
def slots_v2(tenant: Tenant, call: Call, body: SlotsRequest) -> dict[str, Any]:
    """Blockers show as an empty list; there is no failures map (published spec 1.494)."""
    meeting_type = body.meeting_type_ref.id
    if meeting_type not in tenant.catalogue.meeting_types:
        raise tenant.refusal("not_found", f"No meeting type {meeting_type}")
    slots = tenant.free_slots(_target(tenant, body.attendees), meeting_type=meeting_type, interval=body.interval)
    pagination = body.pagination or Pagination(page=0, page_size=100)
    page, size = pagination.page, pagination.page_size
    shown = slots[page * size : (page + 1) * size]
    results = [{"startTime": tenant.write(slot.start), "attendees": write_attendees(slot)} for slot in shown]
    return {"results": results, "total": len(slots), "page": page, "pageSize": size}


def _target(tenant: Tenant, attendees: Sequence[Attendee]) -> Target:
    """Whoever is required: a distribution's users, any of them, or the named users, all of them."""
    required = [each for each in attendees if each.required]
    for each in required:
        if isinstance(each, DistributionAssignee):
            return _any_of(tenant, each)
    users = tuple(each.user_id for each in required if not isinstance(each, DistributionAssignee))
    for user in users:
        if user not in tenant.catalogue.users:
            raise tenant.refusal("not_found", f"No user {user}")
    return Target(f"users/{','.join(users)}", users, together=True)


def _any_of(tenant: Tenant, assignee: DistributionAssignee) -> Target:
    pool = tenant.catalogue.distributions.get(assignee.distribution_id)
    if pool is None:
        raise tenant.refusal("not_found", f"No distribution {assignee.distribution_id}")
    chosen = tuple(user for user in pool.users if user in (assignee.user_ids or pool.users))
    return Target(f"{pool.key}/{','.join(chosen)}", chosen, flexible=True, distribution=pool.distribution)
