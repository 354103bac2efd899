"""Links are listed by kind and filtered by what the published schemas name."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_chilipiper.sandbox.state.seed import DEMO
from tests.unit.sandbox.conftest import Edge


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, {"link-rr-demo", "link-rr-qualified", "link-rr-full"}),
        ({"filterLinkSlugs": ["book-a-demo"]}, {"link-rr-demo"}),
        ({"filterWorkspaceIds": ["ws-success"]}, set()),
        ({"filterDistributionIds": ["dist-full"]}, {"link-rr-full"}),
        ({"filterMeetingTypeId": [DEMO], "filterLinkSlugs": ["qualified-demo"]}, {"link-rr-qualified"}),
    ],
)
def test_link_lists_filter(edge: Edge, asked: dict[str, Any], found: set[str]) -> None:
    links = edge.post("/v1/org/schedulingLinks/list-round-robin", json=asked).json()["links"]

    assert {link["linkId"] for link in links} == found


@pytest.mark.parametrize("asked", [{"filterWorkspaceIds": []}, {"slug": "x"}, None])
def test_a_link_list_needs_a_body_of_known_filters(edge: Edge, asked: Any) -> None:
    assert edge.post("/v1/org/schedulingLinks/list-group", json=asked).status_code == 400
