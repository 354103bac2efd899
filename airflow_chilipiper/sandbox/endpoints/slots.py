"""How a free slot is written: `{startTime, attendees}` (published spec 1.494) or another shape seen in clients."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from airflow_chilipiper.sandbox.state.calendar import Slot
from airflow_chilipiper.sandbox.state.tenant import Tenant


def write_slots(tenant: Tenant, slots: Sequence[Slot], *, attendees: bool = True) -> list[Any]:
    shape = tenant.variants.slot_shape
    if shape == "string":
        return [tenant.write(slot.start) for slot in slots]
    key = "startTime" if shape == "object" else "start"
    return [{key: tenant.write(slot.start), "attendees": write_attendees(slot) if attendees else []} for slot in slots]


def write_attendees(slot: Slot) -> list[dict[str, Any]]:
    """RequestedAttendee: a Strict one is fixed already, of a Flexible one the booking picks the host."""
    target = slot.target
    if target.distribution and target.flexible:
        ids: dict[str, Any] = {"distributionId": target.distribution, "userIds": list(slot.users)}
        return [{"type": "FlexibleRoundRobinAssignee", **ids, "required": True}]
    if target.distribution:
        return [_fixed("StrictRoundRobinAssignee", user, distributionId=target.distribution) for user in slot.users]
    if target.team:
        return [_fixed("AssignedViaTeam", user, teamId=target.team) for user in slot.users]
    return [_fixed("ManuallyAssigned", user) for user in slot.users]


def _fixed(kind: str, user: str, **ids: str) -> dict[str, Any]:
    return {"type": kind, **ids, "userId": user, "required": True}


def write_list(tenant: Tenant, slots: Sequence[Slot], *, attendees: bool = True) -> dict[str, Any]:
    """`startTimes` as a field to merge into an answer; how an empty one looks is documented nowhere."""
    if slots or tenant.variants.none_free == "empty":
        return {"startTimes": write_slots(tenant, slots, attendees=attendees)}
    return {} if tenant.variants.none_free == "absent" else {"startTimes": None}
