"""What may be concluded from what, and where a flow answered by hand must keep the laws of the protocol.

It is judged by the truth and by what the flow was shown, never by the flow's own reasoning.
"""

from __future__ import annotations

from asyncio import CancelledError
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow_chilipiper.api.call import Call
from airflow_chilipiper.booking.ledger.entry import Entry, LedgerFailed
from airflow_chilipiper.booking.outcome import Outcome
from tests.protocol.by_hand.scenarios import (
    CALL,
    HORIZON,
    LIFETIME,
    PROCESSING,
    START_AS_SENT,
    WALL,
    invited_by,
    start_of,
)
from tests.protocol.laws import (
    OF_A_CALL,
    OWNS_THE_DOUBT,
    BookingCall,
    left_alone,
    nobody_free_with_a_meeting,
    one_true_outcome,
    sent_only_when_free,
)

if TYPE_CHECKING:
    from tests.protocol.by_hand.truth import Truth

MINUTE = timedelta(minutes=1)
OF_ANOTHER_WISH = {
    **dict.fromkeys(("sent", "unknown", "booked"), "invalid"),
    "review": "review",
    "abandoned": "refused",
}


def why_left_alone(side: Truth) -> str:
    """Why nobody may be asked about a lead as it stands on record, nor its entry be changed."""
    entry = side.entry
    assert entry is not None
    if why := left_alone(entry, is_due_again=side.scenario.due_again and (entry.booked_at or WALL) < WALL):
        return why
    if entry.state != "planned" and not side.scenario.is_same_request and entry is side.on_record:
        return "an entry of another guest or target"
    is_fresh = entry.state == "sent" and side.clock - side.sent_when(entry) <= CALL
    return "a fresh `sent` of another" if is_fresh and not _is_earlier(entry.sender, side.lead.policy.sender) else ""


def _is_earlier(sender: str, than: str) -> bool:
    return sender in ("dag/run/task/0#1", "dag/run/task/0#2") and sender < than


# What may be recorded


def judge_change(side: Truth, entry: Entry) -> None:
    current = side.entry
    assert current is not None
    side.law(not side.muted, f"{side.muted}: recorded as {entry.state}")
    side.recorded_as.add(entry.state)
    if entry.state == "booked":
        _judge_booked(side, entry)
    if current.version != entry.replaces:
        return  # the ledger refuses it
    if entry.state == "sent":
        side.law(not side.doubt, "I4: sent again while a call of ours is in doubt")
        side.keeps(sent_only_when_free(current, is_due_again=side.lead.is_due_again(current, WALL)))
    elif entry.state == "planned":
        _judge_freed(side, current)
        side.doubt = False
    elif entry.state == "review":
        _judge_review(side, current)


def _judge_booked(side: Truth, entry: Entry) -> None:
    if entry.meeting_id == side.answered:
        return
    seen = side.seen
    side.law(entry.meeting_id in (*seen.shown, seen.logged), "I5: booked under an id that nobody showed")
    certain = entry.meeting_id == seen.logged or seen.is_certain
    side.law(certain, "of meetings that may be ours, one was taken")
    made_by_row = entry.meeting_id not in side.meetings or entry.meeting_id == f"meeting-of-{entry.session}"
    side.law(made_by_row, "I5: the entry is of another call than the one that made its meeting")


def _judge_review(side: Truth, entry: Entry) -> None:
    """For a person: what is listed and may be ours, or what was looked for everywhere, once waiting shows no more."""
    seen = side.seen
    side.law(entry.state != "review", "I9: what a person is to judge, recorded anew")
    side.law(not seen.failed, "a list that failed is no evidence, and brings nobody to review")
    if seen.may_be_ours or side.taken:
        return
    looked = _looked_everywhere(side, entry, by_letter=False)
    side.law(looked is not None, "review without a look for whoever was invited at all the time")
    settles = side.sent_when(entry) + side.scenario.lag
    side.law((looked or 0.0) >= settles, "review before the list has had its time")
    awaited = side.scenario.may_rebook or seen.log_says == "timed out"
    side.law(not awaited, "a person is asked for what waiting will show")


def _judge_freed(side: Truth, entry: Entry) -> None:
    """Free again: after a definite no, a no that was looked at, or proof; under rebook, after what counts as proof."""
    seen = side.seen
    if entry.state == "booked" or (entry is side.sent and side.said_no):
        return
    side.law(not seen.failed, "a list that failed is no evidence, and frees nobody")
    side.law(not seen.shown, "set free against a meeting that is listed")
    if entry is side.sent and side.may_look:
        looked = _looked_at_slot(side, entry, by_letter=True) if side.scenario.is_known else None
        side.law(looked is not None, "set free by a no that was not looked at")
        side.law((looked or 0.0) >= side.no_counts_from, "set free by a no before the list has had its time")
        return
    if seen.log_says != "timed out":
        side.law(entry.state != "review", "I9: review, set free without evidence")
        side.law(side.scenario.may_rebook, "set free without proof")
    looked = _looked_everywhere(side, entry, by_letter=True)
    side.law(looked is not None, "set free without a look at all the time that a meeting may be at")
    side.law((looked or 0.0) > _counts_from(side, entry), "set free before a look that finds nothing counts")


