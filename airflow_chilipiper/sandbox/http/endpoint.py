"""An endpoint is a handler, and what is documented of it stands right above: method, path, operation, permission."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, get_args, get_type_hints

import msgspec

from airflow_chilipiper.sandbox.http.call import Call
from airflow_chilipiper.sandbox.http.decoding import Shape, decoder_of, invalid, read_body, read_query

ROOT = "/api/fire-edge"
Handler = Callable[..., Any]


class NoQuery(Shape):
    """Any query parameter is refused."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """`body` is None where a body is ignored; an optional one may be left out altogether."""

    method: str
    path: str
    operation: str
    permissions: tuple[str, ...]
    handler: Handler
    query: type[Shape]
    body: msgspec.json.Decoder[Any] | None
    body_is_optional: bool

    @property
    def query_names(self) -> tuple[str, ...]:
        return tuple(each.encode_name for each in msgspec.structs.fields(self.query))

    def answer(self, tenant: Any, call: Call) -> Any:
        """What the handler answers; 400 text/plain where query or body are not of the documented shape."""
        arguments: dict[str, Any] = {}
        query = read_query(self.query, call.query)
        if self.query is not NoQuery:
            arguments["query"] = query
        if self.body:
            arguments["body"] = self._read(self.body, call)
        return self.handler(tenant, call, **arguments)

    def _read(self, body: msgspec.json.Decoder[Any], call: Call) -> Any:
        if self.body_is_optional and not call.content:
            return None
        if not call.headers.get("content-type", "").startswith("application/json"):
            raise invalid("header Content-Type")
        return read_body(body, call.content)


def endpoint(method: str, path: str, *, operation: str, permission: str) -> Callable[[Handler], Endpoint]:
    """Make an endpoint of a handler `(tenant, call)`.

    A handler may take `body` and `query` too, in the shapes that its signature annotates them with.
    *permission* is one, or several joined by " and ".
    """

    def make(handler: Handler) -> Endpoint:
        shapes = get_type_hints(handler, include_extras=True)
        body = shapes.get("body")
        return Endpoint(
            method,
            path,
            operation,
            tuple(permission.split(" and ")),
            handler,
            query=shapes.get("query", NoQuery),
            body=None if body is None else decoder_of(body),
            body_is_optional=type(None) in get_args(body),
        )

    return make
