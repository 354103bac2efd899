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


@dataclass(frozen=True, kw_only=True)
class Services:
    """`push` puts a value into XCom, or nowhere; `sql_hook` takes a connection and the argument that named it;
    `open_ledger` takes the ledger's connection and the number of the try.
    """

    sender: Sender
    log: Log
    push: Callable[[str, Any], object]
    open_ledger: Callable[[str | None, int], Ledger]
    sql_hook: Callable[[str | None, str], SqlHook]
