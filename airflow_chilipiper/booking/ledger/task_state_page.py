"""What one key of the task state store holds: the head, which counts the pages, or a page of records."""

from __future__ import annotations

import json
from dataclasses import fields
from typing import Any

from airflow_chilipiper.booking.ledger.entry import STATES, Entry, LedgerFailed, Unfit

PREFIX = "__chilipiper__/"
HEAD = f"{PREFIX}head"
VERSION = 3
MOST_BYTES = 60_000  # of a value; Airflow takes 65,535
DEFAULTS = {field.name: field.default for field in fields(Entry) if field.name != "replaces"}
OLDER = (
    "{key} in the task state store was written by an older airflow-provider-chilipiper: it has version {found}, and"
    " this one works with version {known} alone; it is left as it is. Install the older one again and let this task"
    " instance run until nobody in it is in doubt, or start another DAG run: that one has a ledger of its own, which"
    " knows nobody of this one, so leave out whom this one has booked or left in doubt"
)
NEWER = (
    "{key} in the task state store was written by a newer airflow-provider-chilipiper: it has version {found}, and"
    " this one works with version {known} alone; it is left as it is. Install the newer one here too"
)

Record = dict[str, Any]


def record_of(entry: Entry) -> Record:
    """Of the entry what differs from the defaults; Unfit if no page takes it."""
    record = {name: getattr(entry, name) for name, default in DEFAULTS.items() if getattr(entry, name) != default}
    if size_of(record) + EMPTY > MOST_BYTES:
        raise Unfit(f"an entry of {size_of(record)} bytes does not fit the task state store")
    try:
        json.dumps(record, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, TypeError) as error:
        raise Unfit(f"an entry cannot be stored: {reason_of(error)}") from error
    return record


def size_of(value: Any) -> int:
    """As Airflow counts and stores it: escaped, with a space after each comma. The two bytes are the comma's."""
    return len(json.dumps(value)) + 2


def reason_of(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:300]


def page_key(number: int) -> str:
    return f"{PREFIX}{number}"


def head_with(pages: int, **facts: str) -> dict[str, Any]:
    return {"version": VERSION, "pages": pages, **facts}


def page_with(records: list[Record]) -> dict[str, Any]:
    return {"version": VERSION, "entries": records}


EMPTY = size_of(page_with([]))


def pages_in(head: Any) -> int:
    """How many pages *head* counts; without one there are none."""
    pages = 0 if head is None else _checked(HEAD, head).get("pages")
    if not isinstance(pages, int):
        raise _not_ours(HEAD)
    return pages


def entries_in(page: Any, key: str) -> list[Entry]:
    records = _checked(key, page).get("entries")
    try:
        entries = [Entry(**record) for record in records]  # type: ignore[union-attr]
    except TypeError as odd:
        raise _not_ours(key) from odd
    if any(entry.state not in STATES for entry in entries):
        raise _not_ours(key)
    return entries


def _checked(key: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict) or not isinstance(value.get("version"), int):
        raise _not_ours(key)
    if (found := value["version"]) != VERSION:
        raise LedgerFailed((OLDER if found < VERSION else NEWER).format(key=key, found=found, known=VERSION))
    return value


def _not_ours(key: str) -> LedgerFailed:
    return LedgerFailed(f"{key} in the task state store is not as this package writes it; it is left as it is")
