"""Hand leads over from a rep to whom the routers find."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from airflow_chilipiper.arguments.readers import as_choice, as_email, as_name, exactly_one, or_none
from airflow_chilipiper.operators.base import ChiliPiperBookOperator
from airflow_chilipiper.operators.booking_arguments import Readers

if TYPE_CHECKING:
    from airflow_chilipiper.api.patterns.handoff import Handoff
    from airflow_chilipiper.task.plan import Given


class HandoffBookOperator(ChiliPiperBookOperator):
    """Hand leads over: one rep books a meeting with whom the workspace's Handoff routers find.

    All arguments of :class:`ChiliPiperBookOperator` apply, but for ``form``. The guest is known by ``email`` or by
    ``crm_id``; with a CRM id no e-mail is needed. Each argument may be a column.

    :param workspace_id: the workspace whose routers are asked (templated)
    :param workspace: or its name, looked up once a run (templated)
    :param booker_id: the rep who hands over; needs a Handoff licence (templated)
    :param booker_email: or the rep's e-mail, looked up once a run (templated)
    :param crm_id: the guest's id in the CRM (templated)
    :param crm_type: ``LeadId`` or ``ContactId``; ids that begin with 00Q or 003, as Salesforce's do, tell by themselves
        (templated)
    :param crm_explicits: passed through as it is (templated)
    :param router_id: only this router; all of the workspace, if not given (templated)
    :param path: which path of those offered: ``only`` (default: several are refused, with their list), ``earliest``
        or a path's id (templated)
    """

    readers_by_lead: ClassVar[Readers] = {
        **ChiliPiperBookOperator.readers_by_lead,
        "workspace_id": as_name,
        "workspace": as_name,
        "booker_id": as_name,
        "booker_email": as_email,
        "crm_id": or_none(as_name),
        "crm_type": or_none(partial(as_choice, choices=("LeadId", "ContactId"))),
        "crm_explicits": lambda value, _: value,
        "router_id": or_none(as_name),
        "path": as_name,
    }
    required = ("path",)
    pattern_name = "handoff"
    pattern_arguments = (
        "workspace_id",
        "workspace",
        "booker_id",
        "booker_email",
        "crm_id",
        "crm_type",
        "crm_explicits",
        "router_id",
    )
    target_arguments = ("workspace_id", "workspace", "booker_id", "booker_email", "router_id")
    template_fields = (*ChiliPiperBookOperator.template_fields, *pattern_arguments, "path")

    def __init__(
        self,
        *,
        workspace_id: Any = None,
        workspace: Any = None,
        booker_id: Any = None,
        booker_email: Any = None,
        crm_id: Any = None,
        crm_type: Any = None,
        crm_explicits: Any = None,
        router_id: Any = None,
        path: Any = "only",
        **kwargs: Any,
    ) -> None:
        exactly_one(workspace_id=workspace_id, workspace=workspace)
        exactly_one(booker_id=booker_id, booker_email=booker_email)
        self.workspace_id = workspace_id
        self.workspace = workspace
        self.booker_id = booker_id
        self.booker_email = booker_email
        self.crm_id = crm_id
        self.crm_type = crm_type
        self.crm_explicits = crm_explicits
        self.router_id = router_id
        self.path = path
        super().__init__(**kwargs)

    @property
    def needs_email(self) -> bool:  # type: ignore[override]
        """Where no CRM id tells the guest."""
        return self.crm_id is None

    def make_pattern(self, given: Given) -> Handoff:
        from airflow_chilipiper.api.patterns.handoff import Handoff

        by_name = self.directory
        return Handoff(
            workspace_id=given["workspace_id"] if self.workspace is None else by_name.workspace_id(given["workspace"]),
            booker_id=given["booker_id"] if self.booker_email is None else by_name.user_id(given["booker_email"]),
            guest=None if given["crm_id"] else given.email,
            crm_id=given["crm_id"],
            crm_type=given["crm_type"],
            crm_explicits=given["crm_explicits"],
            router_id=given["router_id"],
        )
