"""What the answer to a booking call comes to on record."""

from __future__ import annotations

from dataclasses import replace

from airflow_chilipiper.api.models import Offer, Slot
from airflow_chilipiper.booking.lead import Lead
from airflow_chilipiper.booking.ledger import LedgerFailed, MeetingTaken, Overtaken, RecordingWorld, Row, State
from airflow_chilipiper.booking.reconcile import is_certain, is_worth_a_look, look_for_meetings


async def doubted(doubt: Exception, slot: Slot, offer: Offer, lead: Lead, sent: Row, world: RecordingWorld) -> Row:
    """A no in words that we do not know gets one look at the meeting list; all else stays doubt."""
    guests, reason = lead.guests_of(offer), str(doubt) or type(doubt).__name__
    if not (guests and is_worth_a_look(doubt)):
        return await record(sent, "unknown", world, reason=reason)
    try:
        found = await look_for_meetings(guests, slot, sent, world)
    except Exception as error:  # noqa: BLE001  # a list that failed is no evidence of anything
        return await record(
            sent, "unknown", world, reason=f"{reason}; and the meeting list could not be asked: {error}"
        )
    if len(found) > 1 or not all(is_certain(meeting, slot) for meeting in found):
        return await record(sent, "unknown", world, reason=f"{reason}; {len(found)} meetings may be it")
    if found:
        return await record(sent, "booked", world, meeting=found[0].meeting_id, if_taken="planned", reason=reason)
    return await record(sent, "planned", world, reason=reason)


async def record(
    sent: Row,
    state: State,
    world: RecordingWorld,
    *,
    meeting: str | None = None,
    if_taken: State = "unknown",
    reason: str = "",
) -> Row:
    """Mark what the booking call came to. Where the ledger is away, `sent` stays on record, and that is doubt.

    Whoever set the lead free meanwhile knew nothing of a doubt of ours: this run does not book it again.
    """
    booked_at = world.wall() if meeting else None
    try:
        return await world.mark(sent.to(state, meeting_id=meeting, booked_at=booked_at, reason=reason))
    except MeetingTaken:
        return await record(sent, if_taken, world, reason=f"meeting {meeting} is on record for another lead; {reason}")
    except Overtaken as other:
        if meeting and other.row.meeting_id not in (None, meeting):
            both = f"TWO MEETINGS: {other.row.meeting_id} on record, and now {meeting}"
            return replace(sent, state="review", meeting_id=meeting, reason=both)
        freed_in_doubt = state == "unknown" and other.row.state == "planned"
        return replace(other.row, state="unknown", reason=reason) if freed_in_doubt else other.row
    except LedgerFailed as failed:
        return replace(sent, state="unknown", meeting_id=meeting, reason=f"not on record ({failed}); {reason}")
