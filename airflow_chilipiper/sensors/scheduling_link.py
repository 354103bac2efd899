"""Waiting for slots on a scheduling link."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from airflow_chilipiper.arguments import readers as arguments
from airflow_chilipiper.arguments.bad_value import BadValue
from airflow_chilipiper.sensors.base import Checks
from airflow_chilipiper.sensors.guest import GuestSensor


class SchedulingLinkSlotSensor(GuestSensor):
    """Wait until a scheduling link offers free slots to a guest.

    Each look opens a session of the link and leaves it to expire, which no source says to have effects; where the host
    is known, `AvailableSlotsSensor` opens nothing. Give exactly one of ``link_id``, ``link`` and ``booking_url``; the
    further arguments are those of `GuestSensor` (``email`` is required; an ownership link finds the owner by it) and
    `SlotSensor`. Needs the permissions scheduling-links.read and scheduling-links.schedule.

    :param link_type: the kind of link that ``link_id`` names; only RoundRobin is documented (templated)
    :param link_id: id of the link (templated)
    :param link: the link's reference as the API takes it, such as ``{"type": "RoundRobin", "linkId": ...}`` (templated)
    :param booking_url: address of the link's page, looked up once (templated)
    :param meeting_type_id: one of the link's meeting types; its first if None (templated)
    """

    template_fields: Sequence[str] = (
        *GuestSensor.template_fields,
        "link_type",
        "link_id",
        "link",
        "booking_url",
        "meeting_type_id",
    )
    checks: ClassVar[Checks] = {
        **GuestSensor.checks,
        "link_type": arguments.as_name,
        "link_id": arguments.as_name,
        "link": arguments.as_object,
        "booking_url": arguments.as_name,
        "meeting_type_id": arguments.as_name,
    }

    def __init__(
        self,
        *,
        link_type: str | None = "RoundRobin",
        link_id: str | None = None,
        link: Mapping[str, Any] | None = None,
        booking_url: str | None = None,
        meeting_type_id: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.link_type = link_type
        self.link_id = link_id
        self.link = link
        self.booking_url = booking_url
        self.meeting_type_id = meeting_type_id
        self.check()

    def check(self) -> None:
        super().check()
        if self.guest_email is None:
            raise BadValue("email is missing: a scheduling link offers its slots to a guest")
        arguments.exactly_one(link_id=self.link_id, link=self.link, booking_url=self.booking_url)
        if self.link_id is not None and self.link_type is None:
            raise BadValue("link_type is missing: it says what kind of link link_id names")

    def wanted(self) -> dict[str, Any]:
        asked: dict[str, Any] = {"guest": self.meant("guest_email"), "guest_timezone": self.zone()}
        if self.booking_url is not None:
            asked["booking_url"] = self.meant("booking_url")
        else:
            asked["link"] = self.meant("link") or {"type": self.meant("link_type"), "linkId": self.meant("link_id")}
        if self.meeting_type_id is not None:
            asked["meeting_type_id"] = self.meant("meeting_type_id")
        return {"pattern": "scheduling_link", "arguments": asked}
