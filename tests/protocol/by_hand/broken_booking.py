"""Broken protocols from the first call to what is marked for its answer."""

from __future__ import annotations

from tests.protocol.by_hand.mutants import Mutant

BOOKED_IF_FOUND = """    if evidence.meeting_id:
        return await record(sent, "booked", runtime, meeting=evidence.meeting_id"""
MARKS = "sent = await runtime.update(lead.sent(entry, slot, offer, runtime.wall()))"
ASKS = "booked = await runtime.ask(call.by(send_by))"
DEFINITE = "DEFINITE_NO = ("
OPENS = """    opened = runtime.now()
    offer = await with_retries(lead.pattern.open(lead.interval), runtime, priority=again)
"""
NOT_PLANNED = 'if entry.state != "planned":\n            return on_record'
SEND_BY = "    send_by = min(runtime.now() + SEND_WITHIN, opened + (offer.lifetime or inf))\n"
UNMARKED = """sent = lead.sent(entry, slot, offer, runtime.wall())
    try:
        await runtime.update(sent)
    except {}:
        pass"""
TAKEN_FOR_A_NO = "I4|I5|I6|set free"

# From the first call to what is marked for its answer.
OF_BOOKING = {
    "booking asked with_retries": Mutant(
        "booking.book",
        ASKS,
        "booked = await with_retries(replace(call.by(send_by), repeatable=True), runtime)",
        "between the version and the call",
    ),
    "booking asked again without a turn": Mutant(
        "booking.book",
        ASKS,
        f"""try:
            {ASKS}
        except errors.NoAnswer:
            {ASKS}""",
        "I3|I2",
    ),
    "a booking that says it may be repeated": Mutant(
        "booking.book", ASKS, ASKS.replace("call.by", "replace(call, repeatable=True).by"), "I2"
    ),
    "version after the call": Mutant(
        "booking.book",
        f"    {MARKS}\n    try:\n        {ASKS}",
        f"    try:\n        {ASKS}\n        {MARKS}",
        "I3",
    ),
    "the turn taken after the version": Mutant(
        "booking.book", ASKS, f"await runtime.acquire(priority=True)\n        {ASKS}", "between the version"
    ),
    "version not compared": Mutant("booking.book", MARKS, UNMARKED.format("Conflict"), "I3"),
    "sent although the version failed": Mutant("booking.book", MARKS, UNMARKED.format("LedgerFailed"), "I3"),
    "a session reused for the next slot": Mutant(
        "booking.book", "            session = None\n", "            session = opened, offer\n", "I7"
    ),
    "no deadline": Mutant("booking.book", "call.by(send_by)", "call", "too late"),
    "a deadline that counts from after the version": Mutant(
        "booking.book", f"{SEND_BY}    {MARKS}\n", f"    {MARKS}\n{SEND_BY}", "too late"
    ),
    "a deadline beyond the session's life": Mutant(
        "booking.book", ", opened + (offer.lifetime or inf))", ", inf)", "too late"
    ),
    "a life that counts from the offer": Mutant(
        "booking.book",
        OPENS,
        "    offer = await with_retries(lead.pattern.open(lead.interval), runtime)\n    opened = runtime.now()\n",
        "too late",
    ),
    "booked, and not on record": Mutant(
        "booking.book",
        'return await record(sent, "booked", runtime, meeting=booked.meeting_id), booked',
        'return sent.to("booked", meeting_id=booked.meeting_id), booked',
        "I6",
    ),
    "a step back that is not on record": Mutant(
        "booking.book",
        'return await record(sent, "planned", runtime, reason=str(no)), no',
        'return sent.to("planned"), no',
        "I3|I6",
    ),
    "an entry in doubt booked again": Mutant(
        "booking.book",
        NOT_PLANNED,
        NOT_PLANNED.replace('!= "planned"', 'not in ("planned", "unknown")'),
        "I1|I4|another",
    ),
    "a sent entry booked again": Mutant(
        "booking.book", NOT_PLANNED, NOT_PLANNED.replace('!= "planned"', 'not in ("planned", "sent")'), "I1|I4|fresh"
    ),
    "a booked entry booked again": Mutant(
        "booking.book", NOT_PLANNED, NOT_PLANNED.replace('!= "planned"', 'not in ("planned", "booked")'), "I4|I8"
    ),
    "an entry for a person to judge booked again": Mutant(
        "booking.book",
        NOT_PLANNED,
        NOT_PLANNED.replace('!= "planned"', 'not in ("planned", "review")'),
        "I1|I4|another",
    ),
    "who is given up booked again": Mutant(
        "booking.book", NOT_PLANNED, NOT_PLANNED.replace('!= "planned"', 'not in ("planned", "abandoned")'), "I9"
    ),
    "an entry that does not tell its session": Mutant(
        "booking.lead", "            session=offer.session,\n", "", "I3|before a look"
    ),
    "an entry that does not tell its slot": Mutant("booking.lead", "            slot=slot.start_as_sent,\n", "", "I3"),
    "an entry that does not tell its sender": Mutant("booking.lead", "            sender=self.sender,\n", "", "I3"),
}

