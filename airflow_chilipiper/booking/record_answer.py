"""What the answer to a booking call comes to on record."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from airflow_chilipiper.api.patterns.offer import Offer
from airflow_chilipiper.booking.doubt.evidence import evidence_in
from airflow_chilipiper.booking.doubt.meeting_search import at_slot
from airflow_chilipiper.booking.doubt.reconcile import look, two_meetings
from airflow_chilipiper.booking.doubt.refusals import Meaning, meaning
from airflow_chilipiper.booking.lead import Lead
from airflow_chilipiper.booking.ledger.entry import Conflict, Entry, LedgerFailed, MeetingTaken, joined
from airflow_chilipiper.booking.ledger.runtime import LedgerRuntime


async def record_failure(failure: Exception, offer: Offer, lead: Lead, sent: Entry, runtime: LedgerRuntime) -> Entry:
    """Record an answer without a meeting, by what it means.

    A no that has to be looked at stays `sent` on record until it was. After a doubt the list is watched until it has
    had time to show the meeting, with the doubt on record first.
    """
    means, guests, reason = meaning(failure), lead.guests_of(offer), str(failure) or type(failure).__name__
    if means is Meaning.NO:
        return await record(sent.to_freed(reason), sent, runtime)
    if means is not Meaning.DOUBT and guests:
        lead.choice.resolve("lost")  # now, since others wait for it
        wait = lead.policy.bounds.list_lag if means is Meaning.NO_AFTER_THE_LAG else 0.0
        return await _record_after_a_look(reason, lead, sent, runtime, after=wait)
    unknown = await record(sent.to_doubted(reason), sent, runtime)
    if unknown.state != "unknown":
        return unknown
    try:
        evidence, _ = await look(sent, guests, runtime, lead.policy.bounds)
    except Exception as error:  # noqa: BLE001  # a list that failed is no evidence of anything
        return replace(unknown, reason=_not_asked(reason, error))
    if evidence.meeting_id:
        found = sent.to_booked(evidence.meeting_id, at=runtime.wall(), reason=reason)
        return await record(found, sent, runtime)
    return replace(unknown, reason=joined(reason, evidence.ambiguous))


async def _record_after_a_look(reason: str, lead: Lead, sent: Entry, runtime: LedgerRuntime, *, after: float) -> Entry:
    """Of everybody, since what is not found sets the lead free, and nothing says how the service compares e-mails."""
    try:
        listed = await runtime.later(after, sent.slot, partial(at_slot, sent, (), runtime))
        evidence = evidence_in(listed, sent, skew=lead.policy.bounds.skew)
    except Exception as error:  # noqa: BLE001  # a list that failed is no evidence of anything
        return await record(sent.to_doubted(_not_asked(reason, error)), sent, runtime)
    if evidence.ambiguous:
        return await record(sent.to_doubted(joined(reason, evidence.ambiguous)), sent, runtime)
    if evidence.meeting_id:
        found = sent.to_booked(evidence.meeting_id, at=runtime.wall(), reason=reason)
        return await record(found, sent, runtime, if_taken=sent.to_freed)
    return await record(sent.to_freed(reason), sent, runtime)


def _not_asked(reason: str, error: Exception) -> str:
    return joined(reason, f"the meeting list could not be asked: {error}")


async def record(
    change: Entry, sent: Entry, runtime: LedgerRuntime, *, if_taken: Callable[[str], Entry] | None = None
) -> Entry:
    """Record the *change* of the entry that was *sent*. If the ledger fails, `sent` stays on record: that is doubt.

    A meeting that is on record for another lead is doubt too, unless *if_taken* says what it is. Whoever set the lead
    free meanwhile knew nothing of a doubt of ours: this run does not book it again.
    """
    try:
        return await runtime.update(change)
    except MeetingTaken:
        reason = joined(f"meeting {change.meeting_id} is on record for another lead", change.reason)
        return await record((if_taken or sent.to_doubted)(reason), sent, runtime)
    except Conflict as other:
        if alarm := two_meetings(sent, other.entry, change.meeting_id):
            return alarm
        freed_in_doubt = change.state == "unknown" and other.entry.state == "planned"
        return other.entry.not_on_record("unknown", reason=change.reason) if freed_in_doubt else other.entry
    except LedgerFailed as failed:
        reason = joined(f"not on record ({failed})", change.reason)
        return sent.not_on_record("unknown", meeting_id=change.meeting_id, reason=reason)
