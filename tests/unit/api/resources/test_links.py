"""Links of five kinds, and one found by the address of its page, or by its owner."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_chilipiper.api.call import Call
from airflow_chilipiper.api.errors import Invalid, NotAllowed, Unreadable
from airflow_chilipiper.api.resources.links import (
    Link,
    find_link,
    find_personal_link,
    links,
    personal_links,
    scheduling_link_list,
)
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
    assert link.named == {"type": "Personal", "owner": "../x", "slug": "jane"}
    call = runtime.calls[0]
    assert (call.operation, call.permission, call.method) == ("scheduling-link-list-personal-v2", "user.read", "GET")
    assert call.path == "/v1/org/schedulingLinks/list-personal-v2/..%2Fx"


@pytest.mark.parametrize("kind", ["RoundRobin", "Ownership", "Group", "AdminOneOnOne"])
def test_a_link_is_named_as_a_booking_takes_it(kind: str) -> None:
    (link,) = block(links(Handmade([ROW | {"meetingTypeIds": None}]), kinds=(kind,)))
    assert link.named == {"type": kind, "linkId": "b7c8d9e0"}
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


@pytest.mark.parametrize(
    ("link", "missing"), [(Link(kind="Group", slug="demo"), "no id"), (Link(kind="Personal", owner_id="u1"), "no slug")]
)
def test_a_link_that_the_list_does_not_name_cannot_be_referred_to(link: Link, missing: str) -> None:
    with pytest.raises(Invalid, match=f"{missing} for this link, so it cannot be referred to: give link="):
        _ = link.named


JOE, JANE, ALICE = (
    {"id": f"u{number}", "name": name, "email": f"{name}@acme.example", "slug": name}
    for number, name in enumerate(("joe", "jane", "alice"), 1)
)


def by_kind(call: Call[Any]) -> Any:
    if call.operation in ("workspace-list-users", "user-find"):
        return {"results": [JOE, JANE, {**ALICE, "slug": None}], "total": 3}
    return {"links": [PERSONAL]} if call.path.endswith("/u2") else {"links": []}


def test_personal_links_are_searched_last_and_only_of_whom_the_address_names() -> None:
    runtime = Handmade(by=by_kind)
    found = block(find_link(runtime, PERSONAL["bookingUrl"]))
    assert found.named == {"type": "Personal", "owner": "u2", "slug": "jane"}
    assert [call.path.rpartition("/")[2] for call in runtime.calls[4:]] == ["users", "u2"]


def test_no_such_link_is_an_error_without_the_query() -> None:
    with pytest.raises(Invalid) as wrong:
        block(find_link(Handmade(by=by_kind), f"{URL}?email=jo@example.com"))
    assert str(wrong.value).startswith("no link has the booking_url acme.chilipiper.com/round-robin/demo: looked among")
    assert "the personal links of the 0 users whose slug the address has" in str(wrong.value)
    assert "jo@" not in str(wrong.value)


def test_a_token_that_may_not_list_users_finds_no_personal_link_and_says_so() -> None:
    def refused(call: Call[Any]) -> Any:
        if call.operation == "workspace-list-users":
            raise NotAllowed("no", status=403)
        return by_kind(call)

    with pytest.raises(Invalid, match=r"no personal ones, since the token may not list users \(workspace\.read\)"):
        block(find_link(Handmade(by=refused), PERSONAL["bookingUrl"]))


def test_a_personal_link_is_found_by_its_owner_and_slug() -> None:
    found = block(find_personal_link(Handmade(by=by_kind), ("Jane@acme.example", "jane")))
    assert found.named == {"type": "Personal", "owner": "u2", "slug": "jane"}


@pytest.mark.parametrize(
    ("owner", "slug", "listed", "complaint"),
    [
        ("nobody@acme.example", "jane", [], "no user has exactly this e-mail"),
        (
            "jane@acme.example",
            "Jane",
            [PERSONAL],
            "no personal links of this owner have the slug 'Jane': there are jane",
        ),
        ("jane@acme.example", "jane", [], "no personal links of this owner have the slug 'jane': there are none"),
        ("jane@acme.example", "jane", [PERSONAL, PERSONAL], "2 personal links of this owner have the slug 'jane'"),
    ],
)
def test_what_names_no_personal_link_or_several_is_an_error(owner: str, slug: str, listed: Any, complaint: str) -> None:
    runtime = Handmade(by=lambda call: {"links": listed} if "personal" in call.operation else by_kind(call))
    with pytest.raises(Invalid, match=complaint) as wrong:
        block(find_personal_link(runtime, (owner, slug)))
    assert "@" not in str(wrong.value)


@pytest.mark.parametrize("url", ["", "  ", "/demo", "https://", "http://[", "mailto:jo"])
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(Invalid, match="booking_url"):
        block(find_link(Handmade(by=lambda call: []), url))
