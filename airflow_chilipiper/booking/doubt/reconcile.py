"""What became of a booking call whose answer is missing: ask until that is known, or until silence counts.

Nothing here books or guesses. A list that answers with an error is no evidence of anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import inf
from typing import TYPE_CHECKING

from airflow_chilipiper.api.runtime import Runtime
from airflow_chilipiper.booking.doubt.bounds import Bounds
from airflow_chilipiper.booking.doubt.evidence import Evidence, evidence_in
from airflow_chilipiper.booking.doubt.meeting_search import at_slot, since_sending
from airflow_chilipiper.booking.ledger.entry import Conflict, Entry, LedgerFailed, MeetingTaken, joined
from airflow_chilipiper.booking.ledger.runtime import LedgerRuntime

if TYPE_CHECKING:
    from airflow_chilipiper.booking.lead import Lead


def is_in_doubt(entry: Entry, bounds: Bounds, wall: float, *, sender: str = "") -> bool:
    """Whether somebody may have been invited, and nobody is still waiting for the answer.

    `sent` is left to its sender until that is an earlier try of the task instance that asks, or its call is over.
    """
    if entry.state == "sent":
        return _is_earlier_try(entry.sender, sender) or bounds.is_over(entry.sent_at or 0.0, wall)
    return entry.state in ("unknown", "review")


def _is_earlier_try(old: str, new: str) -> bool:
    (old_task, _, old_try), (task, _, this_try) = old.rpartition("#"), new.rpartition("#")
    return old_task == task and old_try.isdecimal() and this_try.isdecimal() and int(old_try) < int(this_try)


async def reconcile(entry: Entry, lead: Lead, runtime: LedgerRuntime) -> Entry:
    """Find out what became of *entry*, which is in doubt, and record that; as it was, where nobody can tell yet."""
    bounds, may_rebook = lead.policy.bounds, lead.policy.bounds.in_doubt == "rebook"
    try:
        guests = lead.guests_to_ask_for(entry)
        evidence, began = await look(entry, guests, runtime, bounds)
        if evidence.is_none and entry.state != "review":  # which no doubt can change
            evidence = await _elsewhere(entry, guests, runtime, bounds)
        if evidence.is_none and lead.pattern.has_routing_log:
            evidence = await lead.policy.routing_log.evidence(entry, runtime)
        if _is_free(entry, evidence, began, may_rebook=may_rebook):
            listed = await _elsewhere(entry, (), runtime, bounds)  # nothing says how the service compares e-mails
            evidence = evidence if listed.is_none else listed
    except Exception as error:  # noqa: BLE001  # and the lead stays in doubt
        return replace(entry, reason=joined(entry.reason, f"the meeting list could not be asked: {error}"))
    return await conclude(entry, evidence, began, runtime, may_rebook=may_rebook)


async def look(entry: Entry, guests: Sequence[str], runtime: Runtime, bounds: Bounds) -> tuple[Evidence, float]:
    """Look around the slot, again and again until the list has had its time; and when the last look began.

    By whatever clock the entry was sent, the looks go on for as long as the list may lag, unless that is long ago.
    """
    bounds = bounds.at_least(entry.list_lag)
    pauses = bounds.pauses()
    while True:
        began = runtime.wall()
        evidence = evidence_in(await at_slot(entry, guests, runtime), entry, skew=bounds.skew)
        pause = next(pauses, None)
        if not evidence.is_none or pause is None or bounds.has_settled(entry.sent_at or 0.0, began):
            return evidence, began
        await runtime.pause(pause)


async def _elsewhere(entry: Entry, guests: Sequence[str], runtime: Runtime, bounds: Bounds) -> Evidence:
    return evidence_in(await since_sending([entry], guests, runtime, skew=bounds.skew), entry, skew=bounds.skew)


async def conclude(
    entry: Entry, evidence: Evidence, began: float, runtime: LedgerRuntime, *, may_rebook: bool
) -> Entry:
    """Record what *evidence* comes to, from a look that began then and for which the list has had its time.

    No evidence frees nobody whom a person is to judge. A lead is free again only by a look that found nothing and began
    when no call of ours could have any effect any more: with proof that its session timed out, or where its entry and
    the caller allow it without.
    """
    if evidence.meeting_id:
        reason = joined("found afterwards", entry.reason)
        found = entry.to_booked(evidence.meeting_id, at=runtime.wall(), reason=reason)
        return await _update(found, entry, runtime)
    if _is_free(entry, evidence, began, may_rebook=may_rebook):
        absent = "no meeting is found, and none can be made any more"
        freed = entry.to_freed("its session timed out" if evidence.proven_absent else absent)
        return await _update(freed, entry, runtime)
    if entry.state == "review" or _will_be_free(entry, evidence, may_rebook=may_rebook):
        return entry
    return await _update(_for_review(entry, evidence.ambiguous or "no meeting is found"), entry, runtime)


def _is_free(entry: Entry, evidence: Evidence, began: float, *, may_rebook: bool) -> bool:
    return _will_be_free(entry, evidence, may_rebook=may_rebook) and began > (entry.no_effect_after or inf)


def _will_be_free(entry: Entry, evidence: Evidence, *, may_rebook: bool) -> bool:
    """Whether such evidence sets the entry free, once no call of ours can have any effect any more."""
    rebook = entry.policy == "rebook" and entry.state != "review" and may_rebook
    return entry.no_effect_after is not None and (evidence.proven_absent or (evidence.is_none and rebook))


async def _update(change: Entry, entry: Entry, runtime: LedgerRuntime) -> Entry:
    try:
        return await runtime.update(change)
    except MeetingTaken:
        taken = f"meeting {change.meeting_id} may be it, and is on record for another lead"
        return entry if entry.state == "review" else await _update(_for_review(entry, taken), entry, runtime)
    except Conflict as other:
        return two_meetings(entry, other.entry, change.meeting_id) or other.entry
    except LedgerFailed as failed:
        return replace(entry, reason=f"{change.state}, but not on record ({failed})")


def two_meetings(entry: Entry, on_record: Entry, found: str | None) -> Entry | None:
    """The alarm, where *found* is ours for certain and another meeting is on record, which stays there."""
    if not found or on_record.meeting_id in (None, found):
        return None
    both = f"TWO MEETINGS: {on_record.meeting_id} on record, and now {found}"
    return entry.not_on_record("review", meeting_id=found, reason=both)


def _for_review(entry: Entry, why: str) -> Entry:
    return entry.to_review(joined(why, entry.reason))
