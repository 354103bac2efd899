"""Copies of the modules that decide, in which texts may be replaced by others."""

from __future__ import annotations

import builtins
import inspect
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from importlib import import_module
from types import CodeType, ModuleType
from typing import Any, NamedTuple

import pytest

from airflow_chilipiper.api.retry import with_retries
from airflow_chilipiper.booking.ledger import entry as shared
from airflow_chilipiper.booking.ledger.entry import Conflict, LedgerFailed, MeetingTaken
from tests.protocol.choices import Broken

PACKAGE = "airflow_chilipiper."
COPIED = (
    *("api.http.answer", "api.resources.pages", "api.resources.meetings"),
    *("booking.ledger.entry", "booking.ledger.store", "booking.ledger.memory", "booking.ledger.person"),
    *("booking.doubt.bounds", "booking.doubt.evidence", "booking.doubt.meeting_search", "booking.doubt.routing_log"),
    *("booking.doubt.reconcile", "booking.doubt.sweep", "booking.policy", "booking.lead", "booking.outcome_rules"),
    *("booking.record_answer", "booking.book"),
)
SHARED = {each.__name__: each for each in (LedgerFailed, MeetingTaken, Conflict)}
KNOWN = SHARED | {each.__name__: each for each in (replace, with_retries)}


class Change(NamedTuple):
    """What one module says *instead* of a text that is there exactly once; it may use the names in KNOWN."""

    module: str
    text: str
    instead: str

    def made(self, source: str) -> str:
        assert source.count(self.text) == 1, f"{self.module} has {source.count(self.text)} times {self.text!r}"
        return source.replace(self.text, self.instead)


class Mutant(NamedTuple):
    """A change that breaks a *law*, a pattern, and by name the scenario in which that is seen.

    If there is more than one safeguard against the same harm, the others are taken out `also`.
    """

    module: str
    text: str
    instead: str
    law: str
    scenario: str
    also: Sequence[Change] = ()

    @property
    def changes(self) -> tuple[Change, ...]:
        return (Change(self.module, self.text, self.instead), *self.also)


UNCHECKED = Change("booking.ledger.entry", "if self.state not in transition.sources:", "if False:")
"""An entry that may be changed from any state, where it is a flow's own check that is to be seen."""


class Copies:
    """One fresh copy of each of them, with these changes. `stand_ins` are imported in place of modules of that name.

    All copies mean the same errors of a ledger as the tests do.
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
                copy.__dict__.update(SHARED)
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


@contextmanager
def caught(mutant: Mutant) -> Iterator[None]:
    """What is done with the broken copy breaks its law."""
    with pytest.raises(Broken) as broken:
        yield
    assert re.search(mutant.law, broken.value.law), f"{broken.value} instead of {mutant.law}"
