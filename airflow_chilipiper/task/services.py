"""What a booking task needs of the Airflow that it runs in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from airflow_chilipiper.booking.ledger.store import Ledger
from airflow_chilipiper.warehouse.results_table import Sender
from airflow_chilipiper.warehouse.session import SqlHook


class Log(Protocol):
    def info(self, event: str, /, *args: Any) -> Any: ...
    def warning(self, event: str, /, *args: Any) -> Any: ...


class OpenLedger(Protocol):
    def __call__(self, conn_id: str | None, /, *, try_number: int, part: str | None) -> Ledger: ...


@dataclass(frozen=True, kw_only=True)
class Services:
    """`push` puts a value into XCom, or nowhere; `sql_hook` takes a connection and the argument that named it;
    `open_ledger` takes the ledger's connection, the number of the try and what part of many the task is; `mapped` is
    that part where the task is a mapped one.
    """

    sender: Sender
    log: Log
    push: Callable[[str, Any], object]
    open_ledger: OpenLedger
    mapped: str | None = None
    sql_hook: Callable[[str | None, str], SqlHook]
