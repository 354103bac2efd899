"""Why nobody is invited twice: the whole protocol, on one screen.

1. `begin`: act on what is on record, and find out about what is in doubt; only a `planned` lead goes on.
2. Open a session and choose a slot. This may be asked again.
3. Wait for the booking's turn in the pace: nothing waits after the mark.
4. Mark the row `sent`. That is durable before a byte leaves, and whoever is overtaken does not send.
5. Exactly one booking call. It leaves within two seconds of the mark and within the session's life, or not at all.
6. A meeting id: `booked`. A definite no: `planned`, and a fresh session if that can help. Anything else is doubt:
   `unknown`, and nobody books this lead again without evidence.
"""

from __future__ import annotations

import random
from collections.abc import Coroutine
from dataclasses import replace
from math import inf
from typing import Any

from airflow_chilipiper.api import errors
from airflow_chilipiper.api.patterns.offer import Booked, Offer
from airflow_chilipiper.api.patterns.slots import Slot
from airflow_chilipiper.api.retry import patiently
from airflow_chilipiper.booking.doubt.reconcile import is_in_doubt, reconcile
from airflow_chilipiper.booking.lead import Lead
from airflow_chilipiper.booking.ledger.entry import Overtaken, Row
from airflow_chilipiper.booking.ledger.store import RecordingWorld
from airflow_chilipiper.booking.outcome import Outcome
from airflow_chilipiper.booking.outcome_rules import (
    CROWDED,
    SPARED,
    after_booking,
    on_record,
    without_booking,
    without_slot,
)
from airflow_chilipiper.booking.record_answer import doubted, record
from airflow_chilipiper.booking.slots.reservations import Crowded, Fate

INCURABLE = (errors.Invalid, errors.BadRequest, errors.NotAllowed)
DEFINITE_NO = (errors.NotSent, errors.Throttled, errors.SlotGone, *INCURABLE)
SLOT_UNTOUCHED = (errors.NotSent, errors.Throttled, *INCURABLE)
SEND_WITHIN = 2.0
CROWDED_PAUSES = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0)  # seconds; by then the others have booked what they reserved, or not


async def book(lead: Lead, world: RecordingWorld, *, session: tuple[float, Offer] | None = None) -> Outcome:
    """At most one meeting for *lead* within its purpose, whatever happens in between.

    A *session* that is open already, with the world's time before it was opened, is spent first.
    """
    try:
        row = await begin(lead, world)
        if row.state != "planned":
            return on_record(row, lead)
        if met := lead.already_met(lead.pattern.guest):
            return met
        sessions_left, pauses = lead.max_sessions, iter(CROWDED_PAUSES)
        while True:
            if session is None and lead.scarcity.spares(lead.pattern.target):
                return SPARED
            again = sessions_left < lead.max_sessions
            opened, offer = session or await open_session(lead, world, again=again)
            session = None
            if met := lead.already_met(offer.guest):
                return met
            try:
                slot = lead.pick(offer, opened)
            except Crowded:
                if (pause := next(pauses, None)) is None:
                    return CROWDED
                await world.pause(random.uniform(pause / 2, pause))  # noqa: S311  # spreads load, keeps no secret
                continue
            if slot is None:
                return without_slot(offer, row)
            sessions_left -= 1
            row, answer = await settled(spend(slot, offer, opened, lead, row, world), lead)
            if row.state != "planned" or isinstance(answer, INCURABLE) or not sessions_left:
                return after_booking(row, offer, answer, sender=lead.sender)
    except Overtaken as other:
        return on_record(other.row, lead)
    except errors.ChiliPiperError as error:
        return without_booking(error)


async def open_session(lead: Lead, world: RecordingWorld, *, again: bool = False) -> tuple[float, Offer]:
    """Whoever has lost a slot goes first, before others take what is left."""
    opened = world.now()
    offer = await patiently(lead.pattern.open(lead.interval), world, urgent=again)
    if offer.allowed:
        lead.scarcity.saw(lead.pattern.target, slots=bool(offer.slots))
    return opened, offer


async def begin(lead: Lead, world: RecordingWorld) -> Row:
    """What is on record, after what is in doubt was looked for. An old booking stays there until another is sent."""
    row = await world.begin(lead.row())
    if lead.is_due_again(row, world.wall()):
        row = replace(row, state="planned", meeting_id=None, booked_at=None, released=row.meeting_id)
    if lead.is_same_wish(row) and is_in_doubt(row, lead.bounds, world.wall(), sender=lead.sender):
        row = await reconcile(row, lead, world)
    return row


async def settled(
    spending: Coroutine[Any, Any, tuple[Row, Booked | Exception]], lead: Lead
) -> tuple[Row, Booked | Exception]:
    """Tell the leads beside this one what becomes of the slot that it has reserved."""
    fate: Fate = "free"
    try:
        row, answer = await spending
        fate = "taken" if row.state != "planned" else "free" if isinstance(answer, SLOT_UNTOUCHED) else "gone"
    finally:
        lead.settle(fate)
    return row, answer


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
        return await record(sent, "planned", world, reason=str(no)), no
    except Exception as doubt:  # noqa: BLE001  # whatever it is, somebody may have been invited
        return await doubted(doubt, offer, lead, sent, world), doubt
    return await record(sent, "booked", world, meeting=booked.meeting_id), booked