# What is taken for a no.
OF_NOES = {
    f"{what} taken for a no": Mutant("booking.book", DEFINITE, f"{DEFINITE}{kind}, ", TAKEN_FOR_A_NO)
    for what, kind in {
        "no answer": "errors.NoAnswer",
        "5xx": "errors.ServerBroken",
        "an unreadable answer": "errors.Unreadable",
        "a used session": "errors.SessionGone",
        "an own 404": "errors.NotFound",
        "any 4xx": "errors.Refused",
        "a surprise": "RuntimeError",
    }.items()
} | {
    "503 with Retry-After taken for a no": Mutant(
        "api.http.answer", "status == 503 and call.repeatable and", "status == 503 and", TAKEN_FOR_A_NO
    ),
    "404 and 410 without an envelope taken for a no": Mutant(
        "api.http.answer",
        "return NotFound if answer.status == 404 else ServerBroken",
        "return BadRequest if answer.status in (404, 410) else ServerBroken",
        TAKEN_FOR_A_NO,
    ),
    "an unknown 4xx taken for a no": Mutant(
        "api.http.answer",
        "return NotFound if answer.status == 404 else ServerBroken",
        "return NotFound if answer.status == 404 else BadRequest",
        TAKEN_FOR_A_NO,
    ),
    "a cancelled call that frees the entry": Mutant(
        "booking.book",
        "except DEFINITE_NO as no:",
        "except (*DEFINITE_NO, BaseException) as no:",
        TAKEN_FOR_A_NO,
    ),
    "a coded 4xx taken for a no without the look": Mutant(
        "booking.record_answer",
        "evidence = evidence_in(await at_slot(sent, (), runtime), sent, skew=lead.bounds.skew)",
        "evidence = evidence_in([], sent, skew=lead.bounds.skew)",
        "not looked at",
    ),
    "a no looked at in our spelling of the guest alone": Mutant(
        "booking.record_answer",
        "at_slot(sent, (), runtime)",
        "at_slot(sent, (lead.pattern.guest,), runtime)",
        "not looked at",
    ),
    "a list that failed taken for none found": Mutant(
        "booking.record_answer",
        'return await record(sent, "unknown", runtime, reason=_unasked(reason, error))',
        'return await record(sent, "planned", runtime, reason=_unasked(reason, error))',
        "a list that failed",
    ),
    "a meeting that may be ours passed over": Mutant(
        "booking.record_answer",
        "    if evidence.ambiguous:\n        return",
        "    if evidence.ambiguous and False:\n        return",
        "set free against",
    ),
    "a meeting that was found passed over": Mutant(
        "booking.record_answer",
        BOOKED_IF_FOUND + ", if_taken",
        BOOKED_IF_FOUND.replace("evidence.meeting_id:", "False:") + ", if_taken",
        "set free against",
    ),
    "a doubt that nobody may take for a no, looked at like one": Mutant(
        "booking.record_answer", "if is_worth_a_look(doubt) and guests:", "if guests:", TAKEN_FOR_A_NO
    ),
    "a no looked at where nobody knows the guest": Mutant(
        "booking.record_answer",
        "if is_worth_a_look(doubt) and guests:",
        "if is_worth_a_look(doubt):",
        "not looked at",
    ),
    "a used session worth a look": Mutant(
        "booking.doubt.reconcile",
        "isinstance(doubt, (SessionGone, ServerBroken))",
        "isinstance(doubt, ServerBroken)",
        "set free",
    ),
    "an answer without envelope worth a look": Mutant(
        "booking.doubt.reconcile", "doubt.code is not None and ", "", "set free"
    ),
    "a 408 worth a look": Mutant(
        "booking.doubt.reconcile",
        "isinstance(doubt, (SessionGone, ServerBroken))",
        "isinstance(doubt, SessionGone)",
        "set free",
    ),
    "only one of those who may be invited looked for": Mutant(
        "booking.lead",
        "known = filter(None, (self.pattern.guest, offer.guest))",
        "known = filter(None, (self.pattern.guest or offer.guest,))",
        "nobody looked for whoever was invited",
    ),
}

