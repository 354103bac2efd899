"""Airflow's task state store in memory: values of 64 kB at most, and the faults of what lies before it.

What comes from the package is imported where it is used, so that broken copies of it can be tested too.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from airflow_chilipiper.booking.ledger.entry import Entry
    from airflow_chilipiper.booking.ledger.store import Ledger
    from airflow_chilipiper.booking.ledger.task_state import TaskStateLedger

HEAD, FIRST, SECOND = "__chilipiper__/head", "__chilipiper__/0", "__chilipiper__/1"
FOREVER = object()
Arrive = Callable[[], None]


def calm(key: str, arrive: Arrive) -> None:
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
        self.on_set: Callable[[str, Arrive], None] = calm
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


class Clock:
    """It stands still until a test moves `now` on, so that a write seems slow."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def a_try(store: TaskStore, clock: Clock | None = None) -> TaskStateLedger:
    """The ledger as one more try of the task opens it."""
    from airflow_chilipiper.booking.ledger.task_state import TaskStateLedger

    return TaskStateLedger(store, retention=FOREVER, clock=clock or Clock())


def an_entry(number: int = 0, **facts: Any) -> Entry:
    from airflow_chilipiper.booking.ledger.entry import Entry, new_version

    return Entry(key=f"{number:064x}", purpose="spring", version=new_version(), **facts)


def entries_of(*numbers: int) -> list[Entry]:
    return [an_entry(number) for number in numbers]


def states(ledger: Ledger, *entries: Entry) -> list[str]:
    on_record = ledger.get([entry.key for entry in entries])
    return [on_record[entry.key].state if entry.key in on_record else "absent" for entry in entries]


def breaks(store: TaskStore, *, arrives: bool = False, times: int = 1) -> None:
    """The next writes of a page raise, and arrive or do not."""
    left = [None] * times

    def on_set(key: str, arrive: Arrive) -> None:
        if key != HEAD and left:
            left.pop()
            if arrives:
                arrive()
            raise ConnectionError("the supervisor is away")
        arrive()

    store.on_set = on_set
