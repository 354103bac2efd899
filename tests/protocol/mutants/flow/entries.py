"""Broken ledgers, and people whom they obey: who may change an entry, from what to what, and what is said of it."""

from __future__ import annotations

from tests.protocol.mutant import UNCHECKED, Mutant

MUTANTS = {
    "winner not compared": Mutant(
        "booking.ledger.entry",
        "return current.version == entry.replaces",
        "return True",
        schedule=("I4", "two runs at once"),
    ),
    "a step back not compared": Mutant(
        "booking.ledger.entry",
        'if entry.state == "booked":\n        return current',
        'if entry.state in ("booked", "planned"):\n        return current',
        schedule=("I4: sent to planned", "a process wakes up while its lead is booked again"),
    ),
    "a booked id overwritten": Mutant(
        "booking.ledger.entry",
        'return current.state in TRANSITIONS["booked"].sources',
        "return True",
        schedule=("transition 10", "an answer comes after its lead was released"),
    ),
    "one meeting id in two entries": Mutant(
        "booking.ledger.memory",
        "if entry.meeting_id and self._is_held(",
        "if False and self._is_held(",
        schedule=("I5", "one meeting fits two leads"),
    ),
    "a person too early": Mutant(
        "booking.ledger.person",
        "if wall <= no_effect_after:",
        "if False:",
        schedule=("I1", "a person speaks too early"),
    ),
    "a preview of who is in doubt": Mutant(
        "booking.outcome_rules",
        'if entry is not None and entry.state != "planned" and',
        'if entry is not None and entry.state not in ("planned", "sent") and',
        schedule=("I10", "somebody asks for a preview at any time"),
    ),
    "a release of what is not booked": Mutant(
        "booking.ledger.person",
        'if entry.state != "booked":\n        raise NotResolved',
        "if False:\n        raise NotResolved",
        UNCHECKED,
        schedule=("I4: sent to planned", "a person releases what is not booked"),
    ),
}
