"""Protocols that lack one safeguard each, to show that the judge can tell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from airflow_chilipiper.api.call import Call
from airflow_chilipiper.api.errors import NoAnswer, NotSent
from airflow_chilipiper.api.http.client import Client
from airflow_chilipiper.booking.ledger.entry import Entry
from airflow_chilipiper.booking.ledger.sql.ledger import SqlLedger
from airflow_chilipiper.booking.ledger.store import Answer

T = TypeVar("T")


class FreesSent(SqlLedger):
    """Whoever starts again takes a booking call that nobody answered for one that was not made."""

    def get_or_create(self, entries: Sequence[Entry], /) -> Sequence[Entry]:
        on_record = super().get_or_create(entries)
        return [replace(entry, state="planned") if entry.state == "sent" else entry for entry in on_record]


class ComparesNothing(SqlLedger):
    """Writes a change over whatever stands there by now."""

    def update(self, entries: Sequence[Entry], /) -> Sequence[Answer]:
        now = self.get({entry.key for entry in entries})
        return super().update([replace(entry, replaces=now[entry.key].version) for entry in entries])


class TrustsSilence(Client):
    """Takes a lost answer for proof that nothing was sent."""

    async def ask(self, call: Call[T]) -> T:
        try:
            return await super().ask(call)
        except NoAnswer as silence:
            raise NotSent(str(silence)) from silence


LEDGERS: Mapping[str | None, type[SqlLedger]] = {"frees-sent": FreesSent, "compares-nothing": ComparesNothing}
CLIENTS: Mapping[str | None, type[Client]] = {"trusts-silence": TrustsSilence}
BROKEN = (*LEDGERS, *CLIENTS)
