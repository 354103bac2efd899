"""The protocol as it is in the package, and broken copies of it."""

from __future__ import annotations

import builtins
import inspect
from importlib import import_module
from types import ModuleType
from typing import Any

from airflow_chilipiper.booking.ledger import entry as ledger

PACKAGE = "airflow_chilipiper.booking"
NAMES = (
    *(
        "ledger.entry",
        "ledger.store",
        "ledger.memory",
        "doubt.bounds",
        "doubt.evidence",
        "doubt.meeting_search",
        "lead",
    ),
    *("doubt.reconcile", "record_answer", "book", "doubt.sweep", "ledger.person"),
)
MODULES = [import_module(f"{PACKAGE}.{name}") for name in NAMES]  # each after those that it imports


class Protocol:
    """Copies of the modules that decide, one of them with *text* replaced by *instead*."""

    def __init__(self, text: str = "", instead: str = "") -> None:
        sources = {module.__name__: inspect.getsource(module) for module in MODULES}
        found = [name for name, source in sources.items() if text and text in source]
        assert not text or (len(found) == 1 and sources[found[0]].count(text) == 1), f"{text!r} is in {found}"
        self._copies: dict[str, ModuleType] = {}
        for module in MODULES:
            source = sources[module.__name__]
            self._add(module, source.replace(text, instead) if text else source)

    def _add(self, module: ModuleType, source: str) -> None:
        copy = ModuleType(module.__name__)
        copy.__dict__["__builtins__"] = {**vars(builtins), "__import__": self._import}
        exec(compile(source, f"copy of {module.__name__}", "exec"), copy.__dict__)  # noqa: S102  # our own source
        if module is ledger:  # all must mean the same entries and errors
            shared = {name: kind for name, kind in vars(ledger).items() if isinstance(kind, type)}
            copy.__dict__.update(shared)
        self._copies[module.__name__] = copy

    def _import(self, name: str, *others: Any) -> Any:
        return self._copies.get(name) or builtins.__import__(name, *others)

    def __getattr__(self, name: str) -> Any:
        """What a module gives: `protocol.book` is the flow of that name."""
        for copy in self._copies.values():
            if getattr(copy.__dict__.get(name), "__module__", None) == copy.__name__:
                return copy.__dict__[name]
        raise AttributeError(name)
