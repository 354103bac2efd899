"""Broken protocols of finding out what became of a call."""

from __future__ import annotations

from tests.protocol.by_hand.mutants import Mutant

LIST_FAILED = "    except Exception as error:  # noqa: BLE001  # and the lead stays in doubt\n"
LAST_LOOK = "listed = await _elsewhere(entry, (), runtime, bounds)"
GUESTS_ON_RECORD = """            guest=self._guest or guest_digest(offer.guest),
            invited=guest_digest(offer.guest),
"""

# What is looked at, and when.
OF_RECONCILING = {
    "reconciled, and not on record": Mutant(
        "booking.doubt.reconcile", "return await runtime.update(change)", "return change", "I3|I6"
    ),
    "reconciled although overtaken": Mutant("booking.doubt.reconcile", "or other.entry", "or change", "I3|I5|I6"),
    "reconciled although the ledger failed": Mutant(
        "booking.doubt.reconcile",
        'return replace(entry, reason=f"{change.state}, but not on record ({failed})")',
        "return change",
        "I3|I6",
    ),
    "a meeting of another lead frees": Mutant(
        "booking.doubt.reconcile",
        'return entry if entry.state == "review" else await _update(_for_review(entry, taken), entry, runtime)',
        'return await _update(entry.to("planned"), entry, runtime)',
        "set free|I9",
    ),
    "a list that failed taken for none": Mutant(
        "booking.doubt.reconcile",
        LIST_FAILED,
        f"{LIST_FAILED}        evidence, began = evidence_in([], entry, skew=0), runtime.wall()\n    if False:\n",
        "a list that failed",
    ),
    "a fresh `sent` of another reconciled": Mutant(
        "booking.doubt.reconcile",
        "return _is_earlier_try(entry.sender, sender) or bounds.is_over(entry.sent_at or 0.0, wall)",
        "return True",
        "a fresh `sent`",
    ),
    "another task instance taken for an earlier try": Mutant(
        "booking.doubt.reconcile", "return old_task == task and old_try", "return old_try", "a fresh `sent`"
    ),
    "a later try taken for an earlier one": Mutant(
        "booking.doubt.reconcile", "int(old_try) < int(this_try)", "int(old_try) != int(this_try)", "a fresh `sent`"
    ),
    "a call over by clocks that agree": Mutant(
        "booking.doubt.bounds", "sent_at + self.call + self.skew", "sent_at + self.call", "a fresh `sent`"
    ),
    "a call over before it is given up": Mutant(
        "booking.doubt.bounds", "sent_at + self.call + self.skew", "sent_at + self.skew", "a fresh `sent`"
    ),
    "another guest's entry reconciled": Mutant(
        "booking.book", "if lead.is_same_request(entry) and is_in_doubt(", "if is_in_doubt(", "an entry of another"
    ),
    "the guest not compared": Mutant(
        "booking.lead", " and (not self._guest or entry.guest == self._guest)", "", "an entry of another"
    ),
    "the target not compared": Mutant("booking.lead", "entry.pattern == self._pattern and ", "", "an entry of another"),
    "payload compared over the window": Mutant(
        "booking.lead",
        "return digest(self.pattern.name, *self.pattern.target)",
        "return digest(self.pattern.name, *self.pattern.target, str(self.interval))",
        "ends as invalid",
    ),
    "payload compared over the form": Mutant(
        "booking.lead",
        "return digest(self.pattern.name, *self.pattern.target)",
        "return digest(self.pattern.name, *self.pattern.target, str(getattr(self.pattern, 'form', '')))",
        "ends as invalid",
    ),
    "the e-mail of this run asked for, though another was invited": Mutant(
        "booking.lead",
        "return (guest,) if guest and guests_on_record(entry) <= {guest_digest(guest)} else ()",
        "return (guest,) if guest else ()",
        "without a look",
    ),
    "whom Chili Piper invited not on record": Mutant(
        "booking.lead", "            invited=guest_digest(offer.guest),\n", "", "without a look"
    ),
    "a guest whom only the offer names not on record": Mutant(
        "booking.lead",
        GUESTS_ON_RECORD,
        "            guest=self._guest,\n",
        "passed over",
    ),
}

