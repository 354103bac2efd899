"""Handoff: one rep (the booker) hands a lead to whom the workspace's routers find.

Source: help article on programmatic scheduling; the vendor's draft notes for Fork paths. No schema is published.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from airflow_chilipiper.api.call import Call, Interval, path
from airflow_chilipiper.api.errors import Invalid, Unreadable
from airflow_chilipiper.api.patterns.answers import booked, ids, is_id, record, text
from airflow_chilipiper.api.patterns.offer import Booked, Offer
from airflow_chilipiper.api.patterns.opening import (
    KNOWN_BESIDE_SLOTS,
    NO_LIST,
    SESSION_NAMES,
    failures,
    lifetime,
    session_id,
    start_times,
    unwrapped,
)
from airflow_chilipiper.api.patterns.slots import Bookable, Path, Slot, Slots
from airflow_chilipiper.api.spelling import email

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
        body["interval"] = interval.in_whole_days()
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
        answer = unwrapped(body, "handoff-init")
        guest = text(answer.get("guestEmail"))
        if guest and self.guest and not self.crm_id and email(guest) != email(self.guest):
            raise Unreadable("handoff-init: the answer names another guest than was asked for")
        session, results = session_id(answer), list(_path_results(answer, self.router_id))
        if not session and (results or not _says_where(answer)):
            raise Unreadable("handoff-init: the answer has no routingId")
        unsent = sum(times is None for _, times, _ in results)
        return Offer(
            session=session,
            slots=Slots(Bookable(self._address(session, where), times or (), where) for where, times, _ in results),
            lifetime=lifetime(answer),
            paths=tuple(where for where, times, _ in results if times),
            empty_paths=tuple(where for where, times, _ in results if not times),
            guest=guest,
            assignees=ids(_users(results[0][2])) if len(results) == 1 else (),  # of several, the slot decides
            notes=(
                *([] if results else ["no path matched"]),
                *([f"{NO_LIST} for {unsent} of {len(results)} paths"] if unsent else []),
                *failures(answer, *(result for _, _, result in results)),
            ),
        )

    def _address(self, session: str, where: Path) -> str:
        template = "/v1/org/handoff/routing/{}/router/{}/path/{}/booker/{}/schedule-simple"
        return path(template, session, where.router_id, where.path_id, self.booker_id)


_PATHS = frozenset({"pathResults", "paths"})
KNOWN_BESIDE_ROUTERS = frozenset({*SESSION_NAMES, "routers", "guestEmail", "timeoutInMS", "failures", "type"})
KNOWN_OF_ROUTER = frozenset({"routerId", "routerName", "name", "workspaceId", "type", "failures"})
KNOWN_OF_PATH = KNOWN_BESIDE_SLOTS | {
    *("pathId", "routerId", "assignees", "meetingHost", "locations", "result", "additionalMeetingTypeIds", "ruleId"),
    *("columnKey", "crmActions", "contactOptions"),
}


def _path_results(
    answer: Mapping[str, Any], asked_router: str | None
) -> Iterator[tuple[Path, list[Any] | None, Mapping[str, Any]]]:
    """Every path that books later, with its times: below its router, or flat with the router's id in each."""
    if not _says_where(answer) and not KNOWN_BESIDE_ROUTERS.issuperset(answer):
        raise Unreadable("handoff-init: the answer has no routers, and something else that may be paths")
    for router in (answer, *_objects(answer.get("routers"), "routerId")):
        if router is not answer and not (_PATHS & router.keys() or KNOWN_OF_ROUTER.issuperset(router)):
            raise Unreadable("handoff-init: a router has no pathResults, and something else that may be paths")
        for result in chain(*(_objects(router.get(name), "pathId") for name in _PATHS)):
            if (later := _later(result)) is None:
                continue
            times = _times(later)
            if times or later.get("pathId"):
                router_id = text(router.get("routerId")) or text(result.get("routerId")) or asked_router
                yield Path(_id(router_id, "routerId"), _id(text(later.get("pathId")), "pathId")), times, later


def _says_where(answer: Mapping[str, Any]) -> bool:
    return bool({"routers", *_PATHS} & answer.keys())


def _objects(found: Any, id_name: str) -> Iterator[Mapping[str, Any]]:
    """Of a list, or of a map by their ids."""
    if isinstance(found, Mapping):
        found = [{id_name: key, **record(item, f"a {id_name}")} for key, item in found.items()]
    for item in found or ():
        yield record(item, f"handoff-init: what has a {id_name}")


def _later(result: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The part that books: a Fork has a `live` branch without times, and a `later` one."""
    later = result.get("later")
    if isinstance(later, Mapping):
        return later
    return None if result.get("type") in ("Fork", "Live") else result


def _times(path_result: Mapping[str, Any]) -> list[Any] | None:
    """A path's own, or those of its `result`."""
    inner = path_result.get("result")
    if "startTimes" not in path_result and isinstance(inner, Mapping):
        return start_times(inner, known=KNOWN_OF_PATH)
    return start_times(path_result, known=KNOWN_OF_PATH)


def _id(found: str | None, name: str) -> str:
    if not is_id(found):
        raise Unreadable(f"handoff-init: a path has no {name}")
    return found


def _users(result: Mapping[str, Any]) -> list[Any]:
    users = result.get("assignees")
    return users if isinstance(users, list) else []
