"""Workspaces: every page, and exact names."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_chilipiper.api.errors import Invalid, Unreadable
from airflow_chilipiper.api.resources import workspaces
from tests.drive import block
from tests.unit.api.handmade import Handmade


def result(*found: Any) -> dict[str, Any]:
    return {"results": list(found), "total": len(found), "page": 0, "pageSize": 50}


def test_workspaces() -> None:
    runtime = Handmade(result({"id": "w1", "name": "Sales", "metadata": {"revision": 1}, "nrOfUsers": 3}, {"id": "w2"}))
    found = block(workspaces.workspaces(runtime))
    assert [(workspace.id, workspace.name) for workspace in found] == [("w1", "Sales"), ("w2", "")]
    call = runtime.calls[0]
    assert (call.operation, call.permission, call.path) == ("workspace-list", "workspace.read", "/v1/org/workspace")


def test_a_workspace_without_id_is_unreadable() -> None:
    with pytest.raises(Unreadable, match="workspace-list: id: missing"):
        block(workspaces.workspaces(Handmade(result({"name": "Sales"}))))


def test_a_workspace_is_found_by_exact_name() -> None:
    seen = result({"id": "w1", "name": "Sales EMEA"}, {"id": "w2", "name": "Sales"}, {"id": "w3", "name": "sales"})
    assert block(workspaces.find_workspace(Handmade(seen), "Sales")).id == "w2"


@pytest.mark.parametrize(
    ("seen", "text"),
    [
        ([], "no workspace is named 'Sales': the token sees none"),
        ([{"id": "w1", "name": "Sales EMEA"}], "no workspace is named 'Sales': the token sees 'Sales EMEA'"),
        (
            [{"id": "w1", "name": "Sales"}, {"id": "w2", "name": "Sales"}],
            "2 workspaces are named 'Sales': give one id of w1, w2",
        ),
    ],
)
def test_no_or_several_workspaces_are_an_error(seen: Any, text: str) -> None:
    with pytest.raises(Invalid, match=text):
        block(workspaces.find_workspace(Handmade(result(*seen)), "Sales"))
