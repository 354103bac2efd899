"""Users: every page, exact matches, and errors that never show an e-mail."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_chilipiper.api.errors import Invalid
from airflow_chilipiper.api.resources import users
from tests.drive import block
from tests.unit.api.handmade import Handmade

JO = {
    "id": "64ee0722", "name": "Jo Doe", "email": "Jo.Doe@example.com", "isSuperAdmin": False,
    "licenses": {"handoff": True}, "salesforce": None, "hubspot": {"id": 5},
    "workspaces": ["w1"], "timezone": "Europe/Paris",
}  # fmt: skip


def result(*found: Any) -> dict[str, Any]:
    return {"results": list(found), "total": len(found), "page": 0, "pageSize": 50}


@pytest.mark.parametrize(("workspace_id", "query"), [("w/1", {"workspaceId": "w/1"}), (None, {})])
def test_users_of_a_workspace_or_of_all(workspace_id: str | None, query: dict[str, str]) -> None:
    runtime = Handmade(result(JO))
    found = block(users.users(runtime, workspace_id=workspace_id))
    assert (found[0].id, found[0].workspaces, found[0].timezone) == ("64ee0722", ("w1",), "Europe/Paris")
    call = runtime.calls[0]
    assert call.query == query | {"page": 0, "pageSize": 50}
    assert (call.operation, call.permission, call.path) == (
        "workspace-list-users", "workspace.read", "/v1/org/workspace/users",
    )  # fmt: skip


def test_one_user_by_id() -> None:
    runtime = Handmade(JO)
    assert block(users.user(runtime, "a/b c")).email == "Jo.Doe@example.com"
    call = runtime.calls[0]
    assert (call.operation, call.permission, call.path) == ("user-read", "user.read", "/v1/org/user/read/a%2Fb%20c")


def test_a_user_shows_neither_name_nor_e_mail() -> None:
    user = block(users.user(Handmade(JO), "64ee0722"))
    assert "doe" not in repr(user).casefold()


@pytest.mark.parametrize("shape", [result, lambda *found: list(found)])
def test_a_user_is_found_by_exact_e_mail_in_any_case(shape: Any) -> None:
    near = [{"id": "u1", "email": "x.jo.doe@example.com"}, {"id": "u2", "name": "jo.doe@example.com"}, JO]
    runtime = Handmade(shape(*near))
    assert block(users.find_user(runtime, " jo.DOE@example.com ")).id == "64ee0722"
    call = runtime.calls[0]
    assert (call.operation, call.permission, call.path) == ("user-find", "user.read", "/v1/org/user/find")
    assert call.query == {"query": "jo.doe@example.com", "page": 0, "pageSize": 50}
    assert "jo.doe" not in repr(call)


@pytest.mark.parametrize(
    ("found", "text"),
    [
        ([], "no user has exactly this e-mail: look it up in Chili Piper"),
        ([{"id": "u1", "email": "x.jo.doe@example.com"}], "no user has exactly this e-mail"),
        ([JO, JO | {"id": "u2"}], "2 users have exactly this e-mail: give one id of 64ee0722, u2"),
    ],
)
def test_no_or_several_users_are_an_error_that_hides_the_e_mail(found: Any, text: str) -> None:
    with pytest.raises(Invalid) as wrong:
        block(users.find_user(Handmade(result(*found)), "jo.doe@example.com"))
    assert text in str(wrong.value)
    assert "@" not in str(wrong.value)


@pytest.mark.parametrize("email", ["", "  "])
def test_an_empty_e_mail_is_not_asked_for(email: str) -> None:
    with pytest.raises(Invalid, match="empty"):
        block(users.find_user(Handmade(), email))
