"""Routers are listed with the keys of each trigger."""

from __future__ import annotations

import pytest

from airflow_chilipiper.sandbox import Sandbox
from airflow_chilipiper.sandbox.state.seed import fixed_uuid
from tests.unit.sandbox.conftest import Edge


def test_routers_list_the_keys_of_each_trigger(edge: Edge) -> None:
    rows = edge.post("/v1/org/concierge/routers/concierge/list").json()["routers"]
    triggers = {each["type"]: each for each in rows[0]["router"]["formMapping"]["get"]}

    assert set(triggers) == {
        "ProcessedThirdPartyFormTrigger",
        "ProcessedInAppButtonTrigger",
        "ProcessedRouterLinkTrigger",
    }
    assert triggers["ProcessedThirdPartyFormTrigger"]["mapping"][0]["name"] == "email"
    assert triggers["ProcessedInAppButtonTrigger"]["mapping"][0] == {"dataField": "PersonEmail"}
    assert triggers["ProcessedRouterLinkTrigger"]["mapping"][0]["required"] is True


def test_the_older_form_mapping(box: Sandbox, edge: Edge) -> None:
    box.tenant.variants.form_mapping = "V1"
    mapping = edge.post("/v1/org/concierge/routers/concierge/list").json()["routers"][0]["router"]["formMapping"]

    assert mapping["type"] == "ConciergeFormMappingProcessedV1"
    assert mapping["emailField"]["dataFieldRef"] == "PersonEmail"


@pytest.mark.parametrize(
    ("router", "triggers"), [("inbound", {"inAppButton", "routerLink"}), ("partner", {"routerLink"})]
)
def test_a_single_router_lists_the_triggers_it_has(edge: Edge, router: str, triggers: set[str]) -> None:
    answer = edge.get(f"/v1/org/concierge/routers/concierge/{fixed_uuid(router)}").json()

    assert {"inAppButton", "routerLink"} & set(answer) == triggers
