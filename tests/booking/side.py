"""The other side of the booking flow, and the judge.

`Side` is the other side of one lead: Chili Piper, the ledger and the other runs, with a truth of its own about which
meetings were made. Wherever the world is free, `Choices` goes depth-first through all that it may answer. The law is
DESIGN's: I1 to I4, I6 and I7, and that nothing waits after the mark.
"""

from __future__ import annotations

from asyncio import CancelledError
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any, NamedTuple

from airflow_chilipiper.api import errors
from airflow_chilipiper.api.calls import Call, Interval
from airflow_chilipiper.api.concierge import Concierge
from airflow_chilipiper.api.meeting import Meeting
from airflow_chilipiper.api.models import Bookable, Booked, Offer, Slots
from airflow_chilipiper.api.pages import Page
from airflow_chilipiper.booking.lead import Lead
from airflow_chilipiper.booking.ledger import LedgerFailed, MeetingTaken, Overtaken, Row, new_mark
from airflow_chilipiper.booking.outcome import STATUSES, Outcome
from airflow_chilipiper.booking.worlds import Stopping
from tests.booking.choices import Broken, Choices

GUEST = "jo@example.com"
START = datetime(2026, 11, 3, 9, 30, tzinfo=UTC)
START_AS_SENT = "2026-11-03T09:30:00Z"
WALL = START.timestamp() - 86_400
ENDS_A_RUN = (errors.NotAllowed, errors.NotFound, LedgerFailed, Stopping)
IN_DOUBT = ("unknown", "review", "booked", "already_booked")


def refused(kind: type[errors.Refused], status: int, code: str | None = None) -> errors.Refused:
    return kind(f"answered {status}", status=status, code=code)


OPENING_FAILS: dict[str, Exception] = {
    "not sent": errors.NotSent(),
    "no answer": errors.NoAnswer(),
    "throttled": refused(errors.Throttled, 429),
    "server broken": refused(errors.ServerBroken, 502),
    "bad request": refused(errors.BadRequest, 400),
    "not allowed": refused(errors.NotAllowed, 403),
    "not found": refused(errors.NotFound, 404, "ConciergeRouterNotFound"),
    "refused": refused(errors.Refused, 422, "Whatever"),
    "session gone": refused(errors.SessionGone, 404, "SessionGone"),
    "unreadable": errors.Unreadable(),
}
NOES: dict[str, Exception] = {
    "slot gone": refused(errors.SlotGone, 200),
    "not sent": errors.NotSent("too late"),
    "throttled": refused(errors.Throttled, 429),
    "bad request": refused(errors.BadRequest, 400),
    "not allowed": refused(errors.NotAllowed, 401),
    "invalid": errors.Invalid("cannot be written"),
}
NOES_TO_LOOK_AT: dict[str, Exception] = {
    "refused with a code": refused(errors.Refused, 409, "SlotTaken"),
    "not found with a code": refused(errors.NotFound, 404, "RouteNotFound"),
}
DOUBTS: dict[str, BaseException] = {
    "no answer": errors.NoAnswer(),
    "server broken": refused(errors.ServerBroken, 503),
    "unreadable": errors.Unreadable("no meeting id"),
    "session gone": refused(errors.SessionGone, 409, "SessionUsed"),
    "4xx without a code": refused(errors.ServerBroken, 409),
    "404 without a code": refused(errors.NotFound, 404),
    "surprise": RuntimeError("a bug"),
    "cancelled": CancelledError(),
}
LISTS_FAIL: dict[str, Exception] = {
    "list not allowed": refused(errors.NotAllowed, 403),
    "list unreadable": errors.Unreadable(),
    "list unanswered": errors.NoAnswer(),
}


class Scenario(NamedTuple):
    """What is on record when the run begins, for whom, and how many sessions it may open."""

    state: str = "absent"
    wish: str = "same"
    sessions: int = 2
    due_again: bool = False


SCENARIOS = (
    Scenario(),
    Scenario("planned", sessions=1),
    Scenario("planned", "other guest", sessions=1),
    Scenario("booked", sessions=1, due_again=True),
    *(
        Scenario(state, wish)
        for state in ("sent", "unknown", "review", "booked", "abandoned")
        for wish in ("same", "other guest", "other target")
    ),
)


def concierge(guest: str = GUEST, slug: str = "inbound") -> Concierge:
    return Concierge(router_slug=slug, trigger="InAppButton", form={"PersonEmail": guest}, guest=guest)


