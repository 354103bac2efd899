"""An entry of a ledger after any change, also one that the protocol would never make."""

from __future__ import annotations

from dataclasses import replace
from secrets import token_hex
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from airflow_chilipiper.booking.ledger.entry import Entry


def changed(entry: Entry, state: Any, **facts: Any) -> Entry:
    return replace(entry, state=state, version=token_hex(16), replaces=entry.version, **facts)
