"""Hand leads over from a rep to whom the routers find."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_chilipiper.arguments import booking
from airflow_chilipiper.arguments.patterns import HANDOFF
from airflow_chilipiper.operators.base import ChiliPiperBookBaseOperator

if TYPE_CHECKING:
    from typing import Unpack

    from airflow_chilipiper.arguments.signatures import BookingArguments, CrmType, Text


class HandoffBookOperator(ChiliPiperBookBaseOperator):
    """Hand leads over: one rep books a meeting with whom the workspace's Handoff routers find.

    ``form`` is not used. The guest is known by ``guest_email`` or by ``crm_id``; with a CRM id no e-mail is needed.
    Each argument may be a column.

    :param workspace_id: the workspace whose routers are asked (templated)
    :param workspace: or its name, looked up once a run (templated)
    :param booker_id: the rep who hands over; needs a Handoff licence (templated)
    :param booker_email: or the rep's e-mail, looked up once a run (templated)
    :param crm_id: the guest's id in the CRM (templated)
    :param crm_type: ``LeadId`` or ``ContactId``; ids that begin with 00Q or 003, as Salesforce's do, say it themselves
        (templated)
    :param crm_explicits: passed through as it is (templated)
    :param router_id: only this router; all of the workspace, if not given (templated)
    :param path: which path of those offered: ``only`` (default: several are refused, with their list), ``earliest``
        or a path's id (templated)
    """

    pattern = HANDOFF

    def __init__(
        self,
        *,
        workspace_id: Text | None = None,
        workspace: Text | None = None,
        booker_id: Text | None = None,
        booker_email: Text | None = None,
        crm_id: Text | None = None,
        crm_type: CrmType | None = None,
        crm_explicits: Any = None,
        router_id: Text | None = None,
        path: Text = "only",
        **kwargs: Unpack[BookingArguments],
    ) -> None:
        booking.declare(self, locals(), HANDOFF.readers)
        super().__init__(**kwargs)
