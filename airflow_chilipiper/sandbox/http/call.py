"""One request as an endpoint sees it, and as it stays on record."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Quirks:
    """What a fault wants a booking call to run into."""

    steal_slot: bool = False
    fail_with: str | None = None
    commit_delay: float | None = None


@dataclass(slots=True)
class Call:
    """`ids` are those in the path; body and query are handed to the endpoint in the shapes that it declares."""

    operation: str
    method: str
    path: str
    ids: Mapping[str, str]
    query: Mapping[str, str]
    content: bytes
    headers: Mapping[str, str]
    quirks: Quirks = field(default_factory=Quirks)

    def record(self, *, status: int | None, fault: str | None, at: float) -> CallRecord:
        return CallRecord(self.operation, self.method, self.path, self._body_as_sent(), status, fault, at)

    def _body_as_sent(self) -> Any:
        """JSON where it is JSON, else the text."""
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
