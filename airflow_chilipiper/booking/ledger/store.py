"""What a ledger can do, wherever it lives."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import islice
from threading import Lock
from typing import Protocol

from airflow_chilipiper.booking.ledger.entry import IN_DOUBT, STATES, Conflict, Entry, LedgerFailed, MeetingTaken, State

MAY_HAVE_MEETING: tuple[State, ...] = (*IN_DOUBT, "booked")
Answer = Entry | Conflict | MeetingTaken | LedgerFailed


class Ledger(Protocol):
    """Where entries live. Each call is one transaction, durable once it returns; all may raise LedgerFailed."""

    def get_or_create(self, entries: Sequence[Entry], /) -> Sequence[Entry]:
        """What is on record for these keys; what was absent is inserted as given."""

    def update(self, entries: Sequence[Entry], /) -> Sequence[Answer]:
        """Change each entry if its version is still the one that was read, and say of each what came of it."""

    def get(self, keys: Collection[str], /) -> Mapping[str, Entry]:
        """What is on record, and nothing else."""

    def of_guests(self, purpose: str, guests: Collection[str], /) -> Sequence[Entry]:
        """The entries of a purpose that have, or may have, a meeting of one of these guests, by the guests' hashes."""

    def list(
        self,
        *,
        states: Collection[State] = STATES,
        purpose: str | None = None,
        after_key: str | None = None,
        limit: int = 500,
    ) -> Sequence[Entry]:
        """Entries in key order, from the one after *after_key* on; fewer than *limit* means that these are the last."""


def pages(
    ledger: Ledger, *, states: Collection[State] = STATES, purpose: str | None = None, limit: int = 500
) -> Iterator[Sequence[Entry]]:
    """All such entries, *limit* at a time; a page is asked for when the one before it has been dealt with."""
    after = None
    while page := ledger.list(states=states, purpose=purpose, after_key=after, limit=limit):
        yield page
        if len(page) < limit:
            return
        after = page[-1].key


def of_same_guests(ledger: Ledger, entries: Sequence[Entry]) -> list[Sequence[Entry]]:
    """Of each entry, those of its purpose that have, or may have, a meeting of its guest; none of a guest unknown."""
    found: dict[tuple[str, str], list[Entry]] = {(entry.purpose, entry.guest): [] for entry in entries}
    for purpose in {entry.purpose for entry in entries}:
        for other in ledger.of_guests(purpose, {guest for of, guest in found if of == purpose and guest}):
            found[purpose, other.guest].append(other)
    return [found[entry.purpose, entry.guest] for entry in entries]


class AtHand:
    """The reading of a ledger that has all entries at hand."""

    def __init__(self) -> None:
        self._lock = Lock()

    @abstractmethod
    def _known(self) -> Mapping[str, Entry]: ...

    def get(self, keys: Collection[str], /) -> Mapping[str, Entry]:
        with self._lock:
            known = self._known()
            return {key: known[key] for key in keys if key in known}

    def of_guests(self, purpose: str, guests: Collection[str], /) -> Sequence[Entry]:
        with self._lock:
            of_purpose = (entry for entry in self._known().values() if entry.purpose == purpose)
            return [entry for entry in of_purpose if entry.guest in guests and entry.state in MAY_HAVE_MEETING]

    def list(
        self,
        *,
        states: Collection[State] = STATES,
        purpose: str | None = None,
        after_key: str | None = None,
        limit: int = 500,
    ) -> Sequence[Entry]:
        with self._lock:
            fitting = (
                entry
                for _, entry in sorted(self._known().items())
                if entry.state in states and purpose in (None, entry.purpose) and entry.key > (after_key or "")
            )
            return [*islice(fitting, limit)]