class QuickLead(Lead):
    """Hashes its key once, not once a sequence."""

    @cached_property
    def _row(self) -> Row:
        return super().row()

    def row(self) -> Row:
        return replace(self._row, mark=new_mark())


def a_lead(scenario: Scenario) -> Lead:
    return QuickLead(
        purpose="spring",
        key="42",
        pattern=concierge(),
        interval=Interval(START),
        choose=lambda offer: next(iter(offer.slots), None),
        max_sessions=scenario.sessions,
        rebook_after=timedelta(days=30) if scenario.due_again else None,
        sender="dag/run/task/1",
    )


ROWS = {
    wish: replace(a_lead(Scenario()), pattern=pattern).row()
    for wish, pattern in {
        "same": concierge(),
        "other guest": concierge("ann@example.com"),
        "other target": concierge(slug="outbound"),
    }.items()
}
LEADS = {scenario: a_lead(scenario) for scenario in SCENARIOS}


class Side:
    """All that one lead's flow can meet.

    `meetings` are those made for this lead, by whomever; `doubt` says that our own last call may have made one and
    nobody has looked; `freed` that somebody set the lead free while our call was under way, and answers for that.
    """

    def __init__(self, scenario: Scenario, choices: Choices) -> None:
        self.choose: Callable[..., str] = choices
        self._choices = choices
        self._scenario = scenario
        self.lead = LEADS[scenario]
        self.clock = 100.0
        self.meetings: list[str] = []
        self.doubt = self.freed = self.called = False
        self.row: Row | None = self._on_record(scenario)
        self._opened: dict[str, tuple[float, float]] = {}
        self._spent: set[str] = set()
        self._armed: Row | None = None
        self._read_before_mark = 0.0
        self._used: set[str] = set()
        self._retried = False
        self._answered = ""
        self._may_look = self._ambiguous = False
        self._sent: Row | None = None

    def _on_record(self, scenario: Scenario) -> Row | None:
        if scenario.state == "absent":
            return None
        row = ROWS[scenario.wish].to(scenario.state, attempt=1, sender="another")  # type: ignore[arg-type]
        if scenario.state in ("sent", "unknown", "review", "booked") and not scenario.due_again:
            self.meetings.append("theirs")
        if scenario.state == "booked":
            long_ago = WALL - timedelta(days=31).total_seconds()
            row = replace(row, meeting_id="theirs", booked_at=long_ago if scenario.due_again else WALL)
        return row

    def law(self, holds: bool, text: str) -> None:
        if not holds:
            raise Broken(f"{text}: {self._scenario}, {' > '.join(self._choices.made)}; {self.row}")

    def answer(self, verb: str, what: Any) -> Any:
        self.clock += 0.25
        if verb == "ask":
            return self._asked(what)
        if verb == "mark":
            return self._marked(what)
        if verb == "begin":
            return self._begun(what)
        self.law(self._armed is None, f"something waits ({verb}) between the mark and the call")
        if verb == "pause":
            self.clock += what
        return Stopping() if self.choose("go on", f"stopping at {verb}") != "go on" else None

    # The ledger

    def _begun(self, row: Row) -> Any:
        told = self.choose("begun", "ledger away", "ledger away, written", "cancelled at begin")
        if self.row is None and told in ("begun", "ledger away, written"):
            self.row = row
        return {"begun": self.row, "cancelled at begin": CancelledError()}.get(told, LedgerFailed("away"))

    def _marked(self, row: Row) -> Any:
        self.law(self.row is not None, "a mark on a row that never was")
        if row.state == "sent":
            self.law(not self.doubt, "I4: sent again while a call of ours is in doubt")
            self._read_before_mark = self.clock - 0.25
        self.law(row.state != "booked" or not self._ambiguous, "two meetings fit, and one was taken")
        told = self.choose("written", *self._mishaps(row))
        if told.startswith("overtaken by "):
            self._overtake(told.removeprefix("overtaken by "))
        if told == "taken":
            self._settle_elsewhere(row)
            return MeetingTaken("taken")
        if told.endswith("not written"):
            return CancelledError() if told.startswith("cancelled") else LedgerFailed("away")
        own = self._write(row)
        if told.startswith("cancelled"):
            return CancelledError()
        if told.startswith("ledger away"):
            return LedgerFailed("away")
        return row if own else Overtaken(self.row)  # type: ignore[arg-type]

    def _mishaps(self, row: Row) -> list[str]:
        away = ["ledger away, not written", "ledger away, written"]
        if len(self._opened) > 1:
            some = ["overtaken by sent"] if row.state == "sent" else ["overtaken by planned"]
            return [
                "ledger away, not written",
                "ledger away, written",
                *some,
                *(["taken"] if row.state == "booked" else []),
            ]
        if row.state == "sent":
            others = ["planned", "sent", "unknown", "booked", "review", "abandoned"]
            return [*away, "cancelled, not written", "cancelled, written", *(f"overtaken by {o}" for o in others)]
        others = ["planned", "unknown", "sent", "review", "booked with another", "abandoned"]
        if self.meetings and "theirs" not in self.meetings:
            others.append("booked with ours")
        return [*away, *(f"overtaken by {o}" for o in others), *(["taken"] if row.state == "booked" else [])]

    def _write(self, row: Row) -> bool:
        """The guard of every transition, told once more."""
        assert self.row is not None
        free = self.row.state != "booked" if row.state == "booked" else self.row.mark == row.replaces
        if free:
            self.row = row
            if row.state == "sent":
                self._armed = self._sent = row
        return free

    def _overtake(self, state: str) -> None:
        """Another run, a sweep or a person was faster."""
        assert self.row is not None
        ours = self.meetings[:1] if state.endswith("ours") else []
        self.freed |= self.called and state in ("planned", "sent")
        if state in ("sent", "unknown", "booked", "booked with another"):
            self.meetings.append("theirs")
            self.freed |= self.called
        meeting = (ours or ["theirs"])[0] if state.startswith("booked") else None
        facts = {"meeting_id": meeting, "booked_at": WALL if meeting else None, "sender": "another"}
        self.row = self.row.to(state.partition(" ")[0], **facts)  # type: ignore[arg-type]

    def _settle_elsewhere(self, row: Row) -> None:
        """The meeting counts for another lead. That is a riddle where it was answered to us, else it was never ours."""
        if row.meeting_id in self.meetings and row.meeting_id != self._answered:
            self.meetings.remove(row.meeting_id)
            self.doubt = False
        elif row.meeting_id != self._answered:
            self.doubt = False

    # Chili Piper

    def _asked(self, call: Call[Any]) -> Any:
        if call.operation == "concierge-route-by-slug":
            return self._open()
        if call.operation == "concierge-schedule":
            return self._book(call)
        self.law(call.operation == "meeting-list-put", f"nobody should ask {call.operation}")
        return self._list(call)

    def _open(self) -> Any:
        told = self.choose("slots", *self._other_offers())
        self._retried = told.endswith("ask again")
        if told.startswith(tuple(OPENING_FAILS)):
            self.clock += 0 if self._retried else 1_000  # and patience ends
            return OPENING_FAILS[told.partition(",")[0]]
        session, lifetime = f"session-{len(self._opened) + 1}", 1.0 if self._opened else 600.0
        self._opened[session] = (self.clock - 0.25, lifetime)
        address = f"/v1/org/concierge/routing/{session}/schedule-simple"
        slots = Slots([Bookable(address, [START_AS_SENT])]) if told == "slots" else ()
        return Offer(session=session, slots=slots, allowed=told != "disqualified", lifetime=lifetime)

    def _other_offers(self) -> list[str]:
        """All there is at first; once a session was opened or asked for again, what else would repeat itself."""
        if self._opened or self._retried:
            return ["no slots", "server broken", "not found"]
        return ["no slots", "disqualified", *OPENING_FAILS, "no answer, ask again"]

    def _book(self, call: Call[Any]) -> Any:
        sent, self._armed = self._armed, None
        session = call.path.split("/")[5]
        self.law(sent is not None and sent == self.row, "I3: a booking call without a durable `sent` of its own")
        assert sent is not None
        self.law(sent.mark not in self._used, "I2: two booking calls in one attempt")
        self.law(
            (sent.sender, sent.session) == (self.lead.sender, session), "I3: the row tells another sender or session"
        )
        self.law(
            sent.slot == START_AS_SENT and sent.sent_at is not None, "I3: the row does not tell what was sent when"
        )
        self.law(session not in self._spent, "I7: a session spent twice")
        opened, lifetime = self._opened[session]
        latest = min(self._read_before_mark + 2, opened + lifetime)
        self.law(call.send_by is not None and call.send_by <= latest, "the call may leave too late")
        self.law(not call.repeatable, "I2: a booking that says it may be repeated")
        self._used.add(sent.mark)
        self._spent.add(session)
        self.called, self.doubt, self._ambiguous, self._answered = True, False, False, ""
        told = self.choose(
            "booked", *NOES, *(f"{t}, {w}" for t in (NOES_TO_LOOK_AT | DOUBTS) for w in ("made", "not made"))
        )
        if told in NOES:
            return NOES[told]
        if told == "booked" or told.endswith(", made"):
            self.meetings.append(f"meeting-of-{session}")
            self.law(len(self.meetings) <= 1 or self.freed, "I1: more than one meeting")
        if told == "booked":
            self._answered = self.meetings[-1]
            return Booked(meeting_id=self._answered)
        self.doubt, self._may_look = True, told.startswith(tuple(NOES_TO_LOOK_AT))
        return (NOES_TO_LOOK_AT | DOUBTS)[told.partition(",")[0]]

    def _list(self, call: Call[Any]) -> Any:
        """The meeting list tells the truth, or nothing."""
        self.law(call.body["guestEmail"] == GUEST, "the list was asked for somebody else")
        self.law(self._may_look, "a look at what no look can settle")
        if (told := self.choose("listed", *LISTS_FAIL)) in LISTS_FAIL:
            self.clock += 1_000  # and patience ends
            return LISTS_FAIL[told]
        made = bool(self.meetings) and self.meetings[-1] != "theirs"
        ours = ["ours", "ours, cancelled", "ours, hardly described", "ours and another"]
        strange = ["none", "one too old", "of another guest", "at another time", "the guest's own"]
        told = self.choose(*(ours if made else strange))
        fits = told in (*ours, "the guest's own")
        self.doubt, self._ambiguous = self.doubt and fits, told == "ours and another"
        rows = [a_meeting(self.meetings[-1] if made else "strange", told, WALL + self.clock)]
        if told == "ours and another":
            rows.append(a_meeting("strange", "", WALL + self.clock))
        wanted = call.body.get("status")
        shown = [row for row in rows if told != "none" and (not wanted or row.status in wanted)]
        return Page(items=shown, size=50)

    # The verdict

    def left(self) -> tuple[object, ...]:
        """What this run leaves behind, as far as the next one can see it, and the judge."""
        row = self.row or ROWS["same"]
        is_old = row.booked_at is not None and row.booked_at < WALL
        known = (row.state, row.guest, row.pattern, row.meeting_id, is_old)
        return (*known, len(self.meetings), self.doubt, self.freed, self.row is None)

    def judge(self, outcome: Outcome | None, raised: BaseException | None) -> None:
        if isinstance(raised, CancelledError):
            return
        state = self.row.state if self.row else "absent"
        if raised is not None:
            self.law(isinstance(raised, ENDS_A_RUN), f"I6: {raised!r} instead of an outcome")
            self.law(not self.doubt, "I6: a call in doubt, and no outcome that says so")
            self.law(isinstance(raised, LedgerFailed) or not self._left_sent(), "I6: a no that is not on record")
            return
        assert outcome is not None
        self.law(outcome.status in STATUSES, "I6: no such outcome")
        self.law(not self.doubt or outcome.status in IN_DOUBT, f"I6: a call in doubt ends as {outcome.status}")
        if outcome.status in ("booked", "already_booked") and self.row is not None:
            on_record = (self.row.state, self.row.meeting_id)
            self.law(on_record == ("booked", outcome.meeting_id), "I6: the outcome is not what is on record")
        self.law(outcome.status in IN_DOUBT or not self._left_sent(), "I6: a no that is not on record")
        another = self.row is not None and self.row.meeting_id not in (None, self._answered)
        if self._answered and another and "taken" not in self._choices.made:
            self.law(outcome.status == "review", "I6: two meetings, and no alarm")
        if self._answered and not self.freed:
            self.law(outcome.status in ("booked", "unknown", "review"), f"I6: answered, and ends as {outcome.status}")
        self.law(state != "planned" or not self.meetings or self.freed, "I5: a meeting, and the lead is free")

    def _left_sent(self) -> bool:
        return self.called and self.row is not None and self.row == self._sent


def a_meeting(meeting_id: str, told: str, wall: float) -> Meeting:
    booked_at = datetime.fromtimestamp(wall - (86_400 if told == "one too old" else 0), UTC)
    return Meeting(
        meeting_id=meeting_id,
        start=None if told.endswith("hardly described") else START + timedelta(hours=told == "at another time"),
        booked_at=None if told.endswith("hardly described") else booked_at,
        guest="ann@example.com" if told == "of another guest" else GUEST,
        status="Canceled" if told.endswith("cancelled") else "Active",
    )
