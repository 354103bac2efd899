"""The routers of Concierge and Handoff (published spec 1.494); they have no pages."""

from __future__ import annotations

from typing import Any

from airflow_chilipiper.sandbox.http.call import Call
from airflow_chilipiper.sandbox.http.decoding import Identifier, Shape, Text
from airflow_chilipiper.sandbox.http.endpoint import endpoint
from airflow_chilipiper.sandbox.state.catalogue import FormKey, HandoffRouter, Router, Target
from airflow_chilipiper.sandbox.state.tenant import Tenant

_EPOCH = "2026-01-05T08:00:00.000Z"
_META = {"createdBy": "u-sdr-1", "updatedBy": "u-sdr-1", "createdOn": _EPOCH, "updatedOn": _EPOCH}
_NO_REDIRECT = {"type": "NoRedirect"}
_THANKS = {"type": "Url", "url": "https://sandbox.chilipiper.example/thanks"}


class RoutersRequest(Shape):
    workspace_id: Identifier | None = None


class RoutersQuery(Shape):
    workspace_id: Text | None = None


@endpoint(
    "POST",
    "/v1/org/concierge/routers/concierge/list",
    operation="concierge-list-routers",
    permission="concierge.read",
)
def concierge(tenant: Tenant, call: Call, body: RoutersRequest | None) -> dict[str, Any]:
    """No body in the spec; the workspace filter is what another door to the same operation takes."""
    wanted = body.workspace_id if body else None
    routers = [each for each in tenant.catalogue.routers.values() if wanted in (None, each.workspace)]
    return {"routers": [_expanded(tenant, each) for each in routers]}


@endpoint(
    "GET",
    "/v1/org/concierge/routers/concierge/{routerId}",
    operation="concierge-router-get",
    permission="concierge.read",
)
def concierge_single(tenant: Tenant, call: Call) -> dict[str, Any]:
    router = next((each for each in tenant.catalogue.routers.values() if each.id == call.ids["routerId"]), None)
    if router is None:
        raise tenant.refusal("router_unknown", f"No router {call.ids['routerId']}")
    return _summary(router)


@endpoint(
    "GET",
    "/v1/org/handoff/routers/handoff/list",
    operation="handoff-router-list",
    permission="handoff.read",
)
def handoff(tenant: Tenant, call: Call, query: RoutersQuery) -> list[dict[str, Any]]:
    """A bare array (published spec 1.287)."""
    wanted = query.workspace_id
    routers = [each for each in tenant.catalogue.handoff_routers.values() if wanted in (None, each.workspace)]
    return [_handoff(each) for each in routers]


def _handoff(router: HandoffRouter) -> dict[str, Any]:
    rows = [
        {"ruleId": f"rule-{path.id}", "ruleType": "Boolean", "outcome": _scheduled(path.target, path.meeting_type)}
        for path in router.paths
    ]
    return {
        "id": router.id,
        "workspaceId": router.workspace,
        "name": router.name,
        "routing": {"known": True, "representable": True, "rows": rows},
    }


def _summary(router: Router) -> dict[str, Any]:
    redirect = {"type": "Redirect", "url": _THANKS["url"]}
    rows = [
        {
            "ruleId": rule.id,
            "ruleType": "Boolean",
            "outcome": _scheduled(rule.target, router.meeting_type) if rule.target else redirect,
        }
        for rule in router.rules
    ]
    catch_all = {"outcome": _scheduled(router.catch_all, router.meeting_type)}
    answer: dict[str, Any] = {
        "id": router.id,
        "workspaceId": router.workspace,
        "name": router.name,
        "slug": router.slug,
        "routing": {"known": True, "representable": True, "rows": rows, "catchAll": catch_all},
    }
    if "InAppButton" in router.triggers:
        answer["inAppButton"] = {"fields": [{"dataField": key.reference} for key in router.keys]}
    if "RouterLink" in router.triggers:
        answer["routerLink"] = {"fields": [_labelled(key) for key in router.keys]}
    return answer


def _scheduled(target: Target, meeting_type: str) -> dict[str, Any]:
    return {"type": "Schedule", "distributionId": target.distribution, "meetingTypeId": meeting_type}


def _expanded(tenant: Tenant, router: Router) -> dict[str, Any]:
    rules = [
        {
            "type": "RuleRoute",
            "id": rule.id,
            "ruleIds": [rule.id],
            "ruleType": "Boolean",
            "yes": _yes(router, rule.target),
        }
        for rule in router.rules
    ]
    inner = {
        "id": router.id,
        "name": router.name,
        "slug": router.slug,
        "formMapping": _form_mapping(tenant, router),
        "acceptsRouting": router.accepts_routing,
        "routing": {"rules": rules, "catchAll": {"yes": _yes(router, router.catch_all)}},
        "meta": _META,
    }
    fields = [{"reference": key.reference, "mappings": []} for key in router.keys]
    return {"workspaceId": router.workspace, "router": inner, "dataFields": fields}


def _yes(router: Router, target: Target | None) -> dict[str, Any]:
    if target is None:
        return {"type": "RedirectActions", "redirect": _THANKS, "actions": []}
    return {
        "type": "SchedulingSettings",
        "assignments": [{"type": "DistributionV3", "id": target.distribution, "required": True}],
        "meetingTypeIds": [router.meeting_type],
        "meetingHost": {"type": "Assignee", "index": 0},
        "scheduling": {"redirect": _NO_REDIRECT, "actions": []},
        "timeout": {"timeout": "10 minutes", "redirect": _NO_REDIRECT, "actions": []},
    }


def _form_mapping(tenant: Tenant, router: Router) -> dict[str, Any]:
    if tenant.variants.form_mapping == "V1":
        fields = [_external(key) for key in router.keys]
        return {"type": "ConciergeFormMappingProcessedV1", "fields": fields, "emailField": fields[0]}
    shapes = {
        "ThirdPartyForm": _external,
        "InAppButton": lambda key: {"dataField": key.reference},
        "RouterLink": _labelled,
        "ChiliForm": _described,
    }
    triggers = [
        {
            "type": f"Processed{name}Trigger",
            "mapping": [shapes[name](key) for key in router.keys],
            "email": "PersonEmail",
        }
        for name in router.triggers
    ]
    return {"type": "ProcessedTriggers", "get": triggers}


def _external(key: FormKey) -> dict[str, Any]:
    return {"name": key.name, "dataFieldRef": key.reference, "label": key.name.replace("_", " ")}


def _described(key: FormKey) -> dict[str, Any]:
    return {**_labelled(key), "description": key.name}


def _labelled(key: FormKey) -> dict[str, Any]:
    return {"dataField": key.reference, "label": key.name.replace("_", " "), "required": key.required}
