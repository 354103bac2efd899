"""Why nobody is invited twice: the whole protocol, on one screen.

1. `begin`: act on what is on record; only a `planned` lead goes on.
2. Open a session and choose a slot. This may be asked again.
3. Wait for the booking's turn in the pace: nothing waits after the mark.
4. Mark the row `sent`. That is durable before a byte leaves, and whoever is overtaken does not send.
5. Exactly one booking call. It leaves within two seconds of the mark and within the session's life, or not at all.
6. A meeting id: `booked`. A definite no: `planned`, and a fresh session. Anything else is doubt: `unknown`, and nobody
   books this lead again without evidence.
"""

from __future__ import annotations

from dataclasses import replace
from math import inf

from airflow_chilipiper.api import errors
from airflow_chilipiper.api.models import Booked, Offer, Slot
from airflow_chilipiper.api.retry import patiently
from airflow_chilipiper.booking.lead import Lead
from airflow_chilipiper.booking.ledger import LedgerFailed, MeetingTaken, Overtaken, RecordingWorld, Row, State
from airflow_chilipiper.booking.outcome import Outcome
from airflow_chilipiper.booking.reconcile import is_worth_a_look, look_for_meetings
from airflow_chilipiper.booking.verdict import after_booking, on_record, without_booking, without_slot

INCURABLE = (errors.Invalid, errors.BadRequest, errors.NotAllowed)
DEFINITE_NO = (errors.NotSent, errors.Throttled, errors.SlotGone, *INCURABLE)
SEND_WITHIN = 2.0


async def book(lead: Lead, world: RecordingWorld, *, session: tuple[float, Offer] | None = None) -> Outcome:
    """At most one meeting for *lead* within its purpose, whatever happens in between.

    A *session* that is open already, with the world's time before it was opened, is spent first.
    """
    try:
        row = await begin(lead, world)
        if row.state != "planned":
            return on_record(row, lead)
        for sessions_left in reversed(range(lead.max_sessions)):
            opened, offer = session or await open_session(lead, world)
            session = None
            slot = lead.pick(offer)
            if slot is None:
                return without_slot(offer, row)
            row, answer = await spend(slot, offer, opened, lead, row, world)
            if row.state != "planned" or not sessions_left:
                return after_booking(row, offer, answer)
    except Overtaken as other:
        return on_record(other.row, lead)
    except errors.ChiliPiperError as error:
        return without_booking(error)
    raise ValueError(f"max_sessions is {lead.max_sessions}, expected at least 1")


async def open_session(lead: Lead, world: RecordingWorld) -> tuple[float, Offer]:
    opened = world.now()
    return opened, await patiently(lead.pattern.open(lead.interval), world)


async def begin(lead: Lead, world: RecordingWorld) -> Row:
    row = await world.begin(lead.row())
    if lead.is_due_again(row, world.wall()):
        row = await world.mark(row.to("planned", meeting_id=None, booked_at=None))
    return row


async def spend(
    slot: Slot, offer: Offer, opened: float, lead: Lead, row: Row, world: RecordingWorld
) -> tuple[Row, Booked | Exception]:
    """Spend the session on *slot*: steps 3 to 6, and the only place from which anybody can be invited."""
    call = lead.pattern.book(slot, offer)
    await world.turn(urgent=True)
    send_by = min(world.now() + SEND_WITHIN, opened + (offer.lifetime or inf))
    sent = await world.mark(lead.sent(row, slot, offer, world.wall()))
    try:
        booked = await world.ask(call.by(send_by))
    except DEFINITE_NO as no:
        row = await record(sent, "planned", world, reason=str(no))
        if isinstance(no, INCURABLE) and row.state == "planned":
            raise
        return row, no
    except Exception as doubt:  # noqa: BLE001  # whatever it is, somebody may have been invited
        return await doubted(doubt, slot, offer, lead, sent, world), doubt
    return await record(sent, "booked", world, meeting=booked.meeting_id), booked


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
    if len(found) > 1:
        return await record(sent, "unknown", world, reason=f"{reason}; {len(found)} meetings fit")
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
