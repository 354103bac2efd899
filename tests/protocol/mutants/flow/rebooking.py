"""Broken protocols of when nothing found sets a lead free, and whom."""

from __future__ import annotations

from tests.protocol.mutant import UNCHECKED, Mutant

IS_OVER = "began > (entry.no_effect_after or inf)"
REBOOK = 'rebook = entry.policy == "rebook" and entry.state != "review" and may_rebook'
RECONCILES = '    bounds, may_rebook = lead.policy.bounds, lead.policy.bounds.in_doubt == "rebook"\n'
FREES = "    if _is_free(entry, evidence, began, may_rebook=may_rebook):\n        absent"
LAST_LOOK = "listed = await _elsewhere(entry, (), runtime, bounds)"

MUTANTS = {
    "grace without the session's life": Mutant(
        "booking.doubt.bounds",
        "sent_at + lifetime + ",
        "sent_at + ",
        by_hand=("before a look", "unknown, sessions 1, age 658.0, lag 4.0, tried least"),
        schedule=("I1", "the latest meeting and the fastest clock"),
    ),
    "grace without the service's time": Mutant(
        "booking.doubt.bounds",
        " + self.processing",
        "",
        by_hand=("before a look", "unknown, sessions 1, age 658.0, lag 4.0, tried least"),
        schedule=("I1", "the latest meeting and the fastest clock"),
    ),
    "grace without the list's lag": Mutant(
        "booking.doubt.bounds",
        "self.processing + self.list_lag",
        "self.processing",
        by_hand=("before a look", "unknown, sessions 1, age 658.0, lag 4.0, tried least"),
        schedule=("I1", "the latest meeting and the fastest clock"),
    ),
    "grace without skew": Mutant(
        "booking.doubt.bounds",
        "processing + self.list_lag + self.skew",
        "processing + self.list_lag",
        by_hand=("before a look", "unknown, sessions 1, age 658.0, lag 4.0, tried least"),
        schedule=("I1", "the latest meeting and the fastest clock"),
    ),
    "grace judged at the decision instead of the look": Mutant(
        "booking.doubt.reconcile",
        "        if _is_free(entry, evidence, began, may_rebook=may_rebook):\n            listed",
        "        began = runtime.wall()\n"
        "        if _is_free(entry, evidence, began, may_rebook=may_rebook):\n            listed",
        by_hand=("before a look", "unknown, sessions 1, age 658.0, lag 4.0, tried least"),
    ),
    "no grace": Mutant(
        "booking.doubt.reconcile",
        f" and {IS_OVER}",
        "",
        by_hand=("before a look", "absent, sessions 1, policy rebook, tried less"),
        schedule=("I1", "the latest meeting and the fastest clock"),
    ),
    "a session that timed out believed at once": Mutant(
        "booking.doubt.reconcile",
        IS_OVER,
        f"(evidence.proven_absent or {IS_OVER})",
        by_hand=("before a look", "sent, sessions 1, policy rebook, age 658.0, lag 4.0, tried least"),
        schedule=("I1", "the latest meeting and an open log"),
    ),
    "a session that timed out judged by a person before that counts": Mutant(
        "booking.doubt.reconcile",
        'if entry.state == "review" or _will_be_free(entry, evidence, may_rebook=may_rebook):',
        'if entry.state == "review":',
        by_hand=("what waiting will show", "absent, sessions 1, policy rebook, tried less"),
    ),
    "a session that timed out taken for no evidence under hold": Mutant(
        "booking.doubt.reconcile",
        "(evidence.proven_absent or (evidence.is_none and rebook))",
        "((evidence.proven_absent or evidence.is_none) and rebook)",
        by_hand=("what waiting will show|the lead is not free", "unknown, sessions 1, literal True, tried least"),
    ),
    "a session that timed out taken for no evidence in `review`": Mutant(
        "booking.doubt.reconcile",
        "(evidence.proven_absent or (evidence.is_none",
        '((evidence.proven_absent and entry.state != "review") or (evidence.is_none',
        by_hand=("the lead is not free", "review, sessions 1, tried less"),
    ),
    "rebook where the session's end is not known": Mutant(
        "booking.doubt.bounds",
        'return self.in_doubt if offered_lifetime or self.session_lifetime else "hold"',
        "return self.in_doubt",
        by_hand=("without proof", "unknown, sessions 1, policy rebook, age 30000, endless True, tried least"),
        schedule=("I1", "nobody knows when a session ends"),
    ),
    "rebook that frees `review`": Mutant(
        "booking.doubt.reconcile",
        ' and entry.state != "review" and may_rebook',
        " and may_rebook",
        by_hand=("I9", "review, sessions 1, policy rebook, age 658.0, lag 4.0, tried least"),
        schedule=("I9: review to planned", "a meeting is moved and moved away"),
    ),
    "`review` recorded anew": Mutant(
        "booking.doubt.reconcile",
        'if entry.state == "review" or _will',
        "if _will",
        UNCHECKED,
        by_hand=("I9", "unknown, sessions 1, invited crm id of nobody, tried less"),
    ),
    "rebook under the policy hold": Mutant(
        "booking.doubt.reconcile",
        'entry.policy == "rebook" and entry.state',
        "entry.state",
        by_hand=("without proof", "unknown, sessions 1, policy rebook, age 30000, endless True, tried least"),
        schedule=("I4", "a later run allows what the first did not"),
    ),
    "rebook by an entry's policy against the run's": Mutant(
        "booking.doubt.reconcile",
        '"review" and may_rebook\n',
        '"review"\n',
        by_hand=("without proof", "unknown, sessions 1, policy rebook, stricter True, tried least"),
    ),
    "a policy that is always rebook": Mutant(
        "booking.lead",
        'policy=self.policy.bounds.policy(offer.lifetime) if self.guests_of(offer) else "hold"',
        'policy="rebook"',
        by_hand=("without proof", "unknown, sessions 1, policy rebook, age 30000, endless True, tried least"),
    ),
    "rebook where nobody knows the guest": Mutant(
        "booking.lead",
        ' if self.guests_of(offer) else "hold"',
        "",
        by_hand=(
            "without proof|against a meeting",
            "unknown, sessions 1, policy rebook, invited crm id of nobody, tried less",
        ),
    ),
    "ambiguous evidence under rebook frees": Mutant(
        "booking.doubt.reconcile",
        "(evidence.is_none and rebook)",
        "rebook",
        by_hand=("against a meeting", "sent, sessions 1, policy rebook, age 658.0, lag 4.0, tried least"),
    ),
    "only the slot looked at": Mutant(
        "booking.doubt.reconcile",
        'if evidence.is_none and entry.state != "review":',
        "if False:",
        by_hand=("for whoever was invited at all the time", "unknown, sessions 1, literal True, tried least"),
    ),
    "freed by our spelling of the guest alone": Mutant(
        "booking.doubt.reconcile",
        LAST_LOOK,
        LAST_LOOK.replace("()", "guests"),
        by_hand=("all the time", "unknown, sessions 1, policy rebook, literal True, tried least"),
    ),
    "what the last look shows passed over": Mutant(
        "booking.doubt.reconcile",
        "evidence = evidence if listed.is_none else listed",
        "pass",
        by_hand=("against a meeting", "unknown, sessions 1, policy rebook, literal True, tried least"),
    ),
    "a horizon of days": Mutant(
        "booking.doubt.meeting_search",
        "timedelta(days=60)",
        "timedelta(days=6)",
        by_hand=("all the time", "unknown, sessions 1, literal True, tried least"),
    ),
    "a horizon that counts from the call": Mutant(
        "booking.doubt.meeting_search",
        "max([*sent, *slots]) + HORIZON",
        "max([max(sent) + HORIZON, *(slot + MINUTE for slot in slots)])",
        by_hand=("all the time", "unknown, sessions 1, literal True, tried least"),
    ),
    "a list that is believed at once": Mutant(
        "booking.doubt.reconcile",
        "bounds.has_settled(entry.sent_at or 0.0, began)",
        "True",
        by_hand=(
            "before the list has had its time",
            "sent, sessions 1, age -3.0, by an earlier try, lag 4.0, one clock True, tried least",
        ),
    ),
    "a list's time by clocks that agree": Mutant(
        "booking.doubt.bounds",
        "looked_at >= sent_at + self.list_lag + self.skew",
        "looked_at >= sent_at + self.list_lag",
        by_hand=(
            "before the list has had its time",
            "sent, sessions 1, age -3.0, by an earlier try, lag 4.0, tried least",
        ),
    ),
    "a stale `sent` freed by its age": Mutant(
        "booking.doubt.reconcile",
        RECONCILES,
        f"""    if entry.state == "sent":
        return await _update(entry.to_freed(""), entry, runtime)
{RECONCILES}""",
        schedule=("I4", "a process sleeps between record and call"),
        crashes=("I4", "hold: none"),
    ),
    "`unknown` freed by time": Mutant(
        "booking.doubt.reconcile",
        REBOOK,
        'rebook = entry.state != "review"',
        schedule=("I4", "a process sleeps between record and call"),
        crashes=("I4", "hold: none"),
    ),
    "a sweep's grace judged at its end": Mutant(
        "booking.doubt.sweep",
        "_concluded(entry, evidence[entry.key], began,",
        "_concluded(entry, evidence[entry.key], runtime.wall(),",
        schedule=("I1", "a sweep goes to sleep"),
    ),
    "silence never counts": Mutant("booking.doubt.reconcile", IS_OVER, "False", crashes=("never lost", "rebook: none")),
    "grace judged at the conclusion instead of the look": Mutant(
        "booking.doubt.reconcile",
        FREES,
        FREES.replace("began", "runtime.wall()"),
        schedule=("I1", "the latest meeting and the fastest clock"),
    ),
}
