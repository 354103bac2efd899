"""Reconciling many rows at once: meetings are listed whole, and compared by the hashes of their guests."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import chain

from airflow_chilipiper.api.resources.meeting import Meeting
from airflow_chilipiper.booking.doubt.bounds import Bounds
from airflow_chilipiper.booking.doubt.evidence import NONE, Evidence, evidence_in, guests_on_record, slot_start
from airflow_chilipiper.booking.doubt.meeting_search import RoutingLog, at_slot, since_sending
from airflow_chilipiper.booking.doubt.reconcile import conclude, is_in_doubt
from airflow_chilipiper.booking.ledger.entry import Row
from airflow_chilipiper.booking.ledger.lead_key import guest_digest
from airflow_chilipiper.booking.ledger.store import RecordingWorld

FEW = 20  # slots that are looked at one by one; more are found in one listing of everything


async def sweep(rows: Iterable[Row], world: RecordingWorld, bounds: Bounds, routing_log: RoutingLog) -> list[Row]:
    """Each of *rows* that is in doubt, as it stands afterwards. What each may be freed by is said by the row itself.

    Raises what the meeting list is answered with, and then no row has changed.
    """
    began = world.wall()
    doubtful = [row for row in rows if is_in_doubt(row, bounds, began)]
    evidence = dict.fromkeys((row.key for row in doubtful), NONE)
    by_slot: dict[str | None, list[Row]] = defaultdict(list)
    for row in doubtful:
        by_slot[row.slot].append(row)
    if len(by_slot) <= FEW:
        for at_once in by_slot.values():
            evidence |= _judged(at_once, await at_slot(at_once[0], (), world), bounds)
    if left := [row for row in doubtful if evidence[row.key].is_none]:
        evidence |= _judged(left, await since_sending(left, (), world, skew=bounds.skew), bounds)
    return [await _concluded(row, evidence[row.key], began, world, bounds, routing_log) for row in doubtful]


async def _concluded(
    row: Row, evidence: Evidence, began: float, world: RecordingWorld, bounds: Bounds, routing_log: RoutingLog
) -> Row:
    if evidence.is_none:
        evidence = await routing_log.evidence(row, world)
    if not (evidence.meeting_id or bounds.has_settled(row.sent_at or 0.0, began)):
        return row
    return await conclude(row, evidence, began, world, may_rebook=True)


def _judged(rows: Sequence[Row], meetings: Sequence[Meeting], bounds: Bounds) -> dict[str, Evidence]:
    index = _Index(meetings)
    return {row.key: evidence_in(index.that_may_be(row), row, skew=bounds.skew) for row in rows}


class _Index:
    """Meetings by whose they are and when, so that a row is compared with few of them."""

    def __init__(self, meetings: Iterable[Meeting]) -> None:
        self._of_guest: dict[str, list[Meeting]] = defaultdict(list)
        self._of_nobody: dict[datetime | None, list[Meeting]] = defaultdict(list)
        self._at: dict[datetime | None, list[Meeting]] = defaultdict(list)
        for meeting in meetings:
            self._at[meeting.start].append(meeting)
            if meeting.guest:
                self._of_guest[guest_digest(meeting.guest)].append(meeting)
            else:
                self._of_nobody[meeting.start].append(meeting)

    def that_may_be(self, row: Row) -> Iterator[Meeting]:
        """Those of its guests, and those at its slot or at no known time whose guest neither side tells."""
        guests = guests_on_record(row)
        here = self._of_nobody if guests else self._at
        return chain(
            *(self._of_guest.get(guest, ()) for guest in sorted(guests)),
            here.get(slot_start(row), ()),
            here.get(None, ()),
        )
