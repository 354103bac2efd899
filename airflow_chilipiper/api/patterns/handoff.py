"""Handoff: one rep (the booker) hands a lead to whom the workspace's routers find.

Source: help article on programmatic scheduling; the vendor's draft notes for Fork paths. No schema is published.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from airflow_chilipiper.api.call import Call, Interval, path
from airflow_chilipiper.api.errors import Invalid, Unreadable
from airflow_chilipiper.api.patterns.answers import booked, ids, lifetime, record, session_id, start_times, text
from airflow_chilipiper.api.patterns.offer import Booked, Offer
from airflow_chilipiper.api.patterns.slots import Bookable, Path, Slot, Slots

CRM_TYPES = ("LeadId", "ContactId")
SALESFORCE_PREFIXES = {"00Q": "LeadId", "003": "ContactId"}


@dataclass(frozen=True, kw_only=True)
class Handoff:
    """Hand over one guest, known by e-mail or by CRM id.

    `crm_type` is LeadId or ContactId; where it is not given, a Salesforce prefix (00Q or 003) says it. Without
    `router_id` every router of the workspace is asked.
    """

    workspace_id: str
    booker_id: str
    guest: str | None = field(default=None, repr=False)
    crm_id: str | None = None
    crm_type: str | None = None
    crm_explicits: Any = field(default=None, repr=False)
    router_id: str | None = None
    name = "handoff"
    has_routing_log = False

    def __post_init__(self) -> None:
        if not (self.guest or self.crm_id):
            raise Invalid("neither guest_email nor crm_id is given: a handoff needs one of them")
        if self.crm_id and self._crm_type() not in CRM_TYPES:
            raise Invalid(
                f"crm_type is {self.crm_type!r}, expected LeadId or ContactId; "
                "only ids that begin with 00Q or 003 say it by themselves"
            )

    @property
    def target(self) -> tuple[str, ...]:
        return (self.workspace_id, self.router_id or "", self.crm_id or "")

    def invited(self) -> tuple[str | None, ...]:
        """Of a CRM id only the offer says whose it is."""
        return (self.guest,) if self.guest else ()

    def open(self, interval: Interval, /) -> Call[Offer]:
        body: dict[str, Any] = {"type": "GuestEmailRequest", "guestEmail": self.guest}
        if self.crm_id:
            body = {"type": "CrmRequest", "id": {"type": self._crm_type(), "value": self.crm_id}}
        body["interval"] = interval.body()
        if self.router_id:
            body["routerId"] = self.router_id
        if self.crm_explicits is not None:
            body["crmExplicits"] = self.crm_explicits
        return Call(
            operation="handoff-init",
            permission="handoff.schedule",
            method="POST",
            path=path("/v1/org/handoff/workspace/{}/booker/{}/init-simple", self.workspace_id, self.booker_id),
            body=body,
            read=self._offer,
            repeatable=True,
        )

    def book(self, slot: Slot, offer: Offer, /) -> Call[Booked]:
        return Call(
            operation="handoff-schedule",
            permission="handoff.schedule",
            method="POST",
            path=slot.address,
            body={"startTime": slot.start_as_sent},
            read=booked,
        )

    def _crm_type(self) -> str | None:
        return self.crm_type or SALESFORCE_PREFIXES.get((self.crm_id or "")[:3])

    def _offer(self, body: Any) -> Offer:
        answer = record(body, "handoff-init")
        session, results = session_id(answer), list(_path_results(answer))
        if not session and (results or "routers" not in answer):
            raise Unreadable("handoff-init: the answer has no routingId")
        return Offer(
            session=session,
            slots=Slots(Bookable(self._address(session, at), start_times(result), at) for at, result in results),
            lifetime=lifetime(answer),
            paths=tuple(where for where, _ in results),
            guest=text(answer.get("guestEmail")),
            assignees=ids(_users(results[0][1])) if len(results) == 1 else (),  # of several, the slot decides
        )

    def _address(self, session: str, where: Path) -> str:
        template = "/v1/org/handoff/routing/{}/router/{}/path/{}/booker/{}/schedule-simple"
        return path(template, session, where.router_id, where.path_id, self.booker_id)


def _path_results(answer: Mapping[str, Any]) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """Every path that books later. A Fork has a `live` branch without times and a `later` one that books."""
    for router in answer.get("routers") or ():
        for result in record(router, "a handoff router").get("pathResults") or ():
            later = record(record(result, "a handoff path").get("later") or result, "a later path")
            if later is result and result.get("type") in ("Fork", "Live"):
                continue
            if later.get("pathId"):
                yield Path(_id(router, "routerId"), _id(later, "pathId")), later


def _id(answer: Mapping[str, Any], name: str) -> str:
    if found := text(answer.get(name)):
        return found
    raise Unreadable(f"handoff-init: a path has no {name}")


def _users(result: Mapping[str, Any]) -> list[Any]:
    users = result.get("assignees")
    return users if isinstance(users, list) else []