# What is marked in doubt.
OF_DOUBT = {
    "booked again in doubt, since somebody set it free": Mutant(
        "booking.record_answer",
        'replace(other.entry, state="unknown", reason=reason) if freed_in_doubt else other.entry',
        "other.entry",
        "I4|I6",
    ),
    "a second meeting passed over": Mutant(
        "booking.doubt.reconcile",
        "if not found or on_record.meeting_id in (None, found):",
        "if found:",
        "two meetings, and no alarm",
    ),
    "a second meeting passed over where it was answered": Mutant(
        "booking.record_answer", "if alarm := two_meetings(", "if alarm := None and (", "two meetings, and no alarm"
    ),
    "a second meeting passed over where it was found": Mutant(
        "booking.doubt.reconcile",
        "return two_meetings(entry, other.entry, change.meeting_id) or other.entry",
        "return other.entry",
        "two meetings, and no alarm",
    ),
    "the list watched for the call of another": Mutant(
        "booking.record_answer", "look(sent, guests,", "look(unknown, guests,", "nobody looked for whoever was invited"
    ),
    "a list that was watched, and what it shows passed over": Mutant(
        "booking.record_answer",
        BOOKED_IF_FOUND + ", reason",
        BOOKED_IF_FOUND.replace("evidence.meeting_id:", "False:") + ", reason",
        "passed over",
    ),
    "a meeting that is found put on the entry of another call": Mutant(
        "booking.record_answer",
        'record(sent, "booked", runtime, meeting=evidence.meeting_id, reason',
        'record(unknown, "booked", runtime, meeting=evidence.meeting_id, reason',
        "tells of another call",
    ),
    "an outcome that forgets a ledger failure": Mutant(
        "booking.record_answer",
        'return replace(sent, state="unknown", meeting_id=meeting, reason',
        "return replace(sent, state=state, meeting_id=meeting, reason",
        "I3|I6",
    ),
    "a watched list that failed taken for none": Mutant(
        "booking.record_answer",
        "return replace(unknown, reason=_unasked(reason, error))",
        'return await record(unknown, "planned", runtime, reason=_unasked(reason, error))',
        "a list that failed",
    ),
    "a watched list that shows none taken for a no": Mutant(
        "booking.record_answer",
        "    return replace(unknown, reason=joined(reason, evidence.ambiguous))",
        '    return await record(unknown, "planned", runtime, reason=reason)',
        "set free",
    ),
    "a meeting of another lead taken for a no": Mutant(
        "booking.record_answer", 'if_taken: State = "unknown"', 'if_taken: State = "planned"', "set free"
    ),
}

MUTANTS = OF_BOOKING | OF_NOES | OF_DOUBT
