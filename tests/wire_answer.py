"""An answer as it comes over the wire, for flows that are answered by hand: the program's own reader reads it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from airflow_chilipiper.api.call import Call


class WireAnswer(NamedTuple):
    status: int
    content: str = ""
    kind: str = "application/json"
    headers: Mapping[str, str] = {}

    def read_for(self, call: Call[Any], read: Callable[..., Any]) -> Any:
        return read(call, self.status, {"content-type": self.kind, **self.headers}, self.content.encode())


def in_json(status: int, body: Any, **headers: str) -> WireAnswer:
    return WireAnswer(status, json.dumps(body), headers=headers)
