"""Waiting for slots that a rep could hand a lead over to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from airflow_chilipiper.arguments import readers as arguments
from airflow_chilipiper.arguments.bad_value import BadValue
from airflow_chilipiper.sensors.base import Checks
from airflow_chilipiper.sensors.guest import GuestSensor

ASKED = ("workspace_id", "workspace", "booker_id", "booker_email", "crm_id", "crm_type", "crm_explicits", "router_id")


class HandoffSlotSensor(GuestSensor):
    """Wait until a workspace's handoff routers offer free slots for a guest.

    Each look opens a handoff session and leaves it to expire, which no source says to have effects. Give exactly one of
    ``workspace_id`` and ``workspace``, of ``booker_id`` and ``booker_email``, and at least one of ``email`` and
    ``crm_id`` (which is asked for where both are given); the further arguments are those of
    `GuestSensor` and `SlotSensor`. Needs the permission handoff.schedule; workspace.read for ``workspace`` and
    user.read for ``booker_email``.

    :param workspace_id: id of the workspace (templated)
    :param workspace: name of the workspace, looked up once (templated)
    :param booker_id: id of the rep who hands over (templated)
    :param booker_email: e-mail of that rep, looked up once (templated)
    :param crm_id: the guest's id in the CRM (templated)
    :param crm_type: LeadId or ContactId; told by Salesforce's prefixes 00Q and 003 if None (templated)
    :param crm_explicits: what the routers shall take the CRM to say, as the API takes it (templated)
    :param router_id: only this router; every router of the workspace if None (templated)
    :param path: "only" (an error if several are offered), "earliest" (any), or a path's id (templated)
    """

    template_fields: Sequence[str] = (
        *GuestSensor.template_fields,
        *ASKED,
        "path",
    )
    checks: ClassVar[Checks] = {
        **GuestSensor.checks,
        "workspace_id": arguments.as_name,
        "workspace": arguments.as_name,
        "booker_id": arguments.as_name,
        "booker_email": arguments.as_name,
        "crm_id": arguments.as_name,
        "crm_type": lambda value, name: arguments.as_choice(value, name, ("LeadId", "ContactId")),
        "crm_explicits": lambda value, name: value,
        "router_id": arguments.as_name,
        "path": arguments.as_name,
    }

    def __init__(
        self,
        *,
        workspace_id: str | None = None,
        workspace: str | None = None,
        booker_id: str | None = None,
        booker_email: str | None = None,
        crm_id: str | None = None,
        crm_type: str | None = None,
        crm_explicits: Any = None,
        router_id: str | None = None,
        path: str = "only",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.workspace_id = workspace_id
        self.workspace = workspace
        self.booker_id = booker_id
        self.booker_email = booker_email
        self.crm_id = crm_id
        self.crm_type = crm_type
        self.crm_explicits = crm_explicits
        self.router_id = router_id
        self.path = path
        self.check()

    def check(self) -> None:
        super().check()
        arguments.exactly_one(workspace_id=self.workspace_id, workspace=self.workspace)
        arguments.exactly_one(booker_id=self.booker_id, booker_email=self.booker_email)
        if self.guest_email is None and self.crm_id is None:
            raise BadValue("neither email nor crm_id is given: a handoff needs one of them")

    def wanted(self) -> dict[str, Any]:
        asked = {"guest": self.meant("guest_email"), **{name: self.meant(name) for name in ASKED}}
        return {
            "pattern": "handoff",
            "arguments": {name: value for name, value in asked.items() if value is not None},
            "path": self.meant("path"),
        }
