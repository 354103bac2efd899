"""Routers are listed with the keys of each trigger."""

from __future__ import annotations

from airflow_chilipiper.sandbox import Sandbox
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
