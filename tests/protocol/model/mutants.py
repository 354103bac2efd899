"""Broken protocols that only several actors and time can tell from the true one."""

from __future__ import annotations

from tests.protocol.copies import UNCHECKED, Mutant

ASKS = "booked = await runtime.ask(call.by(send_by))"

SEND_BY = "    send_by = min(runtime.now() + SEND_WITHIN, opened + (offer.lifetime or inf))\n"

UPDATES = "    sent = await runtime.update(lead.sent(entry, slot, offer, runtime.wall()))\n"

GRACE = "return sent_at + lifetime + self.processing + self.list_lag + self.skew"

REBOOK = 'rebook = entry.policy == "rebook" and entry.state != "review" and may_rebook'

IS_OVER = "began > (entry.no_effect_after or inf)"

FREES = "    if _is_free(entry, evidence, began, may_rebook=may_rebook):\n        absent"

RECONCILES = '    bounds, may_rebook = lead.policy.bounds, lead.policy.bounds.in_doubt == "rebook"\n'

FITTING = "if fitting := here or [each for each in recent if _is_of(each, entry)]:"

LISTED = "listed = await meetings(runtime, start=start, end=end, guest=guest)"

SEVERAL_ACTORS = {
    "winner not compared": Mutant(
        "booking.ledger.entry", "return current.version == entry.replaces", "return True", "I4", "two runs at once"
    ),
    "a step back not compared": Mutant(
        "booking.ledger.entry",
        'if entry.state == "booked":\n        return current',
        'if entry.state in ("booked", "planned"):\n        return current',
        "I4: sent to planned",
        "a process wakes up while its lead is booked again",
    ),
    "a booked id overwritten": Mutant(
        "booking.ledger.entry",
        'return current.state in TRANSITIONS["booked"].sources',
        "return True",
        "transition 10",
        "an answer comes after its lead was released",
    ),
    "one meeting id in two entries": Mutant(
        "booking.ledger.memory",
        "if entry.meeting_id and self._is_held(",
        "if False and self._is_held(",
        "I5",
        "one meeting fits two leads",
    ),
    "a fresh `sent` booked again": Mutant(
        "booking.book",
        'if entry.state != "planned":\n            return on_record',
        'if entry.state not in ("planned", "sent"):\n            return on_record',
        "I4",
        "a second run meets a fresh call",
        [UNCHECKED],
    ),
    "a stale `sent` freed by its age": Mutant(
        "booking.doubt.reconcile",
        RECONCILES,
        f"""    if entry.state == "sent":
        return await _update(entry.to_freed(""), entry, runtime)
{RECONCILES}""",
        "I4",
        "a process sleeps between record and call",
    ),
    "`unknown` freed by time": Mutant(
        "booking.doubt.reconcile",
        REBOOK,
        'rebook = entry.state != "review"',
        "I4",
        "a process sleeps between record and call",
    ),
    "a policy loosened by a later run": Mutant(
        "booking.doubt.reconcile",
        REBOOK,
        'rebook = entry.state != "review" and may_rebook',
        "I4",
        "a later run allows what the first did not",
    ),
    "rebooking without a known lifetime": Mutant(
        "booking.doubt.bounds",
        'return self.in_doubt if offered_lifetime or self.session_lifetime else "hold"',
        "return self.in_doubt",
        "I1",
        "nobody knows when a session ends",
    ),
    "no deadline": Mutant(
        "booking.book", ASKS, "booked = await runtime.ask(call)", "I1", "a process sleeps between record and call"
    ),
    "deadline checked before the pace wait": Mutant(
        "booking.book",
        ASKS,
        f"""if runtime.now() > send_by:
            raise errors.NotSent("too late")
        await runtime.acquire(priority=True)
        {ASKS.replace(".by(send_by)", "")}""",
        "I1",
        "a process sleeps between record and call",
    ),
    "deadline counted from after the record": Mutant(
        "booking.book", SEND_BY + UPDATES, UPDATES + SEND_BY, "I1", "a process sleeps in its record"
    ),
    "grace without the session's life": Mutant(
        "booking.doubt.bounds",
        GRACE,
        GRACE.replace(" + lifetime", ""),
        "I1",
        "the latest meeting and the fastest clock",
    ),
    "grace without the processing time": Mutant(
        "booking.doubt.bounds",
        GRACE,
        GRACE.replace(" + self.processing", ""),
        "I1",
        "the latest meeting and the fastest clock",
    ),
    "grace without the list's lag": Mutant(
        "booking.doubt.bounds",
        GRACE,
        GRACE.replace(" + self.list_lag", ""),
        "I1",
        "the latest meeting and the fastest clock",
    ),
    "grace without skew": Mutant(
        "booking.doubt.bounds",
        GRACE,
        GRACE.replace(" + self.skew", ""),
        "I1",
        "the latest meeting and the fastest clock",
    ),
    "grace judged at the decision": Mutant(
        "booking.doubt.reconcile",
        FREES,
        FREES.replace("began", "runtime.wall()"),
        "I1",
        "the latest meeting and the fastest clock",
    ),
    "a sweep's grace judged at its end": Mutant(
        "booking.doubt.sweep",
        "_concluded(entry, evidence[entry.key], began,",
        "_concluded(entry, evidence[entry.key], runtime.wall(),",
        "I1",
        "a sweep goes to sleep",
    ),
    "no grace": Mutant(
        "booking.doubt.reconcile", f" and {IS_OVER}", "", "I1", "the latest meeting and the fastest clock"
    ),
    "a log believed before its time": Mutant(
        "booking.doubt.reconcile",
        IS_OVER,
        f"(evidence.proven_absent or {IS_OVER})",
        "I1",
        "the latest meeting and an open log",
    ),
    "a person too early": Mutant(
        "booking.ledger.person", "if wall <= no_effect_after:", "if False:", "I1", "a person speaks too early"
    ),
    "a release of what is not booked": Mutant(
        "booking.ledger.person",
        'if entry.state != "booked":\n        raise NotResolved',
        "if False:\n        raise NotResolved",
        "I4: sent to planned",
        "a person releases what is not booked",
        [UNCHECKED],
    ),
    "rebook that frees `review`": Mutant(
        "booking.doubt.reconcile",
        REBOOK,
        'rebook = entry.policy == "rebook" and may_rebook',
        "I9: review to planned",
        "a meeting is moved and moved away",
    ),
    "cancelled meetings not counted": Mutant(
        "booking.doubt.meeting_search",
        LISTED,
        LISTED.replace(")", ', statuses=("Active",))'),
        "I1",
        "a meeting is cancelled",
    ),
    "moved meetings not counted": Mutant(
        "booking.doubt.evidence", FITTING, "if fitting := here:", "I1", "a meeting is moved and moved away"
    ),
    "a list that failed taken for none": Mutant(
        "booking.doubt.meeting_search",
        LISTED,
        f"""try:
            {LISTED}
        except Exception:
            listed = []""",
        "I1",
        "the list cannot be asked",
    ),
}