# When nothing found frees, and whom.
OF_REBOOKING = {
    "grace without the session's life": Mutant(
        "booking.doubt.bounds", "sent_at + lifetime + ", "sent_at + ", "before a look"
    ),
    "grace without the service's time": Mutant("booking.doubt.bounds", " + self.processing", "", "before a look"),
    "grace without the list's lag": Mutant(
        "booking.doubt.bounds", "self.processing + self.list_lag", "self.processing", "before a look"
    ),
    "grace without skew": Mutant(
        "booking.doubt.bounds", "processing + self.list_lag + self.skew", "processing + self.list_lag", "before a look"
    ),
    "grace judged at the decision instead of the look": Mutant(
        "booking.doubt.reconcile",
        "        if _is_free(entry, evidence, began, may_rebook=may_rebook):\n            listed",
        "        began = runtime.wall()\n"
        "        if _is_free(entry, evidence, began, may_rebook=may_rebook):\n            listed",
        "before a look",
    ),
    "no grace": Mutant("booking.doubt.reconcile", " and began > (entry.no_effect_after or inf)", "", "before a look"),
    "a session that timed out believed at once": Mutant(
        "booking.doubt.reconcile",
        "began > (entry.no_effect_after or inf)",
        "(evidence.proven_absent or began > (entry.no_effect_after or inf))",
        "before a look",
    ),
    "a session that timed out judged by a person before that counts": Mutant(
        "booking.doubt.reconcile",
        'if entry.state == "review" or _will_be_free(entry, evidence, may_rebook=may_rebook):',
        'if entry.state == "review":',
        "what time will tell",
    ),
    "a session that timed out taken for no evidence under hold": Mutant(
        "booking.doubt.reconcile",
        "(evidence.proven_absent or (evidence.is_none and rebook))",
        "((evidence.proven_absent or evidence.is_none) and rebook)",
        "what time will tell|the lead is not free",
    ),
    "a session that timed out taken for no evidence in `review`": Mutant(
        "booking.doubt.reconcile",
        "(evidence.proven_absent or (evidence.is_none",
        '((evidence.proven_absent and entry.state != "review") or (evidence.is_none',
        "the lead is not free",
    ),
    "rebook where the session's end is not known": Mutant(
        "booking.doubt.bounds",
        'return self.in_doubt if offered_lifetime or self.session_lifetime else "hold"',
        "return self.in_doubt",
        "without proof",
    ),
    "rebook that frees `review`": Mutant(
        "booking.doubt.reconcile", ' and entry.state != "review" and may_rebook', " and may_rebook", "I9"
    ),
    "`review` marked anew": Mutant("booking.doubt.reconcile", 'if entry.state == "review" or _will', "if _will", "I9"),
    "rebook under the policy hold": Mutant(
        "booking.doubt.reconcile", 'entry.policy == "rebook" and entry.state', "entry.state", "without proof"
    ),
    "rebook by an entry's policy against the run's": Mutant(
        "booking.doubt.reconcile", '"review" and may_rebook\n', '"review"\n', "without proof"
    ),
    "a policy that is always rebook": Mutant(
        "booking.lead",
        'policy=self.bounds.policy(offer.lifetime) if self.guests_of(offer) else "hold"',
        'policy="rebook"',
        "without proof",
    ),
    "rebook where nobody knows the guest": Mutant(
        "booking.lead", ' if self.guests_of(offer) else "hold"', "", "without proof|against a meeting"
    ),
    "ambiguous evidence under rebook frees": Mutant(
        "booking.doubt.reconcile", "(evidence.is_none and rebook)", "rebook", "against a meeting"
    ),
    "only the slot looked at": Mutant(
        "booking.doubt.reconcile",
        'if evidence.is_none and entry.state != "review":',
        "if False:",
        "for whoever was invited at all the time",
    ),
    "freed by our spelling of the guest alone": Mutant(
        "booking.doubt.reconcile", LAST_LOOK, LAST_LOOK.replace("()", "guests"), "all the time"
    ),
    "what the last look shows passed over": Mutant(
        "booking.doubt.reconcile", "evidence = evidence if listed.is_none else listed", "pass", "against a meeting"
    ),
    "a horizon of days": Mutant(
        "booking.doubt.meeting_search", "timedelta(days=60)", "timedelta(days=6)", "all the time"
    ),
    "a horizon that counts from the call": Mutant(
        "booking.doubt.meeting_search",
        "max([*sent, *slots]) + HORIZON",
        "max([max(sent) + HORIZON, *(slot + MINUTE for slot in slots)])",
        "all the time",
    ),
    "a list that is believed at once": Mutant(
        "booking.doubt.reconcile",
        "bounds.has_settled(entry.sent_at or 0.0, began)",
        "True",
        "before the list has had its time",
    ),
    "a list's time by clocks that agree": Mutant(
        "booking.doubt.bounds",
        "looked_at >= sent_at + self.list_lag + self.skew",
        "looked_at >= sent_at + self.list_lag",
        "before the list has had its time",
    ),
}

