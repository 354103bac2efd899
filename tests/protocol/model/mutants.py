"""Broken protocols: those that only several actors and time can tell from the true one, and those that crashes can."""

from __future__ import annotations

from typing import NamedTuple


class Mutant(NamedTuple):
    """The text that is replaced, by what, and the law that is then broken."""

    text: str
    instead: str
    law: str


ASKS = "booked = await runtime.ask(call.by(send_by))"
SEND_BY = "    send_by = min(runtime.now() + SEND_WITHIN, opened + (offer.lifetime or inf))\n"
MARKS = "    sent = await runtime.update(lead.sent(entry, slot, offer, runtime.wall()))\n"
GRACE = "return sent_at + lifetime + self.processing + self.list_lag + self.skew"
REBOOK = 'rebook = entry.policy == "rebook" and entry.state != "review" and may_rebook'
IS_OVER = "began > (entry.no_effect_after or inf)"
FREES = "    if _is_free(entry, evidence, began, may_rebook=may_rebook):\n        told"
RECONCILES = '    bounds, may_rebook = lead.bounds, lead.bounds.in_doubt == "rebook"\n'
FITTING = "if fitting := here or [each for each in recent if _is_of(each, entry)]:"
LISTED = "listed = await meetings(runtime, start=start, end=end, guest=guest)"

DEFINITE = "DEFINITE_NO = ("

SEVERAL_ACTORS = {
    "winner not compared": Mutant("return current.version == entry.replaces", "return True", "I4"),
    "a step back not compared": Mutant(
        'if entry.state == "booked":\n        return current',
        'if entry.state in ("booked", "planned"):\n        return current',
        "I4: sent to planned",
    ),
    "a booked id overwritten": Mutant('return current.state != "booked"', "return True", "transition 10"),
    "one meeting id in two entries": Mutant(
        "if entry.meeting_id and self._is_held(", "if False and self._is_held(", "I5"
    ),
    "a fresh `sent` booked again": Mutant(
        'if entry.state != "planned":\n            return on_record',
        'if entry.state not in ("planned", "sent"):\n            return on_record',
        "I4",
    ),
    "a stale `sent` freed by its age": Mutant(
        RECONCILES,
        f"""    if entry.state == "sent":
        return await _update(entry.to("planned"), entry, runtime)
{RECONCILES}""",
        "I4",
    ),
    "`unknown` freed by time": Mutant(REBOOK, 'rebook = entry.state != "review"', "I4"),
    "a policy loosened by a later run": Mutant(REBOOK, 'rebook = entry.state != "review" and may_rebook', "I4"),
    "rebooking without a known lifetime": Mutant(
        'return self.in_doubt if offered_lifetime or self.session_lifetime else "hold"',
        "return self.in_doubt",
        "I1",
    ),
    "no deadline": Mutant(ASKS, "booked = await runtime.ask(call)", "I1"),
    "deadline checked before the pace wait": Mutant(
        ASKS,
        f"""if runtime.now() > send_by:
            raise errors.NotSent("too late")
        await runtime.acquire(priority=True)
        {ASKS.replace(".by(send_by)", "")}""",
        "I1",
    ),
    "deadline counted from after the version": Mutant(SEND_BY + MARKS, MARKS + SEND_BY, "I1"),
    "grace without the session's life": Mutant(GRACE, GRACE.replace(" + lifetime", ""), "I1"),
    "grace without the processing time": Mutant(GRACE, GRACE.replace(" + self.processing", ""), "I1"),
    "grace without the list's lag": Mutant(GRACE, GRACE.replace(" + self.list_lag", ""), "I1"),
    "grace without skew": Mutant(GRACE, GRACE.replace(" + self.skew", ""), "I1"),
    "grace judged at the decision": Mutant(FREES, FREES.replace("began", "runtime.wall()"), "I1"),
    "a sweep's grace judged at its end": Mutant(
        "_concluded(entry, evidence[entry.key], began,", "_concluded(entry, evidence[entry.key], runtime.wall(),", "I1"
    ),
    "no grace": Mutant(f" and {IS_OVER}", "", "I1"),
    "a log believed before its time": Mutant(IS_OVER, f"(evidence.proven_absent or {IS_OVER})", "I1"),
    "a person too early": Mutant("if wall <= no_effect_after:", "if False:", "I1"),
    "a release of what is not booked": Mutant(
        'if entry.state != "booked":\n        raise NotResolved',
        "if False:\n        raise NotResolved",
        "I4: sent to planned",
    ),
    "rebook that frees `review`": Mutant(
        REBOOK, 'rebook = entry.policy == "rebook" and may_rebook', "I9: review to planned"
    ),
    "cancelled meetings not counted": Mutant(LISTED, LISTED.replace(")", ', statuses=("Active",))'), "I1"),
    "moved meetings not counted": Mutant(FITTING, "if fitting := here:", "I1"),
    "a list that failed taken for none": Mutant(
        LISTED,
        f"""try:
            {LISTED}
        except ChiliPiperError:
            listed = []""",
        "I1",
    ),
}

CRASHES = {
    "no answer taken for a no": Mutant(DEFINITE, f"{DEFINITE}errors.NoAnswer, ", "I1"),
    "5xx taken for a no": Mutant(DEFINITE, f"{DEFINITE}errors.ServerBroken, ", "I1"),
    "sent although the version failed": Mutant(
        MARKS,
        f"""    try:
    {MARKS}    except Conflict:
        raise
    except Exception:
        sent = lead.sent(entry, slot, offer, runtime.wall())
""",
        "I3",
    ),
    "asked again": Mutant(
        ASKS,
        f"""try:
            {ASKS}
        except errors.NoAnswer:
            {ASKS}""",
        "I2",
    ),
    "a session spent on the next slot too": Mutant(
        "            session = None\n",
        "            session = opened, offer\n",
        "I7",
    ),
    "a booked lead opened again": Mutant(
        'if entry.state != "planned":\n            return on_record',
        'if entry.state not in ("planned", "booked"):\n            return on_record',
        "I8",
    ),
    "a surprise that escapes": Mutant("except Exception as doubt:", "except errors.Refused as doubt:", "I6"),
    "another id on record": Mutant("meeting=booked.meeting_id), booked", "meeting=sent.session), booked", "I5"),
    "a `sent` of an earlier try booked again": SEVERAL_ACTORS["a fresh `sent` booked again"],
    "a stale `sent` freed by its age": SEVERAL_ACTORS["a stale `sent` freed by its age"],
    "`unknown` freed by time": SEVERAL_ACTORS["`unknown` freed by time"],
    "silence never counts": Mutant(IS_OVER, "False", "never lost"),
    "`unknown` never looked at again": Mutant(
        'return entry.state in ("unknown", "review")', 'return entry.state == "review"', "never lost"
    ),
    "a stale `sent` never looked at": Mutant(
        "return _is_earlier_try(entry.sender, sender) or bounds.is_over(entry.sent_at or 0.0, wall)",
        "return False",
        "never lost",
    ),
}
