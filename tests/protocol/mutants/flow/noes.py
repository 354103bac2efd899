"""Broken protocols of what is taken for a no."""

from __future__ import annotations

from tests.protocol.mutant import Change, Mutant

BOOKED_IF_FOUND = """    if evidence.meeting_id:
        found = sent.to_booked(evidence.meeting_id, at=runtime.wall(), reason=reason)
        return await record(found, sent, runtime"""
WORTH_A_LOOK = "if means is not Meaning.DOUBT and guests:"
TAKEN_FOR_A_NO = "I4|I5|I6|set free"
ANSWERS, LAGGING = "planned, sessions 1, tried answers", "planned, sessions 1, lag 4.0, tried answers"
CRASHES = {"no answer": ("I1", "hold: answer lost after acting"), "5xx": ("I1", "hold: 5xx after acting")}

MUTANTS = {
    f"{what} taken for a no": Mutant(
        "booking.doubt.refusals",
        "if isinstance(error, (errors.NotSent, errors.Invalid)):",
        f"if isinstance(error, (errors.NotSent, errors.Invalid, {kind})):",
        by_hand=(TAKEN_FOR_A_NO, ANSWERS),
        crashes=CRASHES.get(what),
    )
    for what, kind in {
        "no answer": "errors.NoAnswer",
        "5xx": "errors.ServerBroken",
        "an unreadable answer": "errors.Unreadable",
        "what was done before": "errors.SessionGone",
        "an own 404": "errors.NotFound",
        "any 4xx": "errors.Refused",
        "a surprise": "RuntimeError",
        "HTML with a 401": "errors.NotAllowed",
        "HTML with a 429": "errors.Throttled",
    }.items()
} | {
    "503 with Retry-After taken for a no": Mutant(
        "api.http.answer",
        "status == 503 and call.repeatable and",
        "status == 503 and",
        by_hand=(TAKEN_FOR_A_NO, ANSWERS),
    ),
    "404 and 410 without an envelope taken for a no": Mutant(
        "api.http.answer",
        "return NotFound if answer.status == 404 else ServerBroken",
        "return BadRequest if answer.status in (404, 410) else ServerBroken",
        by_hand=(TAKEN_FOR_A_NO, ANSWERS),
    ),
    "an unknown 4xx taken for a no": Mutant(
        "api.http.answer",
        "return NotFound if answer.status == 404 else ServerBroken",
        "return NotFound if answer.status == 404 else BadRequest",
        by_hand=(TAKEN_FOR_A_NO, ANSWERS),
    ),
    "any 400 in text taken for their decoder's": Mutant(
        "api.http.answer",
        "if answer.status == 400 and OF_DECODER.match(said):",
        "if answer.status == 400:",
        by_hand=(TAKEN_FOR_A_NO, ANSWERS),
    ),
    "a gateway taken for Chili Piper": Mutant(
        "api.http.answer",
        "code is None and not answer.is_plain",
        "False",
        by_hand=(TAKEN_FOR_A_NO, ANSWERS),
    ),
    "a word for what was done before that is not known": Mutant(
        "api.refusal_words",
        '("booked", "scheduled", "rescheduled",',
        '("booked", "rescheduled",',
        Change("api.refusal_words", '("already", "before", "previously", "prior",', '("already", "prior",'),
        by_hand=(TAKEN_FOR_A_NO, ANSWERS),
    ),
    "a failure in a 200 always taken for a lost slot": Mutant(
        "api.patterns.answers",
        "or Refused\n    named",
        "or SlotGone\n    named",
        by_hand=(TAKEN_FOR_A_NO, ANSWERS),
    ),
    "a cancelled call that frees the entry": Mutant(
        "booking.book",
        "except Exception as failure:",
        "except BaseException as failure:",
        Change(
            "booking.doubt.refusals",
            "if isinstance(error, (errors.NotSent, errors.Invalid)):",
            "if not isinstance(error, Exception):",
        ),
        by_hand=(TAKEN_FOR_A_NO, ANSWERS),
    ),
    "a no taken for one without the look": Mutant(
        "booking.record_answer",
        "listed = await runtime.later(after, sent.slot, partial(at_slot, sent, (), runtime))",
        "listed = []",
        by_hand=("not looked at", ANSWERS),
    ),
    "one look where the lag counts": Mutant(
        "booking.record_answer",
        "lead.policy.bounds.list_lag if means is Meaning.NO_AFTER_THE_LAG else 0.0",
        "0.0",
        by_hand=("before the list has had its time", LAGGING),
    ),
    "a no looked at in our spelling of the guest alone": Mutant(
        "booking.record_answer",
        "partial(at_slot, sent, (), runtime)",
        "partial(at_slot, sent, (lead.pattern.guest,), runtime)",
        by_hand=("not looked at", "absent, sessions 1, literal True, tried less"),
    ),
    "a list that failed taken for none found": Mutant(
        "booking.record_answer",
        "return await record(sent.to_doubted(_not_asked(reason, error)), sent, runtime)",
        "return await record(sent.to_freed(_not_asked(reason, error)), sent, runtime)",
        by_hand=("a list that failed", ANSWERS),
    ),
    "a meeting that may be ours passed over": Mutant(
        "booking.record_answer",
        "    if evidence.ambiguous:\n        return",
        "    if evidence.ambiguous and False:\n        return",
        by_hand=("set free against", ANSWERS),
    ),
    "a meeting that was found passed over": Mutant(
        "booking.record_answer",
        BOOKED_IF_FOUND + ", if_taken",
        BOOKED_IF_FOUND.replace("if evidence.meeting_id:", "if False:") + ", if_taken",
        by_hand=("set free against", ANSWERS),
    ),
    "a doubt that nobody may take for a no, looked at like one": Mutant(
        "booking.record_answer",
        WORTH_A_LOOK,
        "if guests:",
        by_hand=(TAKEN_FOR_A_NO, "planned, query other guest, sessions 1, tried least"),
    ),
    "a no looked at where nobody knows the guest": Mutant(
        "booking.record_answer",
        WORTH_A_LOOK,
        "if means is not Meaning.DOUBT:",
        by_hand=("not looked at", "absent, sessions 1, invited crm id of nobody, tried less"),
    ),
    "what was done before worth a look": Mutant(
        "booking.doubt.refusals",
        "isinstance(error, (errors.SessionGone, errors.ServerBroken))",
        "isinstance(error, errors.ServerBroken)",
        by_hand=("set free", "absent, sessions 1, literal True, tried less"),
    ),
    "an answer without envelope worth a look": Mutant(
        "booking.doubt.refusals",
        "is_theirs = error.code is not None or",
        "is_theirs = True or",
        by_hand=("set free", ANSWERS),
    ),
    "a 408 worth a look": Mutant(
        "booking.doubt.refusals",
        "isinstance(error, (errors.SessionGone, errors.ServerBroken))",
        "isinstance(error, errors.SessionGone)",
        by_hand=("set free", ANSWERS),
    ),
    "only one of those who may be invited looked for": Mutant(
        "booking.lead",
        "known = filter(None, (self.pattern.guest, offer.guest))",
        "known = filter(None, (self.pattern.guest or offer.guest,))",
        by_hand=("nobody looked for whoever was invited", "unknown, sessions 1, invited crm id and e-mail, tried less"),
    ),
    "a surprise that escapes": Mutant(
        "booking.book",
        "except Exception as failure:",
        "except errors.Refused as failure:",
        crashes=("I6", "hold: answer lost after acting"),
    ),
}
