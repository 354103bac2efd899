"""What the answer to a booking call comes to on record."""

from __future__ import annotations

from dataclasses import replace

from airflow_chilipiper.api.patterns.offer import Offer
from airflow_chilipiper.booking.doubt.evidence import evidence_in
from airflow_chilipiper.booking.doubt.meeting_search import at_slot
from airflow_chilipiper.booking.doubt.reconcile import is_worth_a_look, look, two_meetings
from airflow_chilipiper.booking.lead import Lead
from airflow_chilipiper.booking.ledger.entry import Conflict, Entry, LedgerFailed, MeetingTaken, State
from airflow_chilipiper.booking.ledger.runtime import LedgerRuntime
from airflow_chilipiper.booking.reasons import joined


async def doubted(doubt: Exception, offer: Offer, lead: Lead, sent: Entry, runtime: LedgerRuntime) -> Entry:
    """A no in words that we do not know gets one look at the meeting list; after any other doubt the list is watched
    until it has had time to show the meeting, with the doubt on record first.
    """
    guests, reason = lead.guests_of(offer), str(doubt) or type(doubt).__name__
    if is_worth_a_look(doubt) and guests:
        return await _looked_at(reason, lead, sent, runtime)
    unknown = await record(sent, "unknown", runtime, reason=reason)
    if unknown.state != "unknown":
        return unknown
    try:
        evidence, _ = await look(sent, guests, runtime, lead.policy.bounds)
    except Exception as error:  # noqa: BLE001  # a list that failed is no evidence of anything
        return replace(unknown, reason=_unasked(reason, error))
    if evidence.meeting_id:
        return await record(sent, "booked", runtime, meeting=evidence.meeting_id, reason=reason)
    return replace(unknown, reason=joined(reason, evidence.ambiguous))


async def _looked_at(reason: str, lead: Lead, sent: Entry, runtime: LedgerRuntime) -> Entry:
    """Of everybody, since what is not found sets the lead free, and nothing says how the service compares e-mails."""
    try:
        evidence = evidence_in(await at_slot(sent, (), runtime), sent, skew=lead.policy.bounds.skew)
    except Exception as error:  # noqa: BLE001  # a list that failed is no evidence of anything
        return await record(sent, "unknown", runtime, reason=_unasked(reason, error))
    if evidence.ambiguous:
        return await record(sent, "unknown", runtime, reason=joined(reason, evidence.ambiguous))
    if evidence.meeting_id:
        return await record(sent, "booked", runtime, meeting=evidence.meeting_id, if_taken="planned", reason=reason)
    return await record(sent, "planned", runtime, reason=reason)


def _unasked(reason: str, error: Exception) -> str:
    return joined(reason, f"the meeting list could not be asked: {error}")


async def record(
    sent: Entry,
    state: State,
    runtime: LedgerRuntime,
    *,
    meeting: str | None = None,
    if_taken: State = "unknown",
    reason: str = "",
) -> Entry:
    """Mark what the booking call came to. Where the ledger is away, `sent` stays on record, and that is doubt.

    Whoever set the lead free meanwhile knew nothing of a doubt of ours: this run does not book it again.
    """
    booked_at = runtime.wall() if meeting else None
    try:
        return await runtime.update(sent.to(state, meeting_id=meeting, booked_at=booked_at, reason=reason))
    except MeetingTaken:
        taken = f"meeting {meeting} is on record for another lead"
        return await record(sent, if_taken, runtime, reason=joined(taken, reason))
    except Conflict as other:
        if alarm := two_meetings(sent, other.entry, meeting):
            return alarm
        freed_in_doubt = state == "unknown" and other.entry.state == "planned"
        return replace(other.entry, state="unknown", reason=reason) if freed_in_doubt else other.entry
    except LedgerFailed as failed:
        return replace(sent, state="unknown", meeting_id=meeting, reason=joined(f"not on record ({failed})", reason))
