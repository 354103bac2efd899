"""Waiting for slots of a Concierge router."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from airflow_chilipiper.arguments import booking
from airflow_chilipiper.arguments.bad_value import BadValue
from airflow_chilipiper.arguments.patterns import CONCIERGE
from airflow_chilipiper.sensors.base import SlotBaseSensor

if TYPE_CHECKING:
    from typing import Unpack

    from airflow_chilipiper.arguments.signatures import Output, SlotArguments, Text, Trigger


class ConciergeSlotSensor(SlotBaseSensor):
    """Wait until a Concierge router offers free slots to a lead.

    Each look submits the form and opens a routing session that nobody books. The router's log shows each as TimedOut,
    and its time-out actions may run each time: reps are notified, the CRM is written to, the lead is assigned to
    somebody. So it must be wanted, by ``opens_sessions=True``; where the host is known, `AvailableSlotsSensor` opens
    nothing. A disqualified lead ends the wait at once: the task fails, or is skipped under ``soft_fail``. The further
    arguments are those of `SlotBaseSensor`. Needs the permissions concierge.route and concierge.schedule.

    :param router_slug: the router (templated)
    :param trigger: ThirdPartyForm, InAppButton or RouterLink: by whose names ``form`` has its keys (templated)
    :param form: the lead's form, with the guest's e-mail (templated)
    :param opens_sessions: True says that the effects above are wanted
    """

    pattern = CONCIERGE
    template_fields_renderers: ClassVar[dict[str, str]] = {"form": "json"}

    def __init__(
        self,
        *,
        router_slug: Text,
        trigger: Trigger,
        form: Mapping[str, Any] | Output | str,
        opens_sessions: bool = False,
        **kwargs: Unpack[SlotArguments],
    ) -> None:
        booking.declare(self, locals(), self.readers.keys() - SlotBaseSensor.readers.keys())
        self.opens_sessions = opens_sessions
        super().__init__(**kwargs)

    def refuse_bad_arguments(self) -> None:
        super().refuse_bad_arguments()
        if self.opens_sessions is not True:
            raise BadValue(
                "opens_sessions is not True: each look opens a routing session, which the log shows as TimedOut and "
                "which can set off the router's time-out actions; say opens_sessions=True if that is wanted, or use "
                "AvailableSlotsSensor, which opens nothing"
            )
