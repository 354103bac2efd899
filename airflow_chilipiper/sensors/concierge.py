"""Waiting for slots of a Concierge router."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from airflow_chilipiper.arguments import readers as arguments
from airflow_chilipiper.arguments.bad_value import BadValue
from airflow_chilipiper.arguments.texts import as_form
from airflow_chilipiper.sensors.base import Checks, SlotSensor

ASKED = ("router_slug", "trigger", "form")


def _trigger(value: Any, name: str) -> str:
    from airflow_chilipiper.api.patterns.concierge import TRIGGERS

    return arguments.as_choice(value, name, TRIGGERS)


class ConciergeSlotSensor(SlotSensor):
    """Wait until a Concierge router offers free slots to a lead.

    Each look submits the form and opens a routing session that nobody books. The router's log shows each as TimedOut,
    and its time-out actions may run each time: reps are notified, the CRM is written to, the lead is assigned to
    somebody. So it must be wanted, by ``opens_sessions=True``; where the host is known, `AvailableSlotsSensor` opens
    nothing. A disqualified lead ends the wait at once: the task fails, or is skipped under ``soft_fail``. The further
    arguments are those of `SlotSensor`. Needs the permissions concierge.route and concierge.schedule.

    :param router_slug: the router (templated)
    :param trigger: ThirdPartyForm, InAppButton or RouterLink: by whose names ``form`` has its keys (templated)
    :param form: the lead's form, with the guest's e-mail (templated)
    :param opens_sessions: True says that the effects above are wanted
    """

    template_fields: Sequence[str] = (*SlotSensor.template_fields, *ASKED)
    template_fields_renderers: ClassVar[dict[str, str]] = {"form": "json"}
    checks: ClassVar[Checks] = {
        **SlotSensor.checks,
        "router_slug": arguments.as_name,
        "trigger": _trigger,
        "form": lambda value, name: as_form(arguments.as_object(value, name)),
    }

    def __init__(
        self,
        *,
        router_slug: str,
        trigger: str,
        form: Mapping[str, Any],
        opens_sessions: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.router_slug = router_slug
        self.trigger = trigger
        self.form = form
        self.opens_sessions = opens_sessions
        self.check()

    def check(self) -> None:
        super().check()
        if self.opens_sessions is not True:
            raise BadValue(
                "opens_sessions is not True: each look opens a routing session, which the log shows as TimedOut and "
                "which can set off the router's time-out actions; say opens_sessions=True if that is wanted, or use "
                "AvailableSlotsSensor, which opens nothing"
            )

    def guests(self) -> list[str]:
        """Whatever looks like an e-mail: which key holds the guest's goes by router and trigger."""
        return [value for value in self.meant("form").values() if "@" in value] or [""]

    def wanted(self) -> dict[str, Any]:
        return {"pattern": "concierge", "arguments": {name: self.meant(name) for name in ASKED}}
