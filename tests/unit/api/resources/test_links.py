"""Links of five kinds, and one found by the address of its page."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_chilipiper.api.call import Call
from airflow_chilipiper.api.errors import Invalid, Unreadable
from airflow_chilipiper.api.resources.links import find_link, links, personal_links, scheduling_link_list
from tests.drive import block
from tests.unit.api.handmade import Handmade

URL = "https://acme.chilipiper.com/round-robin/demo"
ROW = {
    "workspaceId": "w1",
    "linkId": "b7c8d9e0",
    "name": "Demo",
    "slug": "demo",
    "meetingTypeIds": ["m1"],
    "bookingUrl": URL,
}
PERSONAL = {
    "slug": "jane",
    "meetingTypeId": "m9",
    "meetingTypeName": "Intro",
    "bookingUrl": "https://acme.chilipiper.com/me/jane",
}


def test_one_call_for_each_kind_with_a_body_and_no_empty_filter() -> None:
    runtime = Handmade({"links": [ROW]}, {"links": None}, {}, {"links": []})
    found = block(links(runtime))
    assert [(call.operation, call.method, call.path, call.body) for call in runtime.calls] == [
        (f"scheduling-link-list-{kind}", "POST", f"/v1/org/schedulingLinks/list-{kind}", {})
        for kind in ("round-robin", "ownership", "group", "admin-one-on-one")
    ]
    assert {(call.permission, call.repeatable) for call in runtime.calls} == {("scheduling-links.read", True)}
    assert (found[0].kind, found[0].link_id, found[0].workspace_id, found[0].meeting_type_ids) == (
        "RoundRobin", "b7c8d9e0", "w1", ("m1",),
    )  # fmt: skip
    assert found[0].raw == ROW
    assert "raw" not in repr(found[0])


def test_filters_are_sent_where_given() -> None:
    call = scheduling_link_list("Group", workspace_ids=("w1",), slugs=("demo",))
    assert call.body == {"filterWorkspaceIds": ["w1"], "filterLinkSlugs": ["demo"]}


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(Invalid, match="link kind is 'Personal', expected one of RoundRobin, Ownership"):
        scheduling_link_list("Personal")


def test_personal_links_have_no_id_of_their_own() -> None:
    runtime = Handmade({"links": [PERSONAL]})
    (link,) = block(personal_links(runtime, "../x"))
    assert (link.kind, link.link_id, link.name, link.meeting_type_ids) == ("Personal", None, "Intro", ("m9",))
    assert link.reference == {"type": "Personal", "slug": "jane"}
    call = runtime.calls[0]
    assert (call.operation, call.permission, call.method) == ("scheduling-link-list-personal-v2", "user.read", "GET")
    assert call.path == "/v1/org/schedulingLinks/list-personal-v2/..%2Fx"


@pytest.mark.parametrize("kind", ["RoundRobin", "Ownership", "Group", "AdminOneOnOne"])
def test_the_reference_is_what_a_booking_takes(kind: str) -> None:
    (link,) = block(links(Handmade([ROW | {"meetingTypeIds": None}]), kinds=(kind,)))
    assert link.reference == {"type": kind, "linkId": "b7c8d9e0"}
    assert link.meeting_type_ids == ()


@pytest.mark.parametrize("row", ["x", ROW | {"linkId": {"a": 1}}])
def test_another_shape_is_unreadable(row: Any) -> None:
    with pytest.raises(Unreadable, match="a RoundRobin link"):
        block(links(Handmade([row])))


@pytest.mark.parametrize(
    "asked",
    [
        URL,
        "http://acme.chilipiper.com/round-robin/demo/",
        "ACME.chilipiper.com/round-robin/demo?utm=x#top",
        " //Acme.ChiliPiper.com:443/round-robin/%64emo ",
    ],
)
def test_a_link_is_found_by_its_page_however_it_is_written(asked: str) -> None:
    other = ROW | {"linkId": "other", "bookingUrl": "https://acme.chilipiper.com/round-robin/Demo"}
    runtime = Handmade({"links": [other, {"name": "no url"}, ROW]})
    assert block(find_link(runtime, asked)).link_id == "b7c8d9e0"
    assert len(runtime.calls) == 1


def by_kind(call: Call[Any]) -> Any:
    return {"links": [PERSONAL]} if call.path.endswith("/u2") else {"links": []}


def test_personal_links_are_searched_last_and_only_of_named_users() -> None:
    runtime = Handmade(by=by_kind)
    assert block(find_link(runtime, PERSONAL["bookingUrl"], users=("u1", "u2", "u3"))).slug == "jane"
    assert [call.path.rpartition("/")[2] for call in runtime.calls[4:]] == ["u1", "u2"]


def test_no_such_link_is_an_error_without_the_query() -> None:
    with pytest.raises(Invalid) as wrong:
        block(find_link(Handmade(by=by_kind), f"{URL}?email=jo@example.com", users=("u1",)))
    assert str(wrong.value).startswith("no link has the booking_url acme.chilipiper.com/round-robin/demo: looked among")
    assert "1 named users" in str(wrong.value)


@pytest.mark.parametrize("url", ["", "  ", "/demo", "https://", "http://[", "mailto:jo"])
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(Invalid, match="booking_url"):
        block(find_link(Handmade(by=lambda call: []), url))
