"""Reconciling many entries at once: meetings are listed whole, and compared by the hashes of their guests."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import chain

from airflow_chilipiper.api.resources.meeting import Meeting
from airflow_chilipiper.booking.doubt.bounds import Bounds
from airflow_chilipiper.booking.doubt.evidence import NONE, Evidence, evidence_in, guests_on_record, slot_start
from airflow_chilipiper.booking.doubt.meeting_search import at_slot, since_sending
from airflow_chilipiper.booking.doubt.reconcile import conclude, is_in_doubt
from airflow_chilipiper.booking.doubt.routing_log import RoutingLog
from airflow_chilipiper.booking.ledger.entry import Entry
from airflow_chilipiper.booking.ledger.lead_key import canonical_guest_digest, guest_digest
from airflow_chilipiper.booking.ledger.runtime import LedgerRuntime

FEW = 20  # slots that are looked at one by one; more are found in one listing of everything


async def sweep(
    entries: Iterable[Entry], runtime: LedgerRuntime, bounds: Bounds, routing_log: RoutingLog
) -> list[Entry]:
    """Each of *entries* that is in doubt, as it stands afterwards; the entry itself says what may free it.

    Raises what the meeting list is answered with, and then no entry has changed.
    """
    began = runtime.wall()
    doubtful = [entry for entry in entries if is_in_doubt(entry, bounds, began)]
    evidence = dict.fromkeys((entry.key for entry in doubtful), NONE)
    by_slot: dict[str | None, list[Entry]] = defaultdict(list)
    for entry in doubtful:
        by_slot[entry.slot].append(entry)
    if len(by_slot) <= FEW:
        for at_once in by_slot.values():
            evidence |= _evidence_of(at_once, await at_slot(at_once[0], (), runtime), bounds)
    if left := [entry for entry in doubtful if evidence[entry.key].is_none]:
        evidence |= _evidence_of(left, await since_sending(left, (), runtime, skew=bounds.skew), bounds)
    return [await _concluded(entry, evidence[entry.key], began, runtime, bounds, routing_log) for entry in doubtful]


async def _concluded(
    entry: Entry, evidence: Evidence, began: float, runtime: LedgerRuntime, bounds: Bounds, routing_log: RoutingLog
) -> Entry:
    if evidence.is_none:
        evidence = await routing_log.evidence(entry, runtime)
    if not (evidence.meeting_id or bounds.at_least(entry.list_lag).has_settled(entry.sent_at or 0.0, began)):
        return entry
    return await conclude(entry, evidence, began, runtime, may_rebook=True)


def _evidence_of(entries: Sequence[Entry], meetings: Sequence[Meeting], bounds: Bounds) -> dict[str, Evidence]:
    index = _Index(meetings)
    return {entry.key: evidence_in(index.that_may_be(entry), entry, skew=bounds.skew) for entry in entries}


class _Index:
    """Meetings by whose they are and when, so that an entry is compared with few of them."""

    def __init__(self, meetings: Iterable[Meeting]) -> None:
        self._of_guest: dict[str, list[Meeting]] = defaultdict(list)
        self._of_mailbox: dict[tuple[str, datetime | None], list[Meeting]] = defaultdict(list)
        self._at: dict[datetime | None, list[Meeting]] = defaultdict(list)
        for meeting in meetings:
            self._at[meeting.start].append(meeting)
            self._of_mailbox[canonical_guest_digest(meeting.guest), meeting.start].append(meeting)
            if meeting.guest:
                self._of_guest[guest_digest(meeting.guest)].append(meeting)

    def that_may_be(self, entry: Entry) -> list[Meeting]:
        """Those of its guests, and those at its slot or at no known time whose guest may be its own; each once."""
        guests = guests_on_record(entry)
        found = chain.from_iterable(self._of_guest.get(guest, ()) for guest in sorted(guests))
        here = chain.from_iterable(self._here(entry, start) for start in (slot_start(entry), None))
        return list({meeting.meeting_id: meeting for meeting in chain(found, here)}.values())

    def _here(self, entry: Entry, start: datetime | None) -> Iterator[Meeting]:
        if not (entry.guest_canonical and guests_on_record(entry)):
            yield from self._at.get(start, ())
            return
        for mailbox in (entry.guest_canonical, ""):
            yield from self._of_mailbox.get((mailbox, start), ())
