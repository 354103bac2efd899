"""The program with a safeguard taken out: what that touches is a fresh copy, and all else is the program as it is."""

from __future__ import annotations

import ast
import inspect
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import CodeType, ModuleType, SimpleNamespace
from typing import Any

import pytest

from airflow_chilipiper.api.retry import with_retries
from airflow_chilipiper.booking.ledger.entry import Conflict, LedgerFailed
from tests.imports import OURS, PACKAGE, imports, module_of
from tests.protocol.choices import Broken
from tests.protocol.mutant import Change, Mutant

ROOMS = ("api", "booking")  # what is copied; the rest of the program is not played
KNOWN = {each.__name__: each for each in (replace, with_retries, LedgerFailed, Conflict)}
PLAYED = {
    **dict.fromkeys(["not_booked", "booked", "abandon", "release", "NotResolved"], "booking.ledger.person"),
    "book": "booking.book",
    "sweep": "booking.doubt.sweep",
    "Bounds": "booking.doubt.bounds",
    "Concierge": "api.patterns.concierge",
    "Lead": "booking.lead",
    "MemoryLedger": "booking.ledger.memory",
    "Policy": "booking.policy",
    "RoutingLog": "booking.doubt.routing_log",
    "preview": "booking.outcome_rules",
    "read": "api.http.answer",
}


class Copies(SimpleNamespace):
    """The flows and what they are made of, with these changes: `copies.book` is the flow of that name."""

    def __init__(self, *changes: Change, stand_ins: Mapping[str, ModuleType] = {}) -> None:
        with program(*changes, stand_ins=stand_ins):
            super().__init__(**{name: getattr(import_module(f"{OURS}.{of}"), name) for name, of in PLAYED.items()})


@contextmanager
def program(*changes: Change, stand_ins: Mapping[str, ModuleType] = {}) -> Iterator[None]:
    """Whatever is imported of the program within this block has these changes, or is a stand-in for a module.

    Copies raise the program's own errors, so that tests know them.
    """
    replaced = {f"{OURS}.{name}": module for name, module in stand_ins.items()}
    sound = {name: import_module(name) for name in _touched({*replaced, *(f"{OURS}.{of}" for of, *_ in changes)})}
    imported, copier = _imported(), _Copier(sound, changes)
    for name, parent, child in _places(sound):
        del sys.modules[name]
        delattr(parent, child)
    _put(replaced)
    sys.meta_path.insert(0, copier)
    try:
        yield
    finally:
        sys.meta_path.remove(copier)
        _put(sound)
    assert not _imported() - imported, "what was imported here for the first time may hold a copy"


def _put(modules: Mapping[str, ModuleType]) -> None:
    for name, parent, child in _places(modules):
        sys.modules[name] = modules[name]
        setattr(parent, child, modules[name])


def _places(names: Iterable[str]) -> Iterator[tuple[str, ModuleType, str]]:
    """Each module is known by its name, and to its package."""
    for name in names:
        package, _, child = name.rpartition(".")
        yield name, sys.modules[package], child


def _imported() -> set[str]:
    """Outside the rooms: those within import nothing that was touched without being touched themselves."""
    return {name for name in sys.modules if name.startswith(f"{OURS}.") and name.split(".")[1] not in ROOMS}


def _touched(modules: set[str]) -> set[str]:
    """These, and all that imports them."""
    touched = set(modules)
    while more := {name for name, used in _imports().items() if used & touched} - touched:
        touched |= more
    return touched


@cache
def _imports() -> dict[str, set[str]]:
    files = {file: module_of(file) for room in ROOMS for file in (PACKAGE / room).rglob("*.py")}
    named = {
        f"{OURS}.{module}": [name for _, name in imports(ast.parse(file.read_text()), module, is_package)]
        for file, (module, is_package) in files.items()
    }
    return {
        module: {name if name in named else name.rpartition(".")[0] for name in names}
        for module, names in named.items()
    }


class _Copier(MetaPathFinder, Loader):
    """Makes the copies of these modules when they are imported."""

    def __init__(self, sound: Mapping[str, ModuleType], changes: tuple[Change, ...]) -> None:
        self._sound, self._changes = sound, changes

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> ModuleSpec | None:
        return ModuleSpec(fullname, self) if fullname in self._sound else None

    def exec_module(self, module: ModuleType) -> None:
        sound = self._sound[module.__name__]
        changes = tuple(change for change in self._changes if f"{OURS}.{change.module}" == module.__name__)
        module.__dict__.update(KNOWN)
        exec(_code(sound, changes), module.__dict__)  # noqa: S102  # our own source
        module.__dict__.update(_errors(sound))


def _errors(module: ModuleType) -> dict[str, object]:
    own = {name: each for name, each in vars(module).items() if getattr(each, "__module__", "") == module.__name__}
    return {name: each for name, each in own.items() if isinstance(each, type) and issubclass(each, BaseException)}


@cache
def _code(module: ModuleType, changes: tuple[Change, ...]) -> CodeType:
    source = inspect.getsource(module)
    for change in changes:
        source = change.made(source)
    return compile(source, f"{'broken ' if changes else ''}{module.__name__}", "exec", dont_inherit=True)


@contextmanager
def caught(law: str) -> Iterator[None]:
    """What is done with the broken copy breaks that law."""
    with pytest.raises(Broken) as broken:
        yield
    assert re.search(law, broken.value.law), f"{broken.value} instead of {law}"


def catch(mutant: Mutant, *given: Any) -> None:
    """Its scenario imports inside itself what it uses. It breaks no law in the program, and this one in the copy."""
    assert mutant.shown is not None
    broken, scenario = mutant.shown
    scenario(*given)
    with program(*mutant.changes), caught(broken):
        scenario(*given)
