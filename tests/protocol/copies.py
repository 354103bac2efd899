"""Copies of the modules that decide, in which texts may be replaced by others."""

from __future__ import annotations

import builtins
import inspect
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from importlib import import_module
from types import CodeType, ModuleType
from typing import Any, NamedTuple

from airflow_chilipiper.api.retry import with_retries
from airflow_chilipiper.booking.ledger import entry as shared
from airflow_chilipiper.booking.ledger.entry import Conflict, LedgerFailed, MeetingTaken

PACKAGE = "airflow_chilipiper."
COPIED = (
    *("api.http.answer", "api.resources.pages", "api.resources.meetings"),
    *("booking.ledger.entry", "booking.ledger.store", "booking.ledger.memory", "booking.ledger.person"),
    *("booking.doubt.bounds", "booking.doubt.evidence", "booking.doubt.meeting_search", "booking.doubt.routing_log"),
    *("booking.doubt.reconcile", "booking.doubt.sweep", "booking.policy", "booking.lead", "booking.outcome_rules"),
    *("booking.record_answer", "booking.book"),
)
KNOWN = {each.__name__: each for each in (replace, with_retries, LedgerFailed, MeetingTaken, Conflict)}


class Change(NamedTuple):
    """What one module says *instead* of a text that is there exactly once; it may use the names in KNOWN."""

    module: str
    text: str
    instead: str

    def made(self, source: str) -> str:
        assert source.count(self.text) == 1, f"{self.module} has {source.count(self.text)} times {self.text!r}"
        return source.replace(self.text, self.instead)


class Copies:
    """One fresh copy of each of them, with these changes. `stand_ins` are imported in place of modules of that name.

    All copies mean the same entries and errors as the tests do.
    """

    def __init__(self, *changes: Change, stand_ins: Mapping[str, ModuleType] = {}) -> None:
        self._changes = changes
        self._copies = {PACKAGE + name: module for name, module in stand_ins.items()}

    def __getattr__(self, name: str) -> Any:
        """What a module gives: `copies.book` is the flow of that name."""
        for module in COPIED:
            found = self.module(module).__dict__.get(name)
            if getattr(found, "__module__", None) == PACKAGE + module:
                self.__dict__[name] = found
                return found
        raise AttributeError(name)

    def module(self, name: str) -> ModuleType:
        full = PACKAGE + name
        if full not in self._copies:
            self._copies[full] = copy = ModuleType(full)
            copy.__dict__.update(KNOWN, __builtins__={**vars(builtins), "__import__": self._import})
            exec(_code(full, _changes_of(name, self._changes)), copy.__dict__)  # noqa: S102  # our own source
            if full == shared.__name__:
                copy.__dict__.update({each: kind for each, kind in vars(shared).items() if isinstance(kind, type)})
        return self._copies[full]

    def _import(self, name: str, *others: Any) -> Any:
        is_ours = name in self._copies or name.removeprefix(PACKAGE) in COPIED
        return self.module(name.removeprefix(PACKAGE)) if is_ours else builtins.__import__(name, *others)


def _changes_of(module: str, changes: Sequence[Change]) -> tuple[Change, ...]:
    return tuple(change for change in changes if change.module == module)


@cache
def _code(name: str, changes: tuple[Change, ...]) -> CodeType:
    source = inspect.getsource(import_module(name))
    for change in changes:
        source = change.made(source)
    return compile(source, f"{'broken ' if changes else ''}{name}", "exec")
