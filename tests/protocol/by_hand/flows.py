"""The whole booking flow as one fresh copy of its modules, of which one may be broken."""

from __future__ import annotations

import builtins
import inspect
from collections.abc import Callable, Coroutine
from dataclasses import replace
from functools import cache
from importlib import import_module
from types import CodeType, ModuleType
from typing import Any, NamedTuple

from airflow_chilipiper.api.retry import with_retries
from airflow_chilipiper.booking.doubt.bounds import Bounds
from airflow_chilipiper.booking.doubt.routing_log import RoutingLog
from airflow_chilipiper.booking.lead import Lead
from airflow_chilipiper.booking.ledger.entry import Conflict, LedgerFailed, MeetingTaken
from airflow_chilipiper.booking.outcome import Outcome

PACKAGE = "airflow_chilipiper."
COPIED = (
    *(
        "api.http.answer",
        "api.resources.pages",
        "api.resources.meetings",
        "booking.doubt.bounds",
        "booking.doubt.evidence",
        "booking.doubt.meeting_search",
    ),
    *("booking.lead", "booking.outcome_rules", "booking.doubt.reconcile", "booking.record_answer", "booking.book"),
)
FEWER_WINDOWS = {"api.resources.meetings": ("WINDOW = timedelta(days=6)", "WINDOW = timedelta(days=45)")}
KNOWN = {each.__name__: each for each in (replace, with_retries, LedgerFailed, MeetingTaken, Conflict)}


class Flow(NamedTuple):
    """What a test needs of the copy."""

    book: Callable[..., Coroutine[Any, Any, Outcome]]
    lead: type[Lead]
    bounds: type[Bounds]
    routing_log: type[RoutingLog]
    read: Callable[..., Any]


def a_flow(broken: str = "", *changes: tuple[str, str], log: ModuleType | None = None) -> Flow:
    """A copy in which module *broken* has each text, which is there once, replaced by another.

    Broken text may use the names in KNOWN. *log* stands in for the module that reads Concierge's routing log. The
    meeting list is asked for more days at once than in truth, which changes nothing but how often.
    """
    copies: dict[str, ModuleType] = {PACKAGE + "api.resources.routing_log": log} if log else {}

    def copied(name: str) -> ModuleType:
        if name not in copies:
            copies[name] = copy = ModuleType(name)
            code = _code(name, changes if name == PACKAGE + broken else ())
            copy.__dict__.update(KNOWN, __builtins__={**vars(builtins), "__import__": importing})
            exec(code, copy.__dict__)  # noqa: S102  # our own source
        return copies[name]

    def importing(name: str, *facts: Any) -> Any:
        wanted = name in copies or name.removeprefix(PACKAGE) in COPIED
        return copied(name) if wanted else builtins.__import__(name, *facts)

    book, lead, bounds, search, answer = (copied(PACKAGE + name) for name in _ENTRIES)
    return Flow(book.book, lead.Lead, bounds.Bounds, search.RoutingLog, answer.read)


_ENTRIES = ("booking.book", "booking.lead", "booking.doubt.bounds", "booking.doubt.meeting_search", "api.http.answer")


@cache
def _code(name: str, changes: tuple[tuple[str, str], ...]) -> CodeType:
    source = inspect.getsource(import_module(name))
    fewer = FEWER_WINDOWS.get(name.removeprefix(PACKAGE))
    for text, instead in (*changes, *([fewer] if fewer else [])):
        assert source.count(text) == 1, f"{name} has the text to replace {source.count(text)} times: {text}"
        source = source.replace(text, instead)
    return compile(source, f"{'broken ' if changes else ''}{name}", "exec")
