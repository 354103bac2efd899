"""Broken copies of the program: one safeguard is taken out, and all else is as it is."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from importlib.util import spec_from_file_location
from types import CodeType, ModuleType
from typing import Any, NamedTuple

import pytest

from tests.protocol.choices import Broken

PACKAGE = "airflow_chilipiper"


class Change(NamedTuple):
    """What one module (`booking.sql_ledger`) says *instead* of a text that is there exactly once."""

    module: str
    text: str
    instead: str

    def made(self, source: str) -> str:
        assert source.count(self.text) == 1, f"{self.module} has {source.count(self.text)} times {self.text!r}"
        return source.replace(self.text, self.instead)


class Mutant(NamedTuple):
    """Changes that break a *law*, and the scenario in which that does harm.

    The scenario imports inside itself what it uses of the program, since only so it gets the broken copy. More than one
    change means that the program has more than one safeguard against the same harm.
    """

    law: str
    scenario: Callable[..., None]
    changes: Sequence[Change]


def law(kept: bool, text: str) -> None:
    if not kept:
        raise Broken(text)


def catch(mutant: Mutant, *given: Any) -> None:
    """The scenario breaks no law with a copy that has no changes, and this one with the broken copy."""
    with broken():
        mutant.scenario(*given)
    with broken(*mutant.changes), pytest.raises(Broken, match=mutant.law):
        mutant.scenario(*given)


@contextmanager
def broken(*changes: Change) -> Iterator[None]:
    """Whatever is imported of the program within this block is a copy of it, with these changes.

    The copy that has none is made once.
    """
    sound, finder = _taken_out(), _Finder(changes)
    sys.meta_path.insert(0, finder)
    sys.modules.update({} if changes else _unchanged())
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
        copy = _taken_out()
        if not changes:
            _unchanged().update(copy)
        sys.modules.update(sound)


@cache
def _unchanged() -> dict[str, ModuleType]:
    return {}


def _taken_out() -> dict[str, ModuleType]:
    return {name: sys.modules.pop(name) for name in [*sys.modules] if name.partition(".")[0] == PACKAGE}


class _Finder(MetaPathFinder):
    def __init__(self, changes: Sequence[Change]) -> None:
        self._changes = changes

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> ModuleSpec | None:
        if fullname.partition(".")[0] != PACKAGE:
            return None
        found = PathFinder.find_spec(fullname, path)
        assert found is not None
        assert found.origin is not None
        changes = [change for change in self._changes if fullname == f"{PACKAGE}.{change.module}"]
        return spec_from_file_location(fullname, found.origin, loader=_Loader(fullname, found.origin, changes))


class _Loader(SourceFileLoader):
    def __init__(self, fullname: str, path: str, changes: Sequence[Change]) -> None:
        super().__init__(fullname, path)
        self._changes = changes

    def get_code(self, fullname: str) -> CodeType:
        source = self.get_source(fullname) or ""
        for change in self._changes:
            source = change.made(source)
        return _compiled(source, f"<broken {fullname}>" if self._changes else self.path)


@cache
def _compiled(source: str, name: str) -> CodeType:
    code: CodeType = compile(source, name, "exec", dont_inherit=True)
    return code
