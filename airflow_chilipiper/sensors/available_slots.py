"""Waiting for slots without opening anything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from airflow_chilipiper.arguments.bad_value import BadValue
from airflow_chilipiper.arguments.readers import Reader, as_email, as_name, exactly_one
from airflow_chilipiper.sensors.base import SlotBaseSensor

if TYPE_CHECKING:
    from typing import Unpack

    from airflow_chilipiper.arguments.signatures import Output, SlotArguments, Text


def _attendees(value: Any, name: str) -> list[Any]:
    if isinstance(value, (str, Mapping)) or not isinstance(value, Sequence) or not value:
        raise BadValue(f"{name} is {type(value).__name__}, expected a list of ids of users or of attendee objects")
    return list(value)


class AvailableSlotsSensor(SlotBaseSensor):
    """Wait until a host has free slots. It opens no session, so it may look as often as one likes.

    Give exactly one of ``host``, ``host_email`` and ``distribution_id``; the further arguments are those of
    `SlotBaseSensor`. Needs the permission availability.read, and user.read for ``host_email``.

    :param meeting_type_id: id of the meeting type, which sets the length and the rules of its slots (templated)
    :param host: id of the user who hosts (templated)
    :param host_email: e-mail of that user, looked up once (templated)
    :param distribution_id: id of the distribution that finds the host (templated)
    :param attendees: who must be free: ids of users, or attendee objects of the API such as
        ``{"type": "DistributionAssignee", "distributionId": ...}``; the host or the distribution if None (templated)
    """

    readers: ClassVar[Mapping[str, Reader]] = {
        **SlotBaseSensor.readers,
        "meeting_type_id": as_name,
        "host": as_name,
        "host_email": as_email,
        "distribution_id": as_name,
        "attendees": _attendees,
    }

    def __init__(
        self,
        *,
        meeting_type_id: Text,
        host: Text | None = None,
        host_email: Text | None = None,
        distribution_id: Text | None = None,
        attendees: Sequence[str | Mapping[str, Any]] | Output | None = None,
        **kwargs: Unpack[SlotArguments],
    ) -> None:
        self.meeting_type_id: Any = meeting_type_id
        self.host: Any = host
        self.host_email: Any = host_email
        self.distribution_id: Any = distribution_id
        self.attendees: Any = attendees
        super().__init__(**kwargs)

    def refuse_bad_arguments(self) -> None:
        super().refuse_bad_arguments()
        exactly_one(host=self.host, host_email=self.host_email, distribution_id=self.distribution_id)

    def asked(self) -> dict[str, Any]:
        asked: dict[str, Any] = {"meeting_type_id": self.read("meeting_type_id")}
        if self.host_email is not None:
            asked["host_email"] = self.read("host_email")
        elif self.host is not None:
            asked["host"] = self.read("host")
        else:
            pool = {"distributionId": self.read("distribution_id")}
            asked["host"] = {"type": "AssigneeFromDistribution", **pool}
            asked["attendees"] = [{"type": "DistributionAssignee", **pool}]
        if self.attendees is not None:
            asked["attendees"] = self.read("attendees")
        return {"pattern": "availability", "arguments": asked}
