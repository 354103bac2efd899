"""Waiting for slots on a scheduling link."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from airflow_chilipiper.arguments import booking
from airflow_chilipiper.arguments.patterns import SCHEDULING_LINK
from airflow_chilipiper.sensors.base import SlotBaseSensor

if TYPE_CHECKING:
    from typing import Unpack

    from airflow_chilipiper.arguments.signatures import Output, SlotArguments, Text


class SchedulingLinkSlotSensor(SlotBaseSensor):
    """Wait until a scheduling link offers free slots to a guest.

    Each look opens a session of the link and leaves it to expire, which no source says to have effects; where the host
    is known, `AvailableSlotsSensor` opens nothing. Give exactly one of ``link_id``, ``link``, ``booking_url`` and
    ``link_owner``; the further arguments are those of `SlotBaseSensor`. Needs the permissions scheduling-links.read and
    scheduling-links.schedule.

    :param guest_email: the guest's e-mail; an ownership link finds the owner by it (templated)
    :param link_type: the kind of link that ``link_id`` names; only RoundRobin is documented (templated)
    :param link_id: id of the link (templated)
    :param link: the link's reference as the API takes it, such as ``{"type": "RoundRobin", "linkId": ...}`` (templated)
    :param booking_url: address of the link's page, looked up once (templated)
    :param link_owner: for a personal link, its owner's e-mail; how Chili Piper wants it named is not confirmed
        (templated)
    :param link_slug: and its slug, as it stands in the owner's list of personal links (templated)
    :param meeting_type_id: one of the link's meeting types; its first if None (templated)
    """

    pattern = SCHEDULING_LINK

    def __init__(
        self,
        *,
        guest_email: Text | None = None,
        link_type: Text = "RoundRobin",
        link_id: Text | None = None,
        link: Mapping[str, Any] | Output | str | None = None,
        booking_url: Text | None = None,
        link_owner: Text | None = None,
        link_slug: Text | None = None,
        meeting_type_id: Text | None = None,
        **kwargs: Unpack[SlotArguments],
    ) -> None:
        booking.declare(self, locals(), self.readers.keys() - SlotBaseSensor.readers.keys())
        super().__init__(**kwargs)
