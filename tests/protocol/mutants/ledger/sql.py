"""A SQL ledger of the program as it is now, over an empty table; and what happens in the middle of its transactions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy import event

if TYPE_CHECKING:
    from airflow_chilipiper.booking.ledger.entry import Entry
    from airflow_chilipiper.booking.ledger.sql.ledger import SqlLedger

Open = Callable[..., sa.engine.Engine]


def ledger_over(engine: sa.engine.Engine) -> SqlLedger:
    from airflow_chilipiper.booking.ledger.sql.ledger import SqlLedger

    return SqlLedger(engine, sleep=lambda seconds: None)


def new_ledger(open_engine: Open) -> SqlLedger:
    """Its table is made without the proof at the start, which would refuse some of the mutants by itself."""
    from airflow_chilipiper.booking.ledger.sql.table import LedgerTable

    table = LedgerTable().entries
    with open_engine().begin() as db:
        table.drop(db, checkfirst=True)
        table.create(db)
    return ledger_over(open_engine())


def created(ledger: SqlLedger, keys: str) -> Sequence[Entry]:
    from airflow_chilipiper.booking.ledger.entry import Entry, new_version

    return ledger.get_or_create([Entry(key=key * 64, purpose="spring", version=new_version()) for key in keys])


def updated(ledger: SqlLedger, *entries: Entry) -> list[bool]:
    """Which of them the ledger says are on record now."""
    return [not isinstance(answer, Exception) for answer in ledger.update(entries)]


def on_record(open_engine: Open, entry: Entry) -> Entry:
    return ledger_over(open_engine()).get([entry.key])[entry.key]


def before(engine: sa.engine.Engine, word: str, act: Callable[[], Any], *, at: Sequence[int] = (1,)) -> None:
    """Have *act* happen right before the first, or the nth, statement of this engine that begins with *word*."""
    seen = 0

    def strike(db: Any, cursor: Any, text: str, *rest: Any) -> None:
        nonlocal seen
        if text.startswith(word):
            seen += 1
            if seen in at:
                act()

    event.listen(engine, "before_cursor_execute", strike)
