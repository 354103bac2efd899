"""A ledger in memory."""

from __future__ import annotations

from collections.abc import Collection, Mapping, MutableMapping, Sequence
from threading import Lock

from airflow_chilipiper.booking.ledger.entry import STATES, Conflict, Entry, MeetingTaken, State, may_replace
from airflow_chilipiper.booking.ledger.store import Answer, page_of


class MemoryLedger:
    """A ledger that dies with its process: for tests, and for a first try, with a warning.

    It may continue with given entries, by key, and with the key that holds each meeting.
    """

    def __init__(
        self, entries: MutableMapping[str, Entry] | None = None, holders: MutableMapping[str, str] | None = None
    ) -> None:
        self._entries = {} if entries is None else entries
        self._holders = {} if holders is None else holders
        self._lock = Lock()

    def get_or_create(self, entries: Sequence[Entry], /) -> Sequence[Entry]:
        with self._lock:
            return [self._entries.setdefault(entry.key, entry) for entry in entries]

    def update(self, entries: Sequence[Entry], /) -> Sequence[Answer]:
        with self._lock:
            return [self._update(entry) for entry in entries]

    def get(self, keys: Collection[str], /) -> Mapping[str, Entry]:
        with self._lock:
            return {key: self._entries[key] for key in keys if key in self._entries}

    def list(
        self,
        *,
        states: Collection[State] = STATES,
        purpose: str | None = None,
        after_key: str | None = None,
        limit: int = 500,
    ) -> Sequence[Entry]:
        with self._lock:
            return page_of(self._entries, states, purpose, after_key, limit)

    def _update(self, entry: Entry) -> Entry | Conflict | MeetingTaken:
        current = self._entries[entry.key]
        if not may_replace(current, entry):
            return Conflict(current)
        if entry.meeting_id and self._is_held(entry.meeting_id, entry.key):
            return MeetingTaken(entry.meeting_id)
        self._entries[entry.key] = entry
        if entry.meeting_id:
            self._holders[entry.meeting_id] = entry.key
        return entry

    def _is_held(self, meeting_id: str, key: str) -> bool:
        holder = self._holders.get(meeting_id, key)
        return holder != key and self._entries[holder].meeting_id == meeting_id
