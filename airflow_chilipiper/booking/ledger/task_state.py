"""The ledger in Airflow's task state store, where it outlives a retry, a SIGKILL and a clear of its task instance.

Another DAG run, or another task, does not see it.
"""

from __future__ import annotations

import time
from collections import ChainMap
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from airflow_chilipiper.booking.ledger.entry import Entry, LedgerFailed, Unfit
from airflow_chilipiper.booking.ledger.memory import MemoryLedger
from airflow_chilipiper.booking.ledger.store import Answer, AtHand
from airflow_chilipiper.booking.ledger.task_state_log import Store, TaskStateLog
from airflow_chilipiper.booking.ledger.task_state_page import record_of

MOST_LEADS = 25_000


class TaskStateLedger(AtHand):
    """The ledger of one task instance, in its *store*: up to 25,000 leads, and one process at a time.

    What was read or written is remembered, since nobody else writes there: a task instance that was replaced can still
    read, and finds nothing, but its writes fail. Only a write that returned counts.
    """

    def __init__(self, store: Store, *, retention: Any, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._log = TaskStateLog(store, retention=retention, clock=clock)
        self._entries: dict[str, Entry] | None = None
        self._holders: dict[str, str] = {}
        self._overruling: list[Entry] = []

    def get_or_create(self, entries: Sequence[Entry], /) -> Sequence[Entry]:
        """What is on record for these keys; what was absent is inserted as given, the first of equals."""
        with self._lock:
            known = self._open()
            absent = {entry.key: entry for entry in reversed(entries) if entry.key not in known}
            if absent and len(known) + len(absent) > MOST_LEADS:
                raise LedgerFailed(
                    f"the task state store is meant for {MOST_LEADS} leads of one task instance, and there are more;"
                    " book fewer in one task, or set ledger_conn_id to a database"
                )
            for entry in absent.values():
                record_of(entry)
            self._append(known, list(absent.values()))
            return [known[entry.key] for entry in entries]

    def update(self, entries: Sequence[Entry], /) -> Sequence[Answer]:
        """Change each entry if its version is still the one that was read, and answer for each.

        An entry is judged as if those before it in its group were on record.
        """
        with self._lock:
            known = self._open()
            draft = MemoryLedger(ChainMap({}, known), ChainMap({}, self._holders))
            answers = [_refusal(entry, known) or draft.update([entry])[0] for entry in entries]
            self._append(known, [answer for answer in answers if isinstance(answer, Entry)])
            return answers

    def _known(self) -> Mapping[str, Entry]:
        """Until an entry is created or changed, each call reads it anew."""
        return self._log.entries() if self._entries is None else self._open()

    def _open(self) -> dict[str, Entry]:
        if self._entries is None:
            entries = self._log.open()
            self._holders = {entry.meeting_id: key for key, entry in entries.items() if entry.meeting_id}
            self._entries = entries
        if self._overruling:
            self._append(self._entries, [])
        return self._entries

    def _append(self, known: dict[str, Entry], entries: Sequence[Entry]) -> None:
        """Write *entries*, after what an earlier write that failed has left open.

        Nobody books after an update to `sent` that failed: that entry is written back as it was. Whatever else a write
        was to record is a fact, and is written again.
        """
        if not (entries := [*self._overruling, *entries]):
            return
        self._overruling = [known.get(each.key, each) if each.state == "sent" else each for each in entries]
        self._log.append(entries)
        self._overruling = []
        known.update({entry.key: entry for entry in entries})
        self._holders.update({entry.meeting_id: entry.key for entry in entries if entry.meeting_id})


def _refusal(entry: Entry, known: Mapping[str, Entry]) -> LedgerFailed | None:
    """Why *entry* cannot be stored, whatever stands there now."""
    if entry.key not in known:
        return LedgerFailed("this lead's entry is not on record, though it was created")
    try:
        record_of(entry)
    except Unfit as unfit:
        return unfit
    return None
