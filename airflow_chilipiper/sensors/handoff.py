"""Waiting for slots that a rep could hand a lead over to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_chilipiper.arguments import booking
from airflow_chilipiper.arguments.patterns import HANDOFF
from airflow_chilipiper.sensors.base import SlotBaseSensor

if TYPE_CHECKING:
    from typing import Unpack

    from airflow_chilipiper.arguments.signatures import CrmType, SlotArguments, Text


class HandoffSlotSensor(SlotBaseSensor):
    """Wait until a workspace's handoff routers offer free slots for a guest.

    Each look opens a handoff session and leaves it to expire, which no source says to have effects. Give exactly one of
    ``workspace_id`` and ``workspace``, of ``booker_id`` and ``booker_email``, and at least one of ``guest_email`` and
    ``crm_id`` (which is asked for where both are given); the further arguments are those of `SlotBaseSensor`. Needs the
    permission handoff.schedule; workspace.read for ``workspace`` and user.read for ``booker_email``.

    :param guest_email: the guest's e-mail (templated)
    :param workspace_id: id of the workspace (templated)
    :param workspace: name of the workspace, looked up once (templated)
    :param booker_id: id of the rep who hands over (templated)
    :param booker_email: e-mail of that rep, looked up once (templated)
    :param crm_id: the guest's id in the CRM (templated)
    :param crm_type: LeadId or ContactId; Salesforce's prefixes 00Q and 003 say it themselves if None (templated)
    :param crm_explicits: what the routers shall take the CRM to say, as the API takes it (templated)
    :param router_id: only this router; every router of the workspace if None (templated)
    :param path: "only" (an error if several are offered), "earliest" (any), or a path's id (templated)
    """

    pattern = HANDOFF

    def __init__(
        self,
        *,
        guest_email: Text | None = None,
        workspace_id: Text | None = None,
        workspace: Text | None = None,
        booker_id: Text | None = None,
        booker_email: Text | None = None,
        crm_id: Text | None = None,
        crm_type: CrmType | None = None,
        crm_explicits: Any = None,
        router_id: Text | None = None,
        path: Text = "only",
        **kwargs: Unpack[SlotArguments],
    ) -> None:
        booking.declare(self, locals(), self.readers.keys() - SlotBaseSensor.readers.keys())
        super().__init__(**kwargs)
