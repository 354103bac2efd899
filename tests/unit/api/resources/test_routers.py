"""Routers, and whether a form fits one before anything is routed."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_chilipiper.api.errors import Invalid, Unreadable
from airflow_chilipiper.api.resources.routers import Router, check_form, form_keys, handoff_routers, routers
from tests.drive import block
from tests.unit.api.handmade import Handmade

FORM = {
    "type": "ProcessedThirdPartyFormTrigger",
    "mapping": [
        {"name": "0-1/email", "dataFieldRef": "PersonEmail", "label": "E-mail"},
        {"name": "company_size", "dataFieldRef": "CompanyEmployees"},
    ],
    "email": "PersonEmail",
    "phone": None,
}
OTHER_FORM = FORM | {"mapping": [{"name": "mail", "dataFieldRef": "PersonEmail"}]}
BUTTON = {"type": "ProcessedInAppButtonTrigger", "mapping": [{"dataField": "PersonFirstName"}], "email": "PersonEmail",
          "phone": "PersonPhone"}  # fmt: skip
PAGE = {
    "type": "ProcessedRouterLinkTrigger",
    "mapping": [
        {"dataField": "PersonEmail", "label": "E-mail", "required": True},
        {"dataField": "CompanyName", "label": "Company", "required": True},
        {"dataField": "PersonTitle", "label": "Title", "required": False},
        {"dataField": "LeadSource", "label": "Source", "required": True, "hidden": "web"},
    ],
    "email": "PersonEmail",
}
CHILI = {"type": "ProcessedChiliFormTrigger", "mapping": [{"dataField": "PersonEmail"}], "email": "PersonEmail"}


def listed(mapping: Any, **changes: Any) -> dict[str, Any]:
    router = {"id": "9413f879", "name": "Inbound", "slug": "inbound", "acceptsRouting": True, "formMapping": mapping,
              "routing": {"rules": []}, "meta": {}}  # fmt: skip
    return {"workspaceId": "w1", "dataFields": [], "router": router | changes}


def one(mapping: Any) -> Router:
    found = block(routers(Handmade({"routers": [listed(mapping)]})))
    assert len(found) == 1
    return found[0]


def processed(*triggers: Any) -> Router:
    return one({"type": "ProcessedTriggers", "get": list(triggers)})


def test_routers_are_asked_for_without_a_body() -> None:
    runtime = Handmade({"routers": [listed({}), listed({}, id="b") | {"workspaceId": "w2"}]})
    found = block(routers(runtime))
    assert [(router.id, router.slug, router.name, router.workspace_id, router.accepts_routing) for router in found] == [
        ("9413f879", "inbound", "Inbound", "w1", True), ("b", "inbound", "Inbound", "w2", True),
    ]  # fmt: skip
    call = runtime.calls[0]
    assert (call.operation, call.permission, call.method, call.body, call.repeatable) == (
        "concierge-list-routers", "concierge.read", "POST", None, True,
    )  # fmt: skip
    assert call.path == "/v1/org/concierge/routers/concierge/list"


def test_one_workspace_is_chosen_here_since_the_call_cannot() -> None:
    runtime = Handmade({"routers": [listed({}), listed({}, id="b") | {"workspaceId": "w2"}]})
    assert [router.id for router in block(routers(runtime, workspace_id="w2"))] == ["b"]


@pytest.mark.parametrize("body", [{}, {"routers": None}, []])
def test_no_routers(body: Any) -> None:
    assert block(routers(Handmade(body))) == []


def test_a_flat_router_is_read_too() -> None:
    found = block(routers(Handmade([{"id": "r", "workspaceId": "w1", "slug": "s", "formMapping": None}])))
    assert (found[0].id, found[0].workspace_id, found[0].triggers) == ("r", "w1", ())


@pytest.mark.parametrize("row", [{"workspaceId": "w1"}, {"router": 5}, "x", {"router": {"name": "no id"}}])
def test_a_router_without_id_is_unreadable(row: Any) -> None:
    with pytest.raises(Unreadable, match="a router"):
        block(routers(Handmade({"routers": [row]})))


@pytest.mark.parametrize(
    ("trigger", "keys", "required"),
    [
        ("ThirdPartyForm", ["0-1/email", "company_size"], ["0-1/email"]),
        ("InAppButton", ["PersonFirstName", "PersonEmail", "PersonPhone"], ["PersonEmail"]),
        ("RouterLink", ["PersonEmail", "CompanyName", "PersonTitle", "LeadSource"], ["PersonEmail", "CompanyName"]),
    ],
)
def test_each_trigger_has_its_own_keys(trigger: str, keys: list[str], required: list[str]) -> None:
    router = processed(FORM, BUTTON, PAGE, CHILI)
    assert [mapped.name for mapped in router.triggers] == ["ThirdPartyForm", "InAppButton", "RouterLink"]
    assert form_keys(router, trigger) == keys
    assert check_form(router, trigger, {}) == (required, [])
    mapped = next(mapped for mapped in router.triggers if mapped.name == trigger)
    assert (mapped.email_key, mapped.required) == (required[0], tuple(required))


def test_nothing_is_routed_through_a_form_that_chili_piper_hosts() -> None:
    """A router that has no other way in cannot be asked for."""
    router = processed(CHILI)
    assert router.triggers == ()
    with pytest.raises(Invalid, match=r"none that can be asked for \(nothing is routed through a form"):
        form_keys(router, "ThirdPartyForm")


def test_a_form_written_for_another_trigger_is_found_out() -> None:
    router = processed(FORM, BUTTON)
    form = {"PersonEmail": "jo@example.com", "PersonFirstName": "Jo"}
    assert check_form(router, "InAppButton", form) == ([], [])
    assert check_form(router, "ThirdPartyForm", form) == (["0-1/email"], ["PersonEmail", "PersonFirstName"])


@pytest.mark.parametrize("empty", [None, ""])
def test_an_empty_value_is_missing_but_not_unknown(empty: Any) -> None:
    assert check_form(processed(PAGE), "RouterLink", {"PersonEmail": "x", "CompanyName": empty}) == (
        ["CompanyName"],
        [],
    )
    assert check_form(processed(PAGE), "RouterLink", {"PersonEmail": "x", "CompanyName": 0}) == ([], [])


def test_several_forms_under_one_trigger_are_satisfied_by_one() -> None:
    router = processed(FORM, OTHER_FORM)
    assert form_keys(router, "ThirdPartyForm") == ["0-1/email", "company_size", "mail"]
    assert check_form(router, "ThirdPartyForm", {"mail": "jo@example.com"}) == ([], [])


def test_a_form_whose_email_is_given_by_its_own_name() -> None:
    router = processed(FORM | {"email": "company_size"})
    assert router.triggers[0].email_key == "company_size"


def test_the_older_mapping_knows_one_form() -> None:
    entry = {"name": "email", "dataFieldRef": "PersonEmail"}
    fields = [{"name": "first", "dataFieldRef": {"type": "DefaultDataFieldRef", "value": "PersonFirstName"}}]
    router = one({"type": "ConciergeFormMappingProcessedV1", "fields": fields, "emailField": entry, "phoneField": None})
    assert form_keys(router, "ThirdPartyForm") == ["first", "email"]
    assert check_form(router, "ThirdPartyForm", {"first": "Jo"}) == (["email"], [])


def test_a_trigger_that_the_router_has_not_is_named() -> None:
    with pytest.raises(
        Invalid, match="router 'inbound' has no trigger 'RouterLink': it has ThirdPartyForm, InAppButton"
    ):
        form_keys(processed(FORM, BUTTON), "RouterLink")
    with pytest.raises(Invalid, match="it has none that can be asked for"):
        check_form(processed(CHILI), "ThirdPartyForm", {})


@pytest.mark.parametrize("workspace_id", ["w1", None])
def test_handoff_routers(workspace_id: str | None) -> None:
    runtime = Handmade([{"id": "e1f2", "workspaceId": "w1", "name": None, "routing": {"known": True}}])
    found = block(handoff_routers(runtime, workspace_id=workspace_id))
    assert [(router.id, router.workspace_id, router.name) for router in found] == [("e1f2", "w1", "")]
    call = runtime.calls[0]
    assert (call.operation, call.permission, call.path) == (
        "handoff-router-list", "handoff.read", "/v1/org/handoff/routers/handoff/list",
    )  # fmt: skip
    assert call.query == ({"workspaceId": "w1"} if workspace_id else {})
