"""Free slots without a session (availability-slots-v2, published spec 1.494): read-only, though it is a PUT."""

from __future__ import annotations

from typing import Any

from airflow_chilipiper.sandbox.http.call import Call
from airflow_chilipiper.sandbox.state.catalogue import Target
from airflow_chilipiper.sandbox.http.decoding import (
    array,
    boolean,
    identifier,
    instant,
    interval,
    meeting_type_override,
    number,
    record,
    tagged,
    text,
    uuid,
)
from airflow_chilipiper.sandbox.endpoints.slots import write_attendees
from airflow_chilipiper.sandbox.state.tenant import Tenant

_REQUIRED = {"type": text, "required": boolean}
_USER = record({**_REQUIRED, "userId": identifier})
_ASKED = record(
    {
        "expectedHost": tagged(
            User=record({"type": text, "userId": identifier}),
            AssigneeFromDistribution=record({"type": text, "distributionId": identifier}),
        ),
        "attendees": array(
            tagged(
                ManuallyAssigned=_USER,
                AdditionalAttendee=_USER,
                AssignedViaTeam=record({**_REQUIRED, "userId": identifier, "teamId": identifier}),
                DistributionAssignee=record(
                    {**_REQUIRED, "distributionId": identifier}, userIds=array(identifier, least=1)
                ),
            ),
            least=1,
        ),
        "meetingTypeRef": record({"id": uuid, "timestamp": instant}),
        "interval": interval,
    },
    meetingTypeOverride=meeting_type_override,
    pagination=record({"page": number(0), "pageSize": number(1, 500)}),
)


def slots_v2(tenant: Tenant, call: Call) -> dict[str, Any]:
    """Blockers show as an empty list; there is no failures map (published spec 1.494)."""
    asked = call.read(_ASKED)
    meeting_type = asked["meetingTypeRef"]["id"]
    if meeting_type not in tenant.catalogue.meeting_types:
        raise tenant.refusal("not_found", f"No meeting type {meeting_type}")
    slots = tenant.free_slots(
        _target(tenant, asked["attendees"]), meeting_type=meeting_type, interval=asked["interval"]
    )
    page = asked.get("pagination") or {"page": 0, "pageSize": 100}
    first = page["page"] * page["pageSize"]
    shown = slots[first : first + page["pageSize"]]
    results = [{"startTime": tenant.write(slot.start), "attendees": write_attendees(slot)} for slot in shown]
    return {"results": results, "total": len(slots), **page}


def _target(tenant: Tenant, attendees: list[dict[str, Any]]) -> Target:
    """Whoever is required: a distribution's users, any of them, or the named users, all of them."""
    pools = [each for each in attendees if each["type"] == "DistributionAssignee" and each["required"]]
    users = tuple(each["userId"] for each in attendees if "userId" in each and each["required"])
    if pools:
        pool = tenant.catalogue.distributions.get(pools[0]["distributionId"])
        if pool is None:
            raise tenant.refusal("not_found", f"No distribution {pools[0]['distributionId']}")
        chosen = tuple(user for user in pool.users if user in pools[0].get("userIds", pool.users))
        return Target(f"{pool.key}/{','.join(chosen)}", chosen, flexible=True, distribution=pool.distribution)
    for user in users:
        if user not in tenant.catalogue.users:
            raise tenant.refusal("not_found", f"No user {user}")
    return Target(f"users/{','.join(users)}", users, together=True)
