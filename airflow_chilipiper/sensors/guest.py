"""A sensor that looks for slots for a guest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from airflow_chilipiper.arguments import readers as arguments
from airflow_chilipiper.sensors.base import Checks, SlotSensor

if TYPE_CHECKING:
    from airflow.sdk.definitions.mappedoperator import OperatorPartial


class GuestSensor(SlotSensor):
    """Its ``email`` is the guest's, and never the address of Airflow's alerts, which goes by the same name.

    :param email: the guest's e-mail (templated)
    :param guest: what a mapped task calls ``email``
    """

    template_fields: Sequence[str] = (*SlotSensor.template_fields, "guest_email")
    checks: ClassVar[Checks] = {
        **SlotSensor.checks,
        "guest_email": lambda value, _: arguments.as_email(value, "email"),
    }

    def __init__(self, *, email: str | None = None, guest: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.guest_email = arguments.own_email(email, kwargs.get("default_args")) if guest is None else guest

    @classmethod
    def partial(cls, *, task_id: str, **kwargs: Any) -> OperatorPartial:
        """A mapped task takes what is called ``email`` here for the address of its alerts, so it goes by ``guest``."""
        if "email" in kwargs:
            kwargs["guest"] = kwargs.pop("email")
        return super().partial(task_id=task_id, **kwargs)

    def guests(self) -> list[str]:
        return [] if self.guest_email is None else [self.meant("guest_email")]
