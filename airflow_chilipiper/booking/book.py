"""Why nobody is invited twice: the whole protocol, on one screen.

1. `begin`: act on what is on record, and find out about what is in doubt; only a `planned` lead goes on.
2. Open a session and choose a slot. This may be repeated.
3. Wait for the booking's place in the pace: nothing waits after the next step.
4. Record the entry as `sent`. That is durable before a byte leaves, and whoever is overtaken does not send.
5. Exactly one booking call. It leaves within two seconds of step 4 and within the session's life, or not at all.
6. A meeting id: `booked`. A no, looked at where `doubt/refusals.py` says so: `planned`, and a fresh session if that
   can help. Anything else is doubt: `unknown`, and nobody books this lead again without evidence.
"""

from __future__ import annotations

import random
from collections.abc import Coroutine
from math import inf
from typing import Any

from airflow_chilipiper.api import errors
from airflow_chilipiper.api.patterns.offer import Booked, Offer
from airflow_chilipiper.api.patterns.slots import Slot
from airflow_chilipiper.api.retry import with_retries
from airflow_chilipiper.booking.doubt.reconcile import is_in_doubt, reconcile
from airflow_chilipiper.booking.doubt.refusals import leaves_slot
from airflow_chilipiper.booking.lead import Lead
from airflow_chilipiper.booking.ledger.entry import Conflict, Entry, LedgerFailed
from airflow_chilipiper.booking.ledger.runtime import LedgerRuntime, RecordingRuntime
from airflow_chilipiper.booking.outcome import Outcome
from airflow_chilipiper.booking.outcome_rules import (
    ALL_RESERVED,
    SPARED,
    after_booking,
    on_record,
    without_booking,
    without_slot,
)
from airflow_chilipiper.booking.record_answer import record, record_failure
from airflow_chilipiper.booking.slots.reservations import AllReserved, Resolution
from airflow_chilipiper.booking.turn import Turn

SEND_WITHIN = 2.0
# Seconds; by then the others have booked what they reserved, or not.
ALL_RESERVED_PAUSES = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0)


async def book(lead: Lead, runtime: LedgerRuntime, *, session: tuple[float, Offer] | None = None) -> Outcome:
    """At most one meeting for *lead* within its purpose, whatever happens in between.

    A *session* that is open already, with the runtime's time before it was opened, is spent first.
    """
    try:
        entry = await begin(lead, runtime)
        if entry.state != "planned":
            return on_record(entry, lead)
        with Turn(lead, runtime) as turn:
            return await book_in_turn(lead, entry, turn, runtime, session)
    except Conflict as other:
        return on_record(other.entry, lead)
    except errors.ChiliPiperError as error:
        return without_booking(error)


async def book_alone(lead: Lead, runtime: RecordingRuntime, session: tuple[float, Offer]) -> Outcome:
    """A run of this one lead, whose session is open already."""
    try:
        return await book(lead, runtime, session=session)
    finally:
        await runtime.undo_unsent()


async def book_in_turn(
    lead: Lead, entry: Entry, turn: Turn, runtime: LedgerRuntime, session: tuple[float, Offer] | None
) -> Outcome:
    """Book a lead that is free, as the only one of its guest in this run: steps 2 to 6."""
    if known := await turn.known(lead.pattern.guest):
        return known
    sessions_left, pauses = lead.policy.max_sessions, iter(ALL_RESERVED_PAUSES)
    while True:
        if session is None and lead.policy.breaker.spares(lead.pattern.target):
            return SPARED
        again = sessions_left < lead.policy.max_sessions
        opened, offer = session or await open_session(lead, runtime, again=again)
        session = None
        if known := await turn.known(offer.guest):
            return known
        if opened < turn.waited_until:
            continue
        try:
            slot = lead.pick(offer, opened)
        except AllReserved:
            if (pause := next(pauses, None)) is None:
                return ALL_RESERVED
            await runtime.pause(random.uniform(pause / 2, pause))  # noqa: S311  # spreads load, keeps no secret
            continue
        if slot is None:
            return without_slot(offer, entry)
        sessions_left -= 1
        entry, answer = await with_slot_resolved(spend(slot, offer, opened, turn, entry, runtime), lead)
        turn.may_be_invited = entry.state != "planned"
        if entry.state != "planned" or isinstance(answer, errors.INCURABLE) or not sessions_left:
            return after_booking(entry, offer, answer, sender=lead.policy.sender)


async def open_session(lead: Lead, runtime: LedgerRuntime, *, again: bool = False) -> tuple[float, Offer]:
    """Whoever has lost a slot goes first, before others take what is left."""
    opened = runtime.now()
    offer = await with_retries(lead.pattern.open(lead.policy.interval), runtime, priority=again)
    if offer.allowed:
        lead.policy.breaker.saw(lead.pattern.target, slots=bool(offer.slots))
    return opened, offer


async def begin(lead: Lead, runtime: LedgerRuntime) -> Entry:
    """What is on record, after what is in doubt was looked for. An old booking stays there until another is sent."""
    entry = await runtime.get_or_create(lead.new_entry())
    if lead.is_due_again(entry, runtime.wall()):
        entry = entry.due_again()
    if lead.is_same_request(entry) and is_in_doubt(
        entry, lead.policy.bounds, runtime.wall(), sender=lead.policy.sender
    ):
        entry = await reconcile(entry, lead, runtime)
    return entry


async def with_slot_resolved(
    spending: Coroutine[Any, Any, tuple[Entry, Booked | Exception]], lead: Lead
) -> tuple[Entry, Booked | Exception]:
    """Let the leads beside this one know what became of the slot that it has reserved."""
    resolution: Resolution = "returned"
    try:
        entry, answer = await spending
        resolution = _resolution(entry, answer)
    finally:
        lead.choice.resolve(resolution)
    return entry, answer


def _resolution(entry: Entry, answer: Booked | Exception) -> Resolution:
    if entry.state != "planned":
        return "consumed"
    return "returned" if isinstance(answer, Exception) and leaves_slot(answer) else "lost"


async def spend(
    slot: Slot, offer: Offer, opened: float, turn: Turn, entry: Entry, runtime: LedgerRuntime
) -> tuple[Entry, Booked | Exception]:
    """Spend the session on *slot*: steps 3 to 6, and the only place from which anybody can be invited."""
    lead = turn.lead
    call = lead.pattern.book(slot, offer)
    await runtime.acquire(priority=True)
    runtime.sessions.check(offer.session)
    turn.may_be_invited = True
    send_by = min(runtime.now() + SEND_WITHIN, opened + (offer.lifetime or inf))
    sent = await recorded(lead.sent(entry, slot, offer, runtime.wall()), runtime)
    try:
        booked = await runtime.ask(call.by(send_by))
        runtime.sessions.check(offer.session)
    except Exception as failure:  # noqa: BLE001  # unless it is a no, somebody may have been invited
        return await record_failure(failure, offer, lead, sent, runtime), failure
    return await record(sent.to_booked(booked.meeting_id, at=runtime.wall(), reason=""), sent, runtime), booked


async def recorded(sent: Entry, runtime: LedgerRuntime) -> Entry:
    """Durable once it returns. Where the ledger does not say so nothing is sent, and the end of the run undoes it."""
    try:
        return await runtime.update(sent)
    except LedgerFailed:
        runtime.unsent.append(sent)
        raise
