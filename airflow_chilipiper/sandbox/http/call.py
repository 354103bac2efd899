"""One request as an endpoint sees it, read strictly, and as it stays on record."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from airflow_chilipiper.sandbox.http.answers import Refused, text_answer
from airflow_chilipiper.sandbox.http.decoding import Decoder, Undecodable


@dataclass(slots=True)
class Quirks:
    """What a fault wants a booking call to run into."""

    steal_slot: bool = False
    fail_with: str | None = None
    commit_delay: float | None = None


@dataclass(slots=True)
class Call:
    operation: str
    method: str
    path: str
    ids: Mapping[str, str]
    query: Mapping[str, str]
    content: bytes
    headers: Mapping[str, str]
    quirks: Quirks = field(default_factory=Quirks)

    def read(self, decoder: Decoder) -> Any:
        """The body; 400 text/plain when it is not JSON or not of the documented shape."""
        if not self.headers.get("content-type", "").startswith("application/json"):
            raise _invalid("header Content-Type")
        try:
            return decoder(json.loads(self.content), "")
        except ValueError as error:
            raise _invalid("body") from error
        except Undecodable as error:
            raise _invalid(f"body ({error})" if str(error) else "body") from error

    def text(self, name: str, *, needed: bool = False) -> str | None:
        value = self.query.get(name)
        if value == "" or (needed and value is None):
            raise _invalid(f"query parameter {name}")
        return value

    def value(self, name: str, decoder: Decoder) -> Any:
        """A query parameter that must be there and decode."""
        try:
            return decoder(self.query.get(name), "")
        except Undecodable as error:
            raise _invalid(f"query parameter {name}") from error

    def number(self, name: str, *, default: int, least: int, most: int) -> int:
        value = self.query.get(name, str(default))
        if not value.isdecimal() or not least <= int(value) <= most:
            raise _invalid(f"query parameter {name}")
        return int(value)

    def check_query(self, known: tuple[str, ...]) -> None:
        for name in self.query:
            if name not in known:
                raise _invalid(f"query parameter {name}")

    def body(self) -> Any:
        """The body for the record: JSON where it is JSON."""
        try:
            return json.loads(self.content) if self.content else None
        except ValueError:
            return self.content.decode(errors="replace")


@dataclass(frozen=True, slots=True)
class CallRecord:
    """`status` is None when no answer, or not all of it, was sent; `fault` names what was armed for this call."""

    operation: str
    method: str
    path: str
    body: Any
    status: int | None
    fault: str | None
    at: float


def _invalid(what: str) -> Refused:
    return Refused(text_answer(f"Invalid value for: {what}"))
