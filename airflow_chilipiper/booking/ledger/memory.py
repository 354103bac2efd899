"""A ledger in memory."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping, Sequence

from airflow_chilipiper.booking.ledger.entry import Conflict, Entry, MeetingTaken, may_replace
from airflow_chilipiper.booking.ledger.store import Answer, AtHand


class MemoryLedger(AtHand):
    """A ledger that dies with its process: for tests, and for a first try, with a warning.

    It may continue with given entries, by key, and with the key that holds each meeting.
    """

    def __init__(
        self, entries: MutableMapping[str, Entry] | None = None, holders: MutableMapping[str, str] | None = None
    ) -> None:
        super().__init__()
        self._entries = {} if entries is None else entries
        self._holders = {} if holders is None else holders

    def get_or_create(self, entries: Sequence[Entry], /) -> Sequence[Entry]:
        with self._lock:
            return [self._entries.setdefault(entry.key, entry) for entry in entries]

    def update(self, entries: Sequence[Entry], /) -> Sequence[Answer]:
        with self._lock:
            return [self._update(entry) for entry in entries]

    def _known(self) -> Mapping[str, Entry]:
        return self._entries

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
