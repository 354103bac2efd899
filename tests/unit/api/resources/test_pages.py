"""A list comes back whole, each item once, whatever the server makes of pages; or it is an error."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from airflow_chilipiper.api.call import Call
from airflow_chilipiper.api.errors import Unreadable
from airflow_chilipiper.api.resources.pages import MOST_PAGES, PAGE_SIZE, every, numbered
from tests.drive import block
from tests.unit.api.handmade import Handmade

Server = Callable[[Call[Any]], Any]


def row(body: Any) -> str:
    found: str = body["id"]
    return found


def listed(runtime: Handmade) -> list[str]:
    page = numbered("thing-list", "thing.read", "/things", row, {"of": "w 1"})
    return block(every(page, runtime, key=lambda item: item))


def things(*numbers: int) -> list[dict[str, str]]:
    return [{"id": f"t{number}"} for number in numbers]


def server(count: int, *, most: int = PAGE_SIZE, bare: bool = False, total: bool = True) -> Server:
    """One that keeps to the rules, or clamps the page size, or answers a bare array."""

    def answer(call: Call[Any]) -> Any:
        page, size = int(call.query["page"]), min(int(call.query["pageSize"]), most)
        found = things(*range(count))[page * size : (page + 1) * size]
        return (
            found if bare else {"results": found, "page": page, "pageSize": size} | ({"total": count} if total else {})
        )

    return answer


def test_pages_are_asked_for_from_zero_with_fifty_rows() -> None:
    runtime = Handmade(by=server(120))
    assert listed(runtime) == [f"t{number}" for number in range(120)]
    assert [call.query for call in runtime.calls] == [
        {"of": "w 1", "page": page, "pageSize": 50} for page in range(3)
    ]  # fmt: skip
    first = runtime.calls[0]
    assert (first.operation, first.permission, first.method, first.path, first.repeatable, first.body) == (
        "thing-list", "thing.read", "GET", "/things", True, None,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("count", "calls"), [(0, 1), (1, 1), (49, 1), (50, 1), (51, 2), (100, 2), (101, 3)]
)  # fmt: skip
def test_the_total_spares_the_last_look(count: int, calls: int) -> None:
    runtime = Handmade(by=server(count))
    assert len(listed(runtime)) == count
    assert len(runtime.calls) == calls


@pytest.mark.parametrize("bare", [True, False])
@pytest.mark.parametrize(("count", "calls"), [(0, 1), (49, 1), (50, 2), (51, 2), (100, 3)])
def test_without_a_total_a_short_page_is_the_last(count: int, calls: int, bare: bool) -> None:
    runtime = Handmade(by=server(count, bare=bare, total=False))
    assert len(listed(runtime)) == count
    assert len(runtime.calls) == calls


@pytest.mark.parametrize("total", [True, False])
def test_a_server_that_clamps_the_page_size_is_followed(total: bool) -> None:
    assert len(listed(Handmade(by=server(35, most=10, total=total)))) == 35


@pytest.mark.parametrize("body", [{"total": 0, "page": 0, "pageSize": 50}, {"results": None, "total": 3}, [], {}])
def test_missing_and_null_results_are_empty(body: Any) -> None:
    assert listed(Handmade(body)) == []


def test_a_server_that_ignores_pages_but_gives_everything_is_read_once() -> None:
    everything = things(*range(80))
    bare, counted = Handmade(everything, everything), Handmade({"results": everything, "total": 80})
    assert len(listed(bare)) == len(listed(counted)) == 80
    assert (len(bare.calls), len(counted.calls)) == (2, 1)


def test_a_server_that_repeats_itself_and_promises_more_is_unreadable() -> None:
    with pytest.raises(Unreadable, match="thing-list: the list says that there is more than 50, but shows no more"):
        listed(Handmade(by=lambda call: {"results": things(*range(50)), "total": 120}))


def test_pages_that_shift_while_being_read_bring_nothing_twice() -> None:
    first, second = things(*range(50)), things(*range(49, 60))
    found = listed(Handmade({"results": first, "total": 59}, {"results": second, "total": 60}))
    assert found == [f"t{number}" for number in range(60)]


def test_an_empty_page_ends_a_list_that_shrank() -> None:
    assert len(listed(Handmade({"results": things(*range(50)), "total": 51}, {"results": [], "total": 51}))) == 50


def test_an_endless_list_is_unreadable() -> None:
    def endless(call: Call[Any]) -> Any:
        start = int(call.query["page"]) * 50
        return {"results": things(*range(start, start + 50)), "total": 10**9}

    runtime = Handmade(by=endless)
    with pytest.raises(Unreadable, match=f"thing-list: more than {MOST_PAGES} pages; ask for less"):
        listed(runtime)
    assert len(runtime.calls) == MOST_PAGES


@pytest.mark.parametrize("body", ["ok", None, 5, {"results": {"id": "t1"}}, {"results": "t1"}])
def test_another_shape_is_unreadable(body: Any) -> None:
    with pytest.raises(Unreadable, match="thing-list: expected an array of results"):
        listed(Handmade(body))
