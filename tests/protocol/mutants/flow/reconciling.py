"""Broken protocols of finding out what became of a call: what is looked at, and when."""

from __future__ import annotations

from tests.protocol.mutant import Mutant

MAY_LOOK = "return _is_earlier_try(entry.sender, sender) or bounds.is_over(entry.sent_at or 0.0, wall)"
LIST_FAILED = "    except Exception as error:  # noqa: BLE001  # and the lead stays in doubt\n"
GUESTS_ON_RECORD = """            guest=self._guest or guest_digest(offer.guest),
            invited=guest_digest(offer.guest),
"""

MUTANTS = {
    "reconciled, and not on record": Mutant(
        "booking.doubt.reconcile",
        "return await runtime.update(change)",
        "return change",
        by_hand=("I3|I6", "sent, sessions 1, policy rebook, age 658.0, lag 4.0, tried least"),
    ),
    "reconciled although overtaken": Mutant(
        "booking.doubt.reconcile",
        "or other.entry",
        "or change",
        by_hand=("I3|I5|I6", "sent, sessions 1, policy rebook"),
    ),
    "reconciled although the ledger failed": Mutant(
        "booking.doubt.reconcile",
        'return replace(entry, reason=f"{change.state}, but not on record ({failed})")',
        "return change",
        by_hand=("I3|I6", "unknown, sessions 1, tried less"),
    ),
    "a meeting of another lead frees": Mutant(
        "booking.doubt.reconcile",
        'return entry if entry.state == "review" else await _update(_for_review(entry, taken), entry, runtime)',
        "return await _update(entry.to_freed(taken), entry, runtime)",
        by_hand=("set free|I9", "unknown, sessions 1, tried less"),
    ),
    "a list that failed taken for none": Mutant(
        "booking.doubt.reconcile",
        LIST_FAILED,
        f"{LIST_FAILED}        evidence, began = evidence_in([], entry, skew=0), runtime.wall()\n    if False:\n",
        by_hand=("a list that failed", "unknown, sessions 1, policy rebook, literal True, tried least"),
        schedule=("I1", "the list cannot be asked"),
    ),
    "a fresh `sent` of another reconciled": Mutant(
        "booking.doubt.reconcile",
        MAY_LOOK,
        "return True",
        by_hand=("a fresh `sent`", "sent, sessions 1, policy rebook, age 1.0, tried less"),
    ),
    "another task instance taken for an earlier try": Mutant(
        "booking.doubt.reconcile",
        "return old_task == task and old_try",
        "return old_try",
        by_hand=("a fresh `sent`", "sent, sessions 1, policy rebook, age 1.0, tried less"),
    ),
    "a later try taken for an earlier one": Mutant(
        "booking.doubt.reconcile",
        "int(old_try) < int(this_try)",
        "int(old_try) != int(this_try)",
        by_hand=("a fresh `sent`", "sent, sessions 1, age 1.0, by a later try, tried less"),
    ),
    "a call over by clocks that agree": Mutant(
        "booking.doubt.bounds",
        "sent_at + self.call + self.skew",
        "sent_at + self.call",
        by_hand=("a fresh `sent`", "sent, sessions 1, policy rebook, age 1.0, tried less"),
    ),
    "a call over before it is given up": Mutant(
        "booking.doubt.bounds",
        "sent_at + self.call + self.skew",
        "sent_at + self.skew",
        by_hand=("a fresh `sent`", "sent, sessions 1, policy rebook, age 1.0, tried less"),
    ),
    "another guest's entry reconciled": Mutant(
        "booking.book",
        "if lead.is_same_request(entry) and is_in_doubt(",
        "if is_in_doubt(",
        by_hand=("an entry of another", "sent, query other guest, policy rebook"),
    ),
    "the guest not compared": Mutant(
        "booking.lead",
        '"guest" if self._guest and entry.guest != self._guest else ""',
        '""',
        by_hand=("an entry of another", "sent, query other guest, policy rebook"),
    ),
    "the target not compared": Mutant(
        "booking.lead",
        '"target" if entry.pattern != self._pattern else ""',
        '""',
        by_hand=("an entry of another", "sent, query other target, policy rebook"),
    ),
    "payload compared over the window": Mutant(
        "booking.lead",
        "return _target_digest(self.pattern.name, *self.pattern.target)",
        "return _target_digest(self.pattern.name, *self.pattern.target, str(self.policy.interval))",
        by_hand=("ends as invalid", "unknown, query other window, sessions 1, tried least"),
    ),
    "payload compared over the form": Mutant(
        "booking.lead",
        "return _target_digest(self.pattern.name, *self.pattern.target)",
        "return _target_digest(self.pattern.name, *self.pattern.target, str(getattr(self.pattern, 'form', '')))",
        by_hand=("ends as invalid", "unknown, query other window, sessions 1, tried least"),
    ),
    "the e-mail of this run asked for, though another was invited": Mutant(
        "booking.lead",
        "return (guest,) if guest and guests_on_record(entry) <= {guest_digest(guest)} else ()",
        "return (guest,) if guest else ()",
        by_hand=("without a look", "unknown, sessions 1, invited crm id and e-mail, tried less"),
    ),
    "whom Chili Piper invited not on record": Mutant(
        "booking.lead",
        "            invited=guest_digest(offer.guest),\n",
        "",
        by_hand=("without a look", "unknown, sessions 1, invited crm id and e-mail, tried less"),
    ),
    "a guest whom only the offer names not on record": Mutant(
        "booking.lead",
        GUESTS_ON_RECORD,
        "            guest=self._guest,\n",
        by_hand=("passed over", "unknown, sessions 1, invited crm id, tried less"),
    ),
    "`unknown` never looked at again": Mutant(
        "booking.doubt.reconcile",
        'return entry.state in ("unknown", "review")',
        'return entry.state == "review"',
        crashes=("never lost", "hold: answer lost after acting"),
    ),
    "a stale `sent` never looked at": Mutant(
        "booking.doubt.reconcile", MAY_LOOK, "return False", crashes=("never lost", "hold: none")
    ),
}
