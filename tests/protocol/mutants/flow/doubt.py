"""Broken protocols of what is recorded in doubt."""

from __future__ import annotations

from tests.protocol.mutant import UNCHECKED, Mutant

BOOKED_IF_FOUND = """    if evidence.meeting_id:
        found = sent.to_booked(evidence.meeting_id, at=runtime.wall(), reason=reason)
        return await record(found, sent, runtime"""

MUTANTS = {
    "booked again in doubt, since somebody set it free": Mutant(
        "booking.record_answer",
        'other.entry.not_on_record("unknown", reason=change.reason) if freed_in_doubt else other.entry',
        "other.entry",
        by_hand=("I4|I6", "absent, sessions 1, literal True, tried less"),
    ),
    "a second meeting passed over": Mutant(
        "booking.doubt.reconcile",
        "if not found or on_record.meeting_id in (None, found):",
        "if found:",
        by_hand=("two meetings, and no alarm", "unknown, sessions 1, tried less"),
    ),
    "a second meeting passed over where it was answered": Mutant(
        "booking.record_answer",
        "if alarm := two_meetings(",
        "if alarm := None and (",
        by_hand=("two meetings, and no alarm", "absent, sessions 1, literal True, tried less"),
    ),
    "a second meeting passed over where it was found": Mutant(
        "booking.doubt.reconcile",
        "return two_meetings(entry, other.entry, change.meeting_id) or other.entry",
        "return other.entry",
        by_hand=("two meetings, and no alarm", "unknown, sessions 1, tried less"),
    ),
    "the list watched for the call of another": Mutant(
        "booking.record_answer",
        "look(sent, guests,",
        "look(unknown, guests,",
        by_hand=("nobody looked for whoever was invited", "absent, sessions 1, invited crm id of nobody, tried less"),
    ),
    "a list that was watched, and what it shows passed over": Mutant(
        "booking.record_answer",
        BOOKED_IF_FOUND + ")\n    return replace",
        BOOKED_IF_FOUND.replace("if evidence.meeting_id:", "if False:") + ")\n    return replace",
        by_hand=("passed over", "planned, query other guest, sessions 1, tried least"),
    ),
    "a meeting that is found put on the entry of another call": Mutant(
        "booking.record_answer",
        "reason)\n        return await record(found, sent, runtime)\n    return replace",
        "reason)\n"
        "        found = unknown.to_booked(evidence.meeting_id, at=runtime.wall(), reason=reason)\n"
        "        return await record(found, unknown, runtime)\n    return replace",
        UNCHECKED,
        by_hand=("is of another call", "absent, sessions 1, policy rebook, tried less"),
    ),
    "an outcome that forgets a ledger failure": Mutant(
        "booking.record_answer",
        'return sent.not_on_record("unknown", meeting_id=change.meeting_id',
        "return sent.not_on_record(change.state, meeting_id=change.meeting_id",
        by_hand=("I3|I6", "absent, sessions 1, literal True, tried less"),
    ),
    "a watched list that failed taken for none": Mutant(
        "booking.record_answer",
        "return replace(unknown, reason=_not_asked(reason, error))",
        "return await record(unknown.to_freed(reason), unknown, runtime)",
        by_hand=("a list that failed", "planned, query other guest, sessions 1, tried least"),
    ),
    "a watched list that shows none taken for a no": Mutant(
        "booking.record_answer",
        "    return replace(unknown, reason=joined(reason, evidence.ambiguous))",
        "    return await record(unknown.to_freed(reason), unknown, runtime)",
        by_hand=("set free", "unknown, sessions 1, invited crm id of nobody, tried less"),
    ),
    "a meeting of another lead taken for a no": Mutant(
        "booking.record_answer",
        "(if_taken or sent.to_doubted)",
        "(if_taken or sent.to_freed)",
        by_hand=("set free", "absent, sessions 1, literal True, tried less"),
    ),
}
