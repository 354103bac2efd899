"""What is true of one lead, whatever its flow is shown of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import inf

from airflow_chilipiper.booking.lead import Lead
from airflow_chilipiper.booking.ledger.entry import Entry
from airflow_chilipiper.booking.outcome import Outcome
from tests.protocol.by_hand.evidence import Evidence, Made, MeetingList
from tests.protocol.by_hand.scenarios import BEGINS, LIFETIME, PROCESSING, SKEW, WALL, Scene
from tests.protocol.choices import Broken, Choices
from tests.protocol.laws import IN_DOUBT, BookingCall, Record

NEVER = 1e9


class Truth:
    """The entry, the meetings, and what was shown since the run began.

    `meetings` are those made for this lead, by whomever, or under way; `doubt` says that a call that may have made one
    has not been found out about; `freed` that somebody set the lead free in spite of that, and answers for it. `calls`
    has of each session that was spent, or is to be, when that was, as this clock counts. `brief`, `terse` and `plain`
    leave out choices after which all goes as it goes elsewhere.
    """

    def __init__(self, scene: Scene, answers: Mapping[str, BaseException], choices: Choices) -> None:
        self.choose: Callable[..., str] = choices
        self.choices, self.scenario, self.tries = choices, scene.scenario, scene.tries
        self.answers = answers
        self.entry = self.on_record = scene.entry
        self.clock = BEGINS
        self.ahead = SKEW if scene.entry and not scene.scenario.one_clock else 0.0
        self.meetings: dict[str, Made] = {}
        self.lists: dict[str, MeetingList] = {}
        self.calls: dict[str, float] = {"session-0": scene.scenario.sent_at} if scene.entry else {}
        self.opened: dict[str, tuple[float, float]] = {}
        self.booking_calls: list[BookingCall] = []
        self.freed = False
        self.brief, self.terse = scene.scenario.tried == "less", scene.scenario.tried in ("least", "answers")
        self.is_settled = False
        if scene.entry and scene.scenario.state in (*IN_DOUBT, "booked") and not scene.scenario.due_again:
            self.make("session-0", entry=scene.entry, lag=scene.scenario.lag)
        self.begin(scene.tries[0])

    def begin(self, lead: Lead) -> None:
        """Another try: what was shown before counts no more."""
        self.lead, self.began = lead, self.clock
        self.doubt = self.called = self.said_no = self.plain = self.may_look = self.retried = False
        self.muted = self.answered = ""
        self.recorded_as: set[str] = set()
        self.armed: Entry | None = None
        self.sent: Entry | None = None
        self.read_before_record = self.no_counts_from = 0.0
        self.wide, self.pauses = False, 0
        self._look_anew()

    def _look_anew(self) -> None:
        self.seen, self.taken = Evidence(), False

    def now(self) -> float:
        return self.clock

    def wall(self) -> float:
        return WALL + self.clock + self.ahead

    def sent_when(self, entry: Entry) -> float:
        """When the call on record was made, as this clock counts; a broken entry may not say which that was."""
        return self.calls.get(entry.session or "", 0.0)

    def law(self, holds: bool, text: str) -> None:
        if not holds:
            raise Broken(text, f"{self.scenario}, {' > '.join(self.choices.made)}; {self.entry}")

    def keeps(self, broken: str) -> None:
        self.law(not broken, broken)

    def record(self, outcome: Outcome | None = None, error: BaseException | None = None) -> Record:
        return Record(
            meetings=self.meetings,
            allowed=inf if self.freed else 1,
            entries=[self.entry] if self.entry else [],
            calls=self.booking_calls,
            outcome=outcome,
            error=error,
            has_doubt=self.doubt,
        )

    def make(self, session: str, *, entry: Entry, late: bool = False, lag: float = 0.0) -> None:
        """A late meeting is made as late as can be; where nobody counts on bounds, the list does not know them."""
        sent_at = self.calls[session]
        commits_at = sent_at + (LIFETIME + PROCESSING if late else 0.5)
        listed_from = NEVER if late and not self.scenario.may_rebook else commits_at + lag
        booked_at = (entry.sent_at or 0.0) - SKEW + 0.5
        meeting_id = f"meeting-of-{session}"
        self.meetings[meeting_id] = Made(meeting_id, commits_at, listed_from, booked_at)

    def left(self) -> tuple[object, ...]:
        """What this run leaves behind, as far as the next one can see it, and the judge."""
        entry = self.entry
        if entry is None:
            return ("absent",)
        is_old = entry.booked_at is not None and entry.booked_at < WALL
        since = round(self.clock - self.sent_when(entry), -2)
        known = (
            entry.state,
            entry.guest,
            entry.invited,
            entry.pattern,
            entry.meeting_id,
            is_old,
            entry.policy,
            entry.session,
            since,
        )
        truth = tuple((each.meeting_id, round(each.listed_from - self.clock, -2)) for each in self.meetings.values())
        listed = self.lists[entry.session or ""].variant if entry.session in self.lists else ""
        return (*known, truth, self.doubt, self.freed, listed)

    def again(self, later: float) -> None:
        """The next try, *later* and in a runtime where all goes well, on a machine whose clock is ahead."""
        self.choose = lambda *options: options[0]
        self.clock += later
        self.begin(self.tries[1])
        self.ahead = SKEW
