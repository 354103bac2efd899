"""Arrays may come as null, of every answer (published schemas 1.494); only a null list of meetings is no empty one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from airflow_chilipiper.api.errors import Unreadable
from airflow_chilipiper.api.resources.links import links, personal_links
from airflow_chilipiper.api.resources.meeting_types import meeting_types
from airflow_chilipiper.api.resources.meetings import meetings
from airflow_chilipiper.api.resources.routers import form_keys, handoff_routers, routers
from airflow_chilipiper.api.resources.users import search_users, users
from airflow_chilipiper.api.resources.workspaces import workspaces
from tests.drive import block
from tests.unit.api.handmade import Handmade

START = datetime(2026, 11, 2, tzinfo=UTC)
List = Callable[[Handmade], Any]


def _groups(runtime: Handmade) -> Any:
    return links(runtime, kinds=("Group",))


def _personal(runtime: Handmade) -> Any:
    return personal_links(runtime, "u-1")


def _found(runtime: Handmade) -> Any:
    return search_users(runtime, "jo")


WHOLE: list[tuple[List, Any]] = [
    (routers, {"routers": None}),
    (handoff_routers, {"routers": None}),
    (_groups, {"links": None}),
    (_personal, {"links": None}),
    (users, {"results": None, "total": 0}),
    (_found, {"results": None, "total": 0}),
    (workspaces, {"results": None, "total": 0}),
    (meeting_types, {"results": None}),
]
FORM = {"type": "ProcessedThirdPartyFormTrigger", "mapping": None, "email": "PersonEmail"}
PAGE = {"type": "ProcessedRouterLinkTrigger", "mapping": [None, {"dataField": "PersonTitle"}], "email": "PersonEmail"}
ROUTER = {"id": "r", "slug": "in", "formMapping": {"type": "ProcessedTriggers", "get": [FORM, PAGE, None]}}
INSIDE: list[tuple[List, Any]] = [
    (routers, {"routers": [{"workspaceId": "w", "router": ROUTER, "dataFields": None, "formFields": None}]}),
    (routers, {"routers": [{"router": ROUTER | {"formMapping": {"type": "ProcessedTriggers", "get": None}}}]}),
    (handoff_routers, [{"id": "h", "routing": {"rows": None}}]),
    (_groups, {"links": [{"linkId": "l", "meetingTypeIds": None, "assignments": None, "members": None}]}),
    (users, {"results": [{"id": "u", "workspaces": None, "managedTeams": None}], "total": 1}),
    (workspaces, {"results": [{"id": "w", "name": "Sales", "users": None}], "total": 1}),
    (meeting_types, [{"id": "t", "reminders": None}]),
]


@pytest.mark.parametrize(("asked", "body"), WHOLE)
def test_a_null_list_is_empty(asked: List, body: Any) -> None:
    assert block(asked(Handmade(body))) == []


@pytest.mark.parametrize(("asked", "body"), INSIDE)
def test_a_null_array_of_a_row_is_empty(asked: List, body: Any) -> None:
    assert len(block(asked(Handmade(body)))) == 1


def test_a_trigger_whose_mapping_is_null_reads_the_email() -> None:
    (router,) = block(routers(Handmade({"routers": [{"router": ROUTER}]})))
    assert form_keys(router, "ThirdPartyForm") == ["PersonEmail"]
    assert form_keys(router, "RouterLink") == ["PersonTitle", "PersonEmail"]


def test_a_null_list_of_meetings_is_not_empty() -> None:
    """What is taken for no meeting frees a lead to be booked again."""
    runtime = Handmade({"data": {"list": None}, "hasMore": "No"})
    with pytest.raises(Unreadable):
        block(meetings(runtime, start=START, end=START + timedelta(days=1)))
