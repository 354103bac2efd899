"""An endpoint reads what it documents, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_chilipiper.sandbox.http.call import Call
from airflow_chilipiper.sandbox.http.decoding import Shape
from airflow_chilipiper.sandbox.http.endpoint import endpoint
from tests.unit.sandbox.conftest import Edge

JSON = {"Content-Type": "application/json"}


def test_an_undocumented_query_parameter_is_refused(edge: Edge) -> None:
    answer = edge.get("/v1/org/workspace", params={"limit": "5"})

    assert (answer.status_code, answer.text) == (400, "Invalid value for: query parameter limit")


def test_a_body_must_say_that_it_is_json(edge: Edge) -> None:
    answer = edge.post("/v1/org/concierge/routers/inbound-demo/rest", content=b'{"form":{}}')

    assert (answer.status_code, answer.text) == (400, "Invalid value for: header Content-Type")


@pytest.mark.parametrize(
    ("sent", "text"),
    [
        ({"content": b""}, None),
        ({"json": {}}, None),
        ({"json": {"workspaceId": None}}, None),
        ({"content": b"null", "headers": JSON}, None),
        ({"content": b"{}"}, "header Content-Type"),
        ({"json": {"workspace": "ws-sales"}}, "body (DecodingFailure at .workspace)"),
    ],
)
def test_an_optional_body_may_be_left_out_and_is_read_where_it_is_there(
    edge: Edge, sent: dict[str, Any], text: str | None
) -> None:
    answer = edge.post("/v1/org/concierge/routers/concierge/list", **sent)

    assert (answer.status_code, text and answer.text) == (400 if text else 200, text and f"Invalid value for: {text}")


def test_a_body_that_is_not_documented_is_ignored(edge: Edge) -> None:
    assert edge.request("GET", "/v1/org/health/ping", content=b"{").json() == "ok"


def test_all_that_is_documented_stands_at_the_handler() -> None:
    class Query(Shape):
        page_size: int = 10

    def handler(tenant: Any, call: Call, query: Query) -> int:
        return query.page_size

    handler.__annotations__["query"] = Query
    made = endpoint("GET", "/v1/org/{id}", operation="thing-get", permission="thing.read and thing.more")(handler)

    assert (made.method, made.path, made.operation) == ("GET", "/v1/org/{id}", "thing-get")
    assert made.permissions == ("thing.read", "thing.more")
    assert made.query_names == ("pageSize",)
    call = Call("thing-get", "GET", "/v1/org/x", {"id": "x"}, {"pageSize": "3"}, b"", {})
    assert made.answer(None, call) == 3
