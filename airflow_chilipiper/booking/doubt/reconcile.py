"""What became of a booking call whose answer is missing: ask until that is known, or until silence counts.

Nothing here books or guesses. A list that answers with an error is no evidence of anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import inf
from typing import TYPE_CHECKING

from airflow_chilipiper.api.errors import Refused, ServerBroken, SessionGone
from airflow_chilipiper.api.runtime import World
from airflow_chilipiper.booking.doubt.bounds import Bounds
from airflow_chilipiper.booking.doubt.evidence import Evidence, evidence_in
from airflow_chilipiper.booking.doubt.meeting_search import at_slot, since_sending
from airflow_chilipiper.booking.ledger.entry import LedgerFailed, MeetingTaken, Overtaken, Row
from airflow_chilipiper.booking.ledger.store import RecordingWorld
from airflow_chilipiper.booking.reasons import joined

if TYPE_CHECKING:
    from airflow_chilipiper.booking.lead import Lead


def is_worth_a_look(doubt: Exception) -> bool:
    """A 4xx in Chili Piper's own envelope that speaks neither of a used session nor of a meeting already made.

    The codes of a taken slot are not published. Without that envelope the no may come from something in between.
    """
    if not isinstance(doubt, Refused) or isinstance(doubt, (SessionGone, ServerBroken)):
        return False
    return doubt.code is not None and 400 <= doubt.status < 500


def is_in_doubt(row: Row, bounds: Bounds, wall: float, *, sender: str = "") -> bool:
    """Whether somebody may have been invited, and nobody is still waiting for the answer.

    `sent` is left to its sender until that is an earlier try of the task instance that asks, or its call is over.
    """
    if row.state == "sent":
        return _is_earlier_try(row.sender, sender) or bounds.is_over(row.sent_at or 0.0, wall)
    return row.state in ("unknown", "review")


def _is_earlier_try(old: str, new: str) -> bool:
    (old_task, _, old_try), (task, _, this_try) = old.rpartition("#"), new.rpartition("#")
    return old_task == task and old_try.isdecimal() and this_try.isdecimal() and int(old_try) < int(this_try)


async def reconcile(row: Row, lead: Lead, world: RecordingWorld) -> Row:
    """Find out what became of *row*, which is in doubt, and mark it; as it was, where nobody can tell yet."""
    bounds, may_rebook = lead.bounds, lead.bounds.on_no_evidence == "rebook"
    try:
        guests = lead.guests_to_ask_for(row)
        evidence, began = await look(row, guests, world, bounds)
        if evidence.is_none and row.state != "review":  # which no doubt can change
            evidence = await _elsewhere(row, guests, world, bounds)
        if evidence.is_none and lead.pattern.name == "concierge":
            evidence = await lead.routing_log.evidence(row, world)
        if _is_free(row, evidence, began, may_rebook=may_rebook):
            listed = await _elsewhere(row, (), world, bounds)  # nothing says how the service compares e-mails
            evidence = evidence if listed.is_none else listed
    except Exception as error:  # noqa: BLE001  # and the lead stays in doubt
        return replace(row, reason=joined(row.reason, f"the meeting list could not be asked: {error}"))
    return await conclude(row, evidence, began, world, may_rebook=may_rebook)


async def look(row: Row, guests: Sequence[str], world: World, bounds: Bounds) -> tuple[Evidence, float]:
    """Look around the slot, again and again until the list has had its time; and when the last look began.

    By whatever clock the row was sent, the looks go on for as long as the list may lag, unless that is long ago.
    """
    pauses = bounds.pauses()
    while True:
        began = world.wall()
        evidence = evidence_in(await at_slot(row, guests, world), row, skew=bounds.skew)
        pause = next(pauses, None)
        if not evidence.is_none or pause is None or bounds.has_settled(row.sent_at or 0.0, began):
            return evidence, began
        await world.pause(pause)


async def _elsewhere(row: Row, guests: Sequence[str], world: World, bounds: Bounds) -> Evidence:
    return evidence_in(await since_sending([row], guests, world, skew=bounds.skew), row, skew=bounds.skew)


async def conclude(row: Row, evidence: Evidence, began: float, world: RecordingWorld, *, may_rebook: bool) -> Row:
    """Mark what *evidence* comes to, from a look that began then and for which the list has had its time.

    No evidence frees nobody whom a person is to judge. A lead is free again only by a look that found nothing and began
    when no call of ours could have any effect any more: with proof that its session timed out, or where its row and the
    caller allow it without.
    """
    if evidence.meeting_id:
        told = joined("found afterwards", row.reason)
        found = row.to("booked", meeting_id=evidence.meeting_id, booked_at=world.wall(), reason=told)
        return await _mark(found, row, world)
    if _is_free(row, evidence, began, may_rebook=may_rebook):
        told = "its session timed out" if evidence.never else "no meeting is found, and none can be made any more"
        return await _mark(row.to("planned", reason=told), row, world)
    if row.state == "review" or _will_be_free(row, evidence, may_rebook=may_rebook):
        return row
    return await _mark(_for_review(row, evidence.doubt or "no meeting is found"), row, world)


def _is_free(row: Row, evidence: Evidence, began: float, *, may_rebook: bool) -> bool:
    return _will_be_free(row, evidence, may_rebook=may_rebook) and began > (row.count_from or inf)


def _will_be_free(row: Row, evidence: Evidence, *, may_rebook: bool) -> bool:
    """Whether such evidence sets the row free, once no call of ours can have any effect any more."""
    rebook = row.policy == "rebook" and row.state != "review" and may_rebook
    return row.count_from is not None and (evidence.never or (evidence.is_none and rebook))


async def _mark(change: Row, row: Row, world: RecordingWorld) -> Row:
    try:
        return await world.mark(change)
    except MeetingTaken:
        taken = f"meeting {change.meeting_id} may be it, and is on record for another lead"
        return row if row.state == "review" else await _mark(_for_review(row, taken), row, world)
    except Overtaken as other:
        return two_meetings(row, other.row, change.meeting_id) or other.row
    except LedgerFailed as failed:
        return replace(row, reason=f"{change.state}, but not on record ({failed})")


def two_meetings(row: Row, on_record: Row, found: str | None) -> Row | None:
    """The alarm, where *found* is ours for certain and another meeting is on record, which stays there."""
    if not found or on_record.meeting_id in (None, found):
        return None
    both = f"TWO MEETINGS: {on_record.meeting_id} on record, and now {found}"
    return replace(row, state="review", meeting_id=found, reason=both)


def _for_review(row: Row, why: str) -> Row:
    return row.to("review", reason=joined(why, row.reason))
