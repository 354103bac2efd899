"""Protocols that lack one safeguard each, to show that the judge can tell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from airflow_chilipiper.api.call import Call
from airflow_chilipiper.api.errors import NoAnswer, NotSent
from airflow_chilipiper.api.http.client import AwaitingClient
from airflow_chilipiper.booking.ledger.entry import Row
from airflow_chilipiper.booking.ledger.sql.ledger import SqlLedger
from airflow_chilipiper.booking.ledger.store import Answer

T = TypeVar("T")


class FreesSent(SqlLedger):
    """Whoever starts again takes a booking call that nobody answered for one that was not made."""

    def begin(self, rows: Sequence[Row], /) -> Sequence[Row]:
        return [replace(row, state="planned") if row.state == "sent" else row for row in super().begin(rows)]


class ComparesNothing(SqlLedger):
    """Writes a mark over whatever stands there by now."""

    def mark(self, rows: Sequence[Row], /) -> Sequence[Answer]:
        now = self.look({row.key for row in rows})
        return super().mark([replace(row, replaces=now[row.key].mark) for row in rows])


class TrustsSilence(AwaitingClient):
    """Takes a lost answer for proof that nothing was sent."""

    async def ask(self, call: Call[T]) -> T:
        try:
            return await super().ask(call)
        except NoAnswer as silence:
            raise NotSent(str(silence)) from silence


LEDGERS: Mapping[str | None, type[SqlLedger]] = {"frees-sent": FreesSent, "compares-nothing": ComparesNothing}
CLIENTS: Mapping[str | None, type[AwaitingClient]] = {"trusts-silence": TrustsSilence}
BROKEN = (*LEDGERS, *CLIENTS)
