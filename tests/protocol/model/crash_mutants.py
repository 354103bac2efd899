"""Broken protocols that crashes and lost answers can tell from the true one."""

from __future__ import annotations

from tests.protocol.copies import Mutant
from tests.protocol.model.mutants import ASKS, IS_OVER, SEVERAL_ACTORS, UPDATES

DEFINITE = "except errors.DEFINITE_NO as no:"

CRASHES = {
    "no answer taken for a no": Mutant(
        "booking.book",
        DEFINITE,
        "except (errors.NoAnswer, *errors.DEFINITE_NO) as no:",
        "I1",
        "hold: answer lost after acting",
    ),
    "5xx taken for a no": Mutant(
        "booking.book",
        DEFINITE,
        "except (errors.ServerBroken, *errors.DEFINITE_NO) as no:",
        "I1",
        "hold: 5xx after acting",
    ),
    "sent although that is not on record": Mutant(
        "booking.book",
        UPDATES,
        f"""    try:
    {UPDATES}    except Conflict:
        raise
    except Exception:
        sent = lead.sent(entry, slot, offer, runtime.wall())
""",
        "I3",
        "hold: `sent` not taken",
    ),
    "asked again": Mutant(
        "booking.book",
        ASKS,
        f"""try:
            {ASKS}
        except errors.NoAnswer:
            {ASKS}""",
        "I2",
        "hold: answer lost after acting",
    ),
    "a session spent on the next slot too": Mutant(
        "booking.book",
        "            session = None\n",
        "            session = opened, offer\n",
        "I7",
        "hold: stolen slot in a coded 4xx",
    ),
    "a booked lead opened again": Mutant(
        "booking.book",
        'if entry.state != "planned":\n            return on_record',
        'if entry.state not in ("planned", "booked"):\n            return on_record',
        "I8",
        "hold: none",
    ),
    "a surprise that escapes": Mutant(
        "booking.book",
        "except Exception as doubt:",
        "except errors.Refused as doubt:",
        "I6",
        "hold: answer lost after acting",
    ),
    "another id on record": Mutant(
        "booking.book", "to_booked(booked.meeting_id, at", "to_booked(sent.session, at", "I5", "hold: none"
    ),
    "a `sent` of an earlier try booked again": SEVERAL_ACTORS["a fresh `sent` booked again"]._replace(
        scenario="hold: list that fails"
    ),
    "a stale `sent` freed by its age": SEVERAL_ACTORS["a stale `sent` freed by its age"]._replace(
        scenario="hold: none"
    ),
    "`unknown` freed by time": SEVERAL_ACTORS["`unknown` freed by time"]._replace(scenario="hold: none"),
    "silence never counts": Mutant("booking.doubt.reconcile", IS_OVER, "False", "never lost", "rebook: none"),
    "`unknown` never looked at again": Mutant(
        "booking.doubt.reconcile",
        'return entry.state in ("unknown", "review")',
        'return entry.state == "review"',
        "never lost",
        "hold: answer lost after acting",
    ),
    "a stale `sent` never looked at": Mutant(
        "booking.doubt.reconcile",
        "return _is_earlier_try(entry.sender, sender) or bounds.is_over(entry.sent_at or 0.0, wall)",
        "return False",
        "never lost",
        "hold: none",
    ),
}
