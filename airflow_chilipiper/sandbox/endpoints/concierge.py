"""Concierge: route a submitted form, then book (help article on programmatic scheduling)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

from airflow_chilipiper.sandbox.endpoints.booking import Booking, spend
from airflow_chilipiper.sandbox.endpoints.slots import write_list
from airflow_chilipiper.sandbox.http.call import Call
from airflow_chilipiper.sandbox.http.decoding import (
    Identifier,
    Interval,
    MeetingTypeOverride,
    Shape,
    Text,
    Zone,
    invalid,
)
from airflow_chilipiper.sandbox.http.endpoint import endpoint
from airflow_chilipiper.sandbox.state.catalogue import Router, Target
from airflow_chilipiper.sandbox.state.sessions import Routing, Session
from airflow_chilipiper.sandbox.state.tenant import Tenant

_ROUTE = "concierge.schedule and concierge.route"
_BOOKING = Booking("concierge")


class Options(Shape):
    trigger: Literal["ThirdPartyForm", "InAppButton", "RouterLink"] | None = None
    locale: Text | None = None
    timezone: Zone | None = None


class RouteRequest(Shape):
    form: dict[str, Any]
    options: Options | None = None
    interval: Interval | None = None
    meeting_type_override: MeetingTypeOverride | None = None


class RouteInBodyRequest(RouteRequest):
    router_slug: Identifier | None = None
    router_id: Identifier | None = None


class ScheduleRequest(Shape):
    start_time: Text


@endpoint(
    "POST",
    "/v1/org/concierge/routers/{routerSlug}/rest",
    operation="concierge-route-by-slug",
    permission=_ROUTE,
)
def route(tenant: Tenant, call: Call, body: RouteRequest) -> dict[str, Any]:
    """The routing of a lead; with an interval it opens a session and offers slots."""
    return _routed(tenant, body, call.ids["routerSlug"])


@endpoint("POST", "/v1/org/concierge/routers/rest", operation="concierge-route", permission=_ROUTE)
def route_by_body(tenant: Tenant, call: Call, body: RouteInBodyRequest) -> dict[str, Any]:
    """The sibling that finds the router in the body; how is documented nowhere, so a slug or an id is taken."""
    slug = body.router_slug or next((r.slug for r in tenant.catalogue.routers.values() if r.id == body.router_id), "")
    return _routed(tenant, body, slug)


@endpoint(
    "POST",
    "/v1/org/concierge/routing/{sessionId}/schedule-simple",
    operation="concierge-schedule",
    permission="concierge.schedule",
)
def schedule(tenant: Tenant, call: Call, body: ScheduleRequest) -> dict[str, Any]:
    return spend(tenant, call, _BOOKING, start=body.start_time)


def _routed(tenant: Tenant, body: RouteRequest, slug: str) -> dict[str, Any]:
    router = tenant.catalogue.routers.get(slug)
    if router is None:
        raise tenant.refusal("router_unknown", f"No router has the slug {slug}")
    if not router.accepts_routing:
        raise tenant.refusal("router_closed", f"The router {slug} does not accept routing")
    trigger = (body.options and body.options.trigger) or router.triggers[0]
    if "ChiliForm" in router.triggers[:1]:
        raise invalid("body (NonEmptyMap at 'fields')")  # vendor's notes: Concierge maps nothing through such a form
    form = _understand(tenant, router, body.form, trigger)
    rule = next((rule for rule in router.rules if rule.applies(form)), None)
    target = rule.target if rule else router.catch_all
    if target is None:
        return _disqualified(tenant)
    if tenant.variants.concierge_attendees == "strict":
        target = replace(target, flexible=False)
    routing = Routing(router.id, trigger, rule.id if rule else None, target)
    return _offer(tenant, router, routing, form["PersonEmail"], body.interval)


def _understand(tenant: Tenant, router: Router, form: dict[str, Any], trigger: str) -> dict[str, str]:
    """The form under Chili Piper's field references; each trigger has its own keys for them."""
    if trigger not in router.triggers:
        raise tenant.refusal("form_incomplete", f"The router has no trigger {trigger}", trigger=trigger)
    keys = {(key.name if trigger == "ThirdPartyForm" else key.reference): key for key in router.keys}
    for name in form:
        if name not in keys and tenant.variants.unknown_form_keys == "rejected":
            raise tenant.refusal("form_incomplete", f"The form has an unknown field {name}", field=name)
    for name, key in keys.items():
        if key.required and not form.get(name):
            raise tenant.refusal(
                "form_incomplete", f"The form lacks {name}, which the trigger {trigger} needs", field=name
            )
    return {key.reference: _plain(form[name]) for name, key in keys.items() if name in form}


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else str(value)


def _offer(tenant: Tenant, router: Router, routing: Routing, guest: str, interval: Interval | None) -> dict[str, Any]:
    """Without an interval the log keeps nothing: no session is consumed then (help article)."""
    session = tenant.open_session(
        "concierge", guest=guest, workspace=router.workspace, routing=None if interval is None else routing
    )
    answer: dict[str, Any] = {
        tenant.variants.route_key: session.id,
        "schedulingAllowed": True,
        **_assignment(tenant, routing.target),
    }
    if interval is None or tenant.variants.routing_link_with_interval:
        answer["routingLink"] = (
            f"https://sandbox.chilipiper.example/concierge-router/{router.slug}/routing/{session.id}"
        )
    if interval is not None:
        answer |= _scheduling_data(tenant, session, router, routing.target, interval)
    return answer


def _scheduling_data(
    tenant: Tenant, session: Session, router: Router, target: Target, interval: Interval
) -> dict[str, Any]:
    slots = tenant.offer(session, ("", ""), target, meeting_type=router.meeting_type, interval=interval)
    timeout = {"timeoutInMS": int(tenant.lifetime_of("concierge") * 1000)}
    place = tenant.variants.timeout_place
    inside = {**(timeout if place == "schedulingData" else {}), **write_list(tenant, slots), "failures": {}}
    return {"schedulingData": inside, **(timeout if place == "top" else {})}


def _assignment(tenant: Tenant, target: Target) -> dict[str, Any]:
    users = [{"userId": user, "type": "user"} for user in target.users]
    if tenant.variants.assignment == "absent":
        return {}
    if tenant.variants.assignment == "single":
        return {"assignment": users[0]}
    return {"assignments": users[:1], "distributionIds": [target.distribution]}


def _disqualified(tenant: Tenant) -> dict[str, Any]:
    """`schedulingAllowed: false` and no distribution (vendor onboarding notes); what else is in it nobody says."""
    kind = tenant.variants.disqualified
    answer: dict[str, Any] = {"schedulingAllowed": False}
    if kind == "with_route":
        answer = {tenant.variants.route_key: tenant.open_session("concierge", spent=True).id, **answer}
    elif kind == "null_data":
        answer["schedulingData"] = None
    elif kind == "redirect":
        answer["redirectUrl"] = "https://sandbox.chilipiper.example/thanks"
    return answer
