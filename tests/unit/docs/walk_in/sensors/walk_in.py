"""Waiting for slots at a desk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_chilipiper.arguments import booking
from airflow_chilipiper.arguments.patterns import WALK_IN
from airflow_chilipiper.sensors.base import SlotBaseSensor

if TYPE_CHECKING:
    from typing import Unpack

    from airflow_chilipiper.arguments.signatures import SlotArguments, Text


class WalkInSlotSensor(SlotBaseSensor):
    """Wait until a desk offers free slots to a guest.

    :param guest_email: the guest's e-mail (templated)
    :param desk: the name of the desk (templated)
    """

    pattern = WALK_IN

    def __init__(self, *, guest_email: Text | None = None, desk: Text, **kwargs: Unpack[SlotArguments]) -> None:
        booking.declare(self, locals(), self.readers.keys() - SlotBaseSensor.readers.keys())
        super().__init__(**kwargs)