# What is evidence.
OF_EVIDENCE = {
    "first page only": Mutant(
        "api.resources.pages",
        """        if len(found) == known or not answer.may_have_more(len(found)):
            return _whole(found, answer, page(number).operation)
""",
        "        return list(found.values())\n",
        "I1|I5",
    ),
    "cancelled meetings not counted": Mutant(
        "booking.doubt.meeting_search", "guest=guest)", 'guest=guest, statuses=("Active",))', "I1|I5"
    ),
    "meetings hardly described not counted": Mutant(
        "booking.doubt.evidence", "each.start in (None, start)", "each.start == start", "against a meeting"
    ),
    "meetings without a guest not counted": Mutant(
        "booking.doubt.evidence", "_is_of(each, entry) is not False]", "_is_of(each, entry)]", "against a meeting"
    ),
    "clocks that are believed to agree": Mutant(
        "booking.doubt.evidence", "(entry.sent_at or 0.0) - skew", "(entry.sent_at or 0.0)", "against a meeting"
    ),
    "a list that is believed to tell parts of a second": Mutant(
        "booking.doubt.evidence",
        "floor((entry.sent_at or 0.0) - skew)",
        "(entry.sent_at or 0.0) - skew",
        "against a meeting",
    ),
    "the meeting that the entry was released from found again": Mutant(
        "booking.doubt.evidence", " if each.meeting_id != entry.released]", "]", "I5"
    ),
    "a moved meeting not counted": Mutant(
        "booking.doubt.evidence",
        "here or [each for each in recent if _is_of(each, entry)]",
        "here",
        "against a meeting",
    ),
    "a meeting of nobody known taken": Mutant(
        "booking.doubt.evidence", "len(here) == 1 and _is_of(here[0], entry) and", "len(here) == 1 and", "one was taken"
    ),
    "a meeting at no known time taken": Mutant(
        "booking.doubt.evidence", " and here[0].start is not None:", ":", "one was taken"
    ),
    "of two meetings that fit, one taken": Mutant(
        "booking.doubt.evidence", "if len(here) == 1 and _is_of", "if here and _is_of", "one was taken"
    ),
    "whom the offer named not compared": Mutant(
        "booking.doubt.evidence",
        'frozenset({entry.guest, entry.invited} - {""})',
        'frozenset({entry.guest} - {""})',
        "without a look",
    ),
    "a log entry of another session taken for ours": Mutant(
        "booking.doubt.meeting_search",
        "own = [entry for entry in entries if entry.is_of(entry.session)]",
        "own = entries",
        "nobody told|I9|without proof",
    ),
    "timed out while a meeting is listed": Mutant(
        "booking.doubt.reconcile",
        'if evidence.is_none and lead.pattern.name == "concierge":',
        'if lead.pattern.name == "concierge":',
        "passed over",
    ),
    "timed out beside an entry that is not": Mutant(
        "booking.doubt.meeting_search", "bool(own) and all(", "bool(own) and any(", "I9|without proof"
    ),
    "a log without an entry of ours taken for timed out": Mutant(
        "booking.doubt.meeting_search",
        "proven_absent=bool(own) and all(",
        "proven_absent=all(",
        "I9|without proof|before a look",
    ),
    "of two meetings of one session, one taken": Mutant(
        "booking.doubt.meeting_search", "if len(booked) == 1:", "if booked:", "nobody told"
    ),
    "a log that failed taken for timed out": Mutant(
        "booking.doubt.meeting_search",
        "        except ChiliPiperError:\n            return NONE\n",
        "        except ChiliPiperError:\n            return Evidence(proven_absent=True)\n",
        "I9|without proof",
    ),
    "the log of another router": Mutant(
        "booking.doubt.meeting_search",
        "return self._routers\n",
        "return dict.fromkeys(self._routers, [*self._routers.values()][0])\n",
        "another router",
    ),
    "the log around the call only": Mutant(
        "booking.doubt.meeting_search",
        "timedelta(hours=25), timedelta(days=2)",
        "timedelta(minutes=5), timedelta(days=2)",
        "another time",
    ),
}

MUTANTS = OF_RECONCILING | OF_REBOOKING | OF_EVIDENCE
