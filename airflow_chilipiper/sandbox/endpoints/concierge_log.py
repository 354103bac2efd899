"""Concierge's log: what became of every session that was opened with an interval.

The published answer is untyped. Fields and statuses are those seen in live answers (vendor's notes of 2026-05-29); what
stands around the entries, and which of their ids is the session's, no source shows.
"""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta

from airflow_chilipiper.sandbox.endpoints.meetings import write_more
from airflow_chilipiper.sandbox.http.call import Call
from airflow_chilipiper.sandbox.http.decoding import Identifier, Instant, PageNumber, Shape, Uuid
from airflow_chilipiper.sandbox.http.endpoint import endpoint
from airflow_chilipiper.sandbox.state.seed import fixed_uuid
from airflow_chilipiper.sandbox.state.sessions import Routing, Session
from airflow_chilipiper.sandbox.state.tenant import Tenant

_MONTH = 30 * 86_400
_TRIGGERS = {"InAppButton": "InApp"}


class LogQuery(Shape):
    workspace_id: Identifier
    router_id: Uuid
    start: Instant
    end: Instant
    page: PageNumber = 0
    page_size: Annotated[int, Meta(ge=1, le=100)] = 20


@endpoint("POST", "/v1/org/concierge/logs", operation="concierge-logs", permission="logs.read")
def find(tenant: Tenant, call: Call, query: LogQuery) -> Any:
    """Of one router, at most 30 days, 20 to a page and at most 100 (published spec 1.494)."""
    router = _router(tenant, query.workspace_id, query.router_id)
    start, end, page, size = query.start, query.end, query.page, query.page_size
    if not 0 <= end - start <= _MONTH:
        raise tenant.refusal("window_too_long", "The interval between start and end must be at most 30 days")
    as_of = tenant.now() - tenant.list_lag_seconds
    routed = _routed(tenant, router, start, end, as_of)
    shown = [_entry(tenant, *each, as_of) for each in routed[page * size : (page + 1) * size]]
    envelopes: dict[str, Any] = {
        "paginated": {"results": shown, "total": len(routed), "page": page, "pageSize": size},
        "data": {"data": {"list": shown}, **write_more(tenant, len(routed) > (page + 1) * size)},
        "bare": shown,
    }
    return envelopes[tenant.variants.log_envelope]


def _router(tenant: Tenant, workspace: str, router_id: str) -> str:
    if not any((each.workspace, each.id) == (workspace, router_id) for each in tenant.catalogue.routers.values()):
        raise tenant.refusal("router_unknown", f"No router {router_id} in workspace {workspace}")
    return router_id


def _routed(tenant: Tenant, router: str, start: float, end: float, as_of: float) -> list[tuple[Session, Routing]]:
    """The newest first, so that pages shift while they are read."""
    return [
        (session, session.routing)
        for session in reversed(tenant.sessions.values())
        if session.routing and session.routing.router == router
        if start <= session.opened_at < end and session.opened_at <= as_of
    ]


def _entry(tenant: Tenant, session: Session, routing: Routing, as_of: float) -> dict[str, Any]:
    rule, target = routing.rule, routing.target
    assigned = {"userId": target.users[0], "distributionId": target.distribution, "type": "user"}
    route = {"type": "RuleRoute", "id": rule, "ruleIds": [rule]} if rule else {"type": "CatchAllRoute", "ruleIds": []}
    optional = {"crmUrl": None, "sourceUrl": None, "meetingId": None} if tenant.variants.explicit_nulls else {}
    return {
        "id": session.id if tenant.variants.log_id == "session" else fixed_uuid(f"log/{session.id}"),
        "trigger": _TRIGGERS.get(routing.trigger, routing.trigger),
        "triggeredAt": tenant.write(session.opened_at),
        "guestEmail": session.guest,
        "assignments": [{**assigned, "ruleId": rule} if rule else assigned],
        "matchedPath": {"type": "RoutePathWithCalendar", "route": route},
        "actionsStatus": "Success",
        **optional,
        **_routing(tenant, session),
        **_status(tenant, session, as_of),
    }


def _routing(tenant: Tenant, session: Session) -> dict[str, Any]:
    shapes: dict[str, dict[str, Any]] = {
        "object": {"routing": {"id": session.id}},
        "string": {"routing": session.id},
        "absent": {},
    }
    return shapes[tenant.variants.log_routing]


def _status(tenant: Tenant, session: Session, as_of: float) -> dict[str, str]:
    """Scheduled, Cancelled and TimedOut have been seen, and only Scheduled with a meeting. The set is open: InProgress,
    for a session that nothing has become of yet, is a guess.
    """
    meeting = tenant.meeting_of(session.id)
    if meeting and meeting.booked_at <= as_of:
        booked = {"status": "Scheduled", "meetingId": meeting.id}
        return {"status": "Cancelled"} if meeting.status == "Canceled" else booked
    in_the_making = meeting is not None or tenant.is_booking(session.id)
    if as_of < session.expires_at or (in_the_making and tenant.variants.log_of_late_commit == "InProgress"):
        return {"status": "InProgress"}
    return {"status": tenant.variants.timed_out}
