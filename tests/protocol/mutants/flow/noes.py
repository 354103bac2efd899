"""Broken protocols of what is taken for a no."""

from __future__ import annotations

from tests.protocol.mutant import Mutant

BOOKED_IF_FOUND = """    if evidence.meeting_id:
        found = sent.to_booked(evidence.meeting_id, at=runtime.wall(), reason=reason)
        return await record(found, sent, runtime"""
DEFINITE = "except errors.DEFINITE_NO as no:"
TAKEN_FOR_A_NO = "I4|I5|I6|set free"
CRASHES = {"no answer": ("I1", "hold: answer lost after acting"), "5xx": ("I1", "hold: 5xx after acting")}

MUTANTS = {
    f"{what} taken for a no": Mutant(
        "booking.book",
        DEFINITE,
        f"except ({kind}, *errors.DEFINITE_NO) as no:",
        by_hand=(TAKEN_FOR_A_NO, "planned, sessions 1, tried answers"),
        crashes=CRASHES.get(what),
    )
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
        "api.http.answer",
        "status == 503 and call.repeatable and",
        "status == 503 and",
        by_hand=(TAKEN_FOR_A_NO, "planned, sessions 1, tried answers"),
    ),
    "404 and 410 without an envelope taken for a no": Mutant(
        "api.http.answer",
        "return NotFound if answer.status == 404 else ServerBroken",
        "return BadRequest if answer.status in (404, 410) else ServerBroken",
        by_hand=(TAKEN_FOR_A_NO, "planned, sessions 1, tried answers"),
    ),
    "an unknown 4xx taken for a no": Mutant(
        "api.http.answer",
        "return NotFound if answer.status == 404 else ServerBroken",
        "return NotFound if answer.status == 404 else BadRequest",
        by_hand=(TAKEN_FOR_A_NO, "planned, sessions 1, tried answers"),
    ),
    "a cancelled call that frees the entry": Mutant(
        "booking.book",
        DEFINITE,
        "except (*errors.DEFINITE_NO, BaseException) as no:",
        by_hand=(TAKEN_FOR_A_NO, "planned, query other guest, sessions 1, tried least"),
    ),
    "a coded 4xx taken for a no without the look": Mutant(
        "booking.record_answer",
        "evidence = evidence_in(await at_slot(sent, (), runtime), sent, skew=lead.policy.bounds.skew)",
        "evidence = evidence_in([], sent, skew=lead.policy.bounds.skew)",
        by_hand=("not looked at", "planned, sessions 1, tried answers"),
    ),
    "a no looked at in our spelling of the guest alone": Mutant(
        "booking.record_answer",
        "at_slot(sent, (), runtime)",
        "at_slot(sent, (lead.pattern.guest,), runtime)",
        by_hand=("not looked at", "absent, sessions 1, literal True, tried less"),
    ),
    "a list that failed taken for none found": Mutant(
        "booking.record_answer",
        "return await record(sent.to_doubted(_not_asked(reason, error)), sent, runtime)",
        "return await record(sent.to_freed(_not_asked(reason, error)), sent, runtime)",
        by_hand=("a list that failed", "planned, sessions 1, tried answers"),
    ),
    "a meeting that may be ours passed over": Mutant(
        "booking.record_answer",
        "    if evidence.ambiguous:\n        return",
        "    if evidence.ambiguous and False:\n        return",
        by_hand=("set free against", "planned, sessions 1, tried answers"),
    ),
    "a meeting that was found passed over": Mutant(
        "booking.record_answer",
        BOOKED_IF_FOUND + ", if_taken",
        BOOKED_IF_FOUND.replace("if evidence.meeting_id:", "if False:") + ", if_taken",
        by_hand=("set free against", "planned, sessions 1, tried answers"),
    ),
    "a doubt that nobody may take for a no, looked at like one": Mutant(
        "booking.record_answer",
        "if is_worth_a_look(doubt) and guests:",
        "if guests:",
        by_hand=(TAKEN_FOR_A_NO, "planned, query other guest, sessions 1, tried least"),
    ),
    "a no looked at where nobody knows the guest": Mutant(
        "booking.record_answer",
        "if is_worth_a_look(doubt) and guests:",
        "if is_worth_a_look(doubt):",
        by_hand=("not looked at", "absent, sessions 1, invited crm id of nobody, tried less"),
    ),
    "a used session worth a look": Mutant(
        "booking.doubt.reconcile",
        "isinstance(doubt, errors.MAY_BE_BOOKED)",
        "isinstance(doubt, errors.ServerBroken)",
        by_hand=("set free", "absent, sessions 1, literal True, tried less"),
    ),
    "an answer without envelope worth a look": Mutant(
        "booking.doubt.reconcile",
        "doubt.code is not None and ",
        "",
        by_hand=("set free", "planned, sessions 1, tried answers"),
    ),
    "a 408 worth a look": Mutant(
        "booking.doubt.reconcile",
        "isinstance(doubt, errors.MAY_BE_BOOKED)",
        "isinstance(doubt, errors.SessionGone)",
        by_hand=("set free", "planned, sessions 1, tried answers"),
    ),
    "only one of those who may be invited looked for": Mutant(
        "booking.lead",
        "known = filter(None, (self.pattern.guest, offer.guest))",
        "known = filter(None, (self.pattern.guest or offer.guest,))",
        by_hand=("nobody looked for whoever was invited", "unknown, sessions 1, invited crm id and e-mail, tried less"),
    ),
    "a surprise that escapes": Mutant(
        "booking.book",
        "except Exception as doubt:",
        "except errors.Refused as doubt:",
        crashes=("I6", "hold: answer lost after acting"),
    ),
}