def _counts_from(side: Truth, entry: Entry) -> float:
    return side.sent_when(entry) + LIFETIME + PROCESSING + side.scenario.lag


def _looked_everywhere(side: Truth, entry: Entry, *, by_letter: bool) -> float | None:
    sent = datetime.fromtimestamp(WALL + side.sent_when(entry), UTC)
    return _looked(side, sent, start_of(entry.session) + HORIZON, by_letter=by_letter)


def _looked_at_slot(side: Truth, entry: Entry, *, by_letter: bool) -> float | None:
    start = start_of(entry.session)
    return _looked(side, start, start + MINUTE, by_letter=by_letter)


def _looked(side: Truth, start: datetime, end: datetime, *, by_letter: bool) -> float | None:
    """When all of that time was looked at for whoever was invited: as the list spells the guest, or as we do."""
    guest = invited_by(side.scenario)
    return side.seen.since({guest if by_letter else guest.lower()}, start, end)


# What may be asked


def judge_call(side: Truth, call: Call[Any], sent: Entry | None, session: str) -> None:
    """The booking call itself; *sent* is what this run has recorded since its last one."""
    durable = sent if sent == side.entry else None
    sender = side.lead.policy.sender
    side.booking_calls.append(BookingCall(sender, session, START_AS_SENT, durable, call.repeatable))
    for law in OF_A_CALL:
        side.keeps(law(side.record()))
    opened, lifetime = side.opened[session]
    latest = min(side.read_before_record + 2, opened + lifetime)
    side.law(call.send_by is not None and call.send_by <= latest, "the call may leave too late")


def judge_log(side: Truth, asked: Mapping[str, Any], entry: Entry) -> None:
    side.law(side.scenario.invited == "e-mail", "the log was asked of what is no Concierge")
    side.law((asked["workspace_id"], asked["router_id"]) == ("w", "r"), "the log of another router was asked")
    sent = datetime.fromtimestamp(entry.sent_at or 0.0, UTC)
    wide = asked["start"] <= sent - timedelta(days=1) and asked["end"] >= sent + timedelta(hours=1)
    side.law(wide and asked["end"] - asked["start"] <= timedelta(days=30), "the log was asked for another time")


# How a run may end


def judge_end(side: Truth, outcome: Outcome | None, raised: BaseException | None) -> None:
    side.keeps(one_true_outcome(side.record(outcome, raised)))
    if outcome is not None:
        side.law(outcome.status in OWNS_THE_DOUBT or not _left_sent(side), "I6: a no that is not on record")
        _judge_record(side, outcome)
    elif not isinstance(raised, (CancelledError, LedgerFailed)):
        side.law(not _left_sent(side), "I6: a no that is not on record")


def _judge_record(side: Truth, outcome: Outcome) -> None:
    entry = side.entry
    assert entry is not None
    if side.muted.startswith("an entry of another"):
        side.law(outcome.status == OF_ANOTHER_WISH[entry.state], f"another's entry ends as {outcome.status}")
    _judge_found(side, outcome, entry)
    if side.answered and not side.freed:
        side.law(outcome.status in ("booked", "unknown", "review"), f"I6: answered, and ends as {outcome.status}")
    side.keeps(nobody_free_with_a_meeting(side.record()))


def _judge_found(side: Truth, outcome: Outcome, entry: Entry) -> None:
    """What was answered, or is ours for certain among what was shown, is on record, or said to be one too many."""
    found, seen = side.answered or side.seen.found, side.seen
    if found and not side.taken:
        side.law("booked" in side.recorded_as, "I5: a meeting that is ours for certain, passed over")
        is_alarm = outcome.status == "review" and f"TWO MEETINGS: {entry.meeting_id} on record" in outcome.reason
        side.law(is_alarm or entry.meeting_id in (None, found), "I6: two meetings, and no alarm")
    if seen.failed or seen.may_be_ours:
        return
    if side.called and side.doubt and outcome.status == "unknown" and (entry.state == "unknown" or entry is side.sent):
        ours = side.sent or entry
        looked = _looked_at_slot(side, ours, by_letter=False)
        side.law(looked is not None, "an answer is missing, and nobody looked for whoever was invited")
    if seen.log_says == "timed out" and not side.called and _first_look(side) > _counts_from(side, entry):
        side.law("planned" in side.recorded_as, "a session that timed out, and the lead is not free")


def _first_look(side: Truth) -> float:
    return min(at for windows in side.seen.asked.values() for at in windows.values()) - 0.25


def _left_sent(side: Truth) -> bool:
    return side.called and side.entry is not None and side.entry == side.sent
