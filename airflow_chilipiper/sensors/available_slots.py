"""Waiting for slots without opening anything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from airflow_chilipiper.arguments import readers as arguments
from airflow_chilipiper.arguments.bad_value import BadValue
from airflow_chilipiper.sensors.base import Checks, SlotSensor


def _attendees(value: Any, name: str) -> list[Any]:
    if isinstance(value, (str, Mapping)) or not isinstance(value, Sequence) or not value:
        raise BadValue(f"{name} is {type(value).__name__}, expected a list of ids of users or of attendee objects")
    return list(value)


class AvailableSlotsSensor(SlotSensor):
    """Wait until a host has free slots. It opens no session, so it may look as often as one likes.

    Give exactly one of ``host``, ``host_email`` and ``distribution_id``; the further arguments are those of
    `SlotSensor`. Needs the permission availability.read, and user.read for ``host_email``.

    :param meeting_type_id: id of the meeting type, which sets the length and the rules of its slots (templated)
    :param host: id of the user who hosts (templated)
    :param host_email: e-mail of that user, looked up once (templated)
    :param distribution_id: id of the distribution that finds the host (templated)
    :param attendees: who must be free: ids of users, or attendee objects of the API such as
        ``{"type": "DistributionAssignee", "distributionId": ...}``; the host or the distribution if None (templated)
    """

    template_fields: Sequence[str] = (
        *SlotSensor.template_fields,
        "meeting_type_id",
        "host",
        "host_email",
        "distribution_id",
        "attendees",
    )
    checks: ClassVar[Checks] = {
        **SlotSensor.checks,
        "meeting_type_id": arguments.as_name,
        "host": arguments.as_name,
        "host_email": arguments.as_name,
        "distribution_id": arguments.as_name,
        "attendees": _attendees,
    }

    def __init__(
        self,
        *,
        meeting_type_id: str,
        host: str | None = None,
        host_email: str | None = None,
        distribution_id: str | None = None,
        attendees: Sequence[str | Mapping[str, Any]] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.meeting_type_id = meeting_type_id
        self.host = host
        self.host_email = host_email
        self.distribution_id = distribution_id
        self.attendees = attendees
        self.check()

    def check(self) -> None:
        super().check()
        arguments.exactly_one(host=self.host, host_email=self.host_email, distribution_id=self.distribution_id)

    def wanted(self) -> dict[str, Any]:
        asked: dict[str, Any] = {"meeting_type_id": self.meant("meeting_type_id")}
        if self.host_email is not None:
            asked["host_email"] = self.meant("host_email")
        elif self.host is not None:
            asked["host"] = self.meant("host")
        else:
            pool = {"distributionId": self.meant("distribution_id")}
            asked["host"] = {"type": "AssigneeFromDistribution", **pool}
            asked["attendees"] = [{"type": "DistributionAssignee", **pool}]
        if self.attendees is not None:
            asked["attendees"] = self.meant("attendees")
        return {"pattern": "availability", "arguments": asked}
