"""Airflow's task state store in memory: values of 64 kB at most, and what goes wrong on the way there."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

FOREVER = object()


def calm(key: str, arrive: Callable[[], None]) -> None:
    arrive()


class TaskStore:
    """`on_set` gets the key and what makes a write arrive; it may let it arrive never, now, later or twice, and raise.

    `replaced` is the store as a task instance sees it that another try has replaced.
    """

    def __init__(self) -> None:
        self.values: dict[str, str] = {}
        self.gets: list[str] = []
        self.sets: list[str] = []
        self.bytes = 0
        self.on_get: Callable[[str], object] = bool
        self.on_set: Callable[[str, Callable[[], None]], None] = calm
        self.replaced = False

    def get(self, key: str, /) -> Any:
        self.gets.append(key)
        self.on_get(key)
        return None if self.replaced or key not in self.values else json.loads(self.values[key])

    def set(self, key: str, value: Any, /, *, retention: Any) -> None:
        assert retention is FOREVER
        assert value is not None
        assert key.startswith("__chilipiper__")
        text = json.dumps(value, allow_nan=False)
        assert len(text) <= 65_535
        self.sets.append(key)
        self.bytes += len(text)
        if self.replaced:
            raise RuntimeError("API_SERVER_ERROR: 404 Task instance not found")
        self.on_set(key, lambda: self.values.update({key: text}))

    @property
    def calls(self) -> int:
        return len(self.gets) + len(self.sets)

    @property
    def pages(self) -> list[str]:
        return [key for key in self.values if not key.endswith("head")]
