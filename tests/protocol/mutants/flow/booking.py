"""Broken protocols from the first call to what is recorded of its answer."""

from __future__ import annotations

from tests.protocol.mutant import UNCHECKED, Mutant

UPDATES = "sent = await recorded(lead.sent(entry, slot, offer, runtime.wall()), runtime)"
ASKS = "booked = await runtime.ask(call.by(send_by))"
OPENS = """    opened = runtime.now()
    offer = await with_retries(lead.pattern.open(lead.policy.interval), runtime, priority=again)
"""
NOT_PLANNED = 'if entry.state != "planned":\n            return on_record'
SEND_BY = "    send_by = min(runtime.now() + SEND_WITHIN, opened + (offer.lifetime or inf))\n"
NOT_UPDATED = """sent = lead.sent(entry, slot, offer, runtime.wall())
    try:
        await runtime.update(sent)
    except {}:
        pass"""

MUTANTS = {
    "booking asked with retries": Mutant(
        "booking.book",
        ASKS,
        "booked = await with_retries(replace(call.by(send_by), repeatable=True), runtime)",
        by_hand=("between the record and the call", "planned, sessions 1, tried answers"),
    ),
    "booking asked again without a place in the pace": Mutant(
        "booking.book",
        ASKS,
        f"""try:
            {ASKS}
        except errors.NoAnswer:
            {ASKS}""",
        by_hand=("I3|I2", "planned, query other guest, sessions 1, tried least"),
        crashes=("I2", "hold: answer lost after acting"),
    ),
    "a booking that says it may be repeated": Mutant(
        "booking.book",
        ASKS,
        ASKS.replace("call.by", "replace(call, repeatable=True).by"),
        by_hand=("I2", "planned, sessions 1, tried answers"),
    ),
    "on record after the call": Mutant(
        "booking.book",
        f"    {UPDATES}\n    try:\n        {ASKS}",
        f"    try:\n        {ASKS}\n        {UPDATES}",
        by_hand=("I3", "planned, sessions 1, tried answers"),
    ),
    "the place in the pace taken after the record": Mutant(
        "booking.book",
        ASKS,
        f"await runtime.acquire(priority=True)\n        {ASKS}",
        by_hand=("between the record", "planned, sessions 1, tried answers"),
    ),
    "the version not compared": Mutant(
        "booking.book",
        UPDATES,
        NOT_UPDATED.format("Conflict"),
        by_hand=("I3", "planned, query other guest, sessions 1, tried least"),
    ),
    "sent although that is not on record": Mutant(
        "booking.book",
        UPDATES,
        NOT_UPDATED.format("LedgerFailed"),
        by_hand=("I3", "planned, query other guest, sessions 1, tried least"),
        crashes=("I3", "hold: `sent` not taken"),
    ),
    "a session reused for the next slot": Mutant(
        "booking.book",
        "        session = None\n",
        "        session = opened, offer\n",
        by_hand=("I7", "absent"),
        crashes=("I7", "hold: stolen slot in a coded 4xx"),
    ),
    "no deadline": Mutant(
        "booking.book",
        "call.by(send_by)",
        "call",
        by_hand=("too late", "planned, sessions 1, tried answers"),
        schedule=("I1", "a process sleeps between record and call"),
    ),
    "a deadline that counts from after the record": Mutant(
        "booking.book",
        f"{SEND_BY}    {UPDATES}\n",
        f"    {UPDATES}\n{SEND_BY}",
        by_hand=("too late", "planned, sessions 1, tried answers"),
        schedule=("I1", "a process sleeps in its record"),
    ),
    "a deadline beyond the session's life": Mutant(
        "booking.book",
        ", opened + (offer.lifetime or inf))",
        ", inf)",
        by_hand=("too late", "planned, sessions 1, tried answers"),
    ),
    "a life that counts from the offer": Mutant(
        "booking.book",
        OPENS,
        "    offer = await with_retries(lead.pattern.open(lead.policy.interval), runtime)\n"
        "    opened = runtime.now()\n",
        by_hand=("too late", "planned, sessions 1, tried answers"),
    ),
    "booked, and not on record": Mutant(
        "booking.book",
        'return await record(sent.to_booked(booked.meeting_id, at=runtime.wall(), reason=""), sent, runtime), booked',
        'return sent.to_booked(booked.meeting_id, at=runtime.wall(), reason=""), booked',
        by_hand=("I6", "planned, sessions 1, tried answers"),
    ),
    "a step back that is not on record": Mutant(
        "booking.record_answer",
        "        return await record(sent.to_freed(reason), sent, runtime)\n    if means",
        "        return sent.to_freed(reason)\n    if means",
        by_hand=("I3|I6", "planned, sessions 1, tried answers"),
    ),
    "an entry in doubt booked again": Mutant(
        "booking.book",
        NOT_PLANNED,
        NOT_PLANNED.replace('!= "planned"', 'not in ("planned", "unknown")'),
        by_hand=("I1|I4|another", "unknown, query other guest, policy rebook"),
    ),
    "a sent entry booked again": Mutant(
        "booking.book",
        NOT_PLANNED,
        NOT_PLANNED.replace('!= "planned"', 'not in ("planned", "sent")'),
        UNCHECKED,
        by_hand=("I1|I4|fresh", "sent, sessions 1, policy rebook, age 1.0, tried less"),
        schedule=("I4", "a second run meets a fresh call"),
        crashes=("I4", "hold: list that fails"),
    ),
    "a booked entry booked again": Mutant(
        "booking.book",
        NOT_PLANNED,
        NOT_PLANNED.replace('!= "planned"', 'not in ("planned", "booked")'),
        by_hand=("I4|I8", "planned, sessions 1, tried answers"),
        crashes=("I8", "hold: none"),
    ),
    "an entry for a person to judge booked again": Mutant(
        "booking.book",
        NOT_PLANNED,
        NOT_PLANNED.replace('!= "planned"', 'not in ("planned", "review")'),
        by_hand=("I1|I4|another", "review, query other guest, policy rebook"),
    ),
    "who is given up booked again": Mutant(
        "booking.book",
        NOT_PLANNED,
        NOT_PLANNED.replace('!= "planned"', 'not in ("planned", "abandoned")'),
        by_hand=("I9", "abandoned, query other guest, policy rebook"),
    ),
    "an entry that does not have its session": Mutant(
        "booking.lead",
        "            session=offer.session,\n",
        "",
        by_hand=("I3|before a look", "planned, sessions 1, tried answers"),
    ),
    "an entry that does not have its slot": Mutant(
        "booking.lead",
        "            slot=slot.start_as_sent,\n",
        "",
        by_hand=("I3", "planned, sessions 1, tried answers"),
    ),
    "an entry that does not have its sender": Mutant(
        "booking.lead",
        "            sender=self.policy.sender,\n",
        "",
        by_hand=("I3", "planned, sessions 1, tried answers"),
    ),
    "another id on record": Mutant(
        "booking.book", "to_booked(booked.meeting_id, at", "to_booked(sent.session, at", crashes=("I5", "hold: none")
    ),
    "a deadline checked before the place in the pace": Mutant(
        "booking.book",
        ASKS,
        f"""if runtime.now() > send_by:
            raise errors.NotSent("too late")
        await runtime.acquire(priority=True)
        {ASKS.replace(".by(send_by)", "")}""",
        schedule=("I1", "a process sleeps between record and call"),
    ),
}
