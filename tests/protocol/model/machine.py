"""A state machine over all that can happen to runs, clocks, Chili Piper and people, in any order."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import ClassVar

from hypothesis import seed
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from airflow_chilipiper.booking.ledger.entry import Entry
from tests.protocol.copies import Copies
from tests.protocol.model.leads import LEADS
from tests.protocol.model.person import Decision, abandons, releases, says_booked, says_not_booked
from tests.protocol.model.play import LISTS, NO_ANSWERS, SENDS, SENT, Play
from tests.protocol.model.runs import Run
from tests.protocol.model.service import SLOTS, Meeting, Request

PICK = st.integers(0, 5)
LEAD = st.sampled_from(["jo", "jo", *LEADS])
DAY = 86_400.0
SEED = 4  # of the order in which things happen, which a renamed function would change otherwise
PLACES = st.sampled_from([SENT, SENDS, SENDS, SENDS, "update booked", "update planned", LISTS, "end", "end"])
HALVES = st.sampled_from([0, 1, 2, 2])
MISHAPS = st.sampled_from(["", *NO_ANSWERS])
DECISIONS = st.sampled_from([says_not_booked, says_not_booked, says_booked, abandons])


class Bounded(RuleBasedStateMachine):
    """All is within the stated bounds, and runs may rebook.

    `clocks` are by how much the clocks of machines may be ahead, and `spans` how much time may pass at once. A run may
    be stepped, or left alone for as long as it pleases whoever draws.
    """

    protocol: ClassVar[Copies]
    unbounded: ClassVar[bool] = False
    policies: ClassVar[tuple[str, ...]] = ("hold", "rebook")
    clocks: ClassVar[tuple[float, ...]] = (0.0, 150.0, 300.0)
    spans: ClassVar[tuple[float, ...]] = (5.0, 35.0, 100.0, 400.0, 600.0, 2_000.0)
    seen: ClassVar[Counter[str]]

    @classmethod
    def of(cls, protocol: Copies) -> type[Bounded]:
        """This machine over that protocol; `seen` counts what it has seen."""
        return seed(SEED)(type(cls.__name__, (cls,), {"protocol": protocol, "seen": Counter()}))

    @initialize(says_lifetime=st.booleans(), codes=st.booleans(), shows_log=st.booleans(), clock=PICK)
    def begin(self, says_lifetime: bool, codes: bool, shows_log: bool, clock: int) -> None:
        self.play = Play(self.protocol, unbounded=self.unbounded, says_lifetime=says_lifetime)
        self.play.chili.codes, self.play.chili.shows_log = codes, shows_log
        self.play.chili.offset = self._clock(clock)
        self.tries: Counter[str] = Counter()
        self.paused: list[Run] = []

    @property
    def alive(self) -> list[Run]:
        return [run for run in self.play.runs if not run.is_over and run not in self.paused]

    @property
    def under_way(self) -> list[Request]:
        return [each for each in self.play.chili.requests if each.state in ("on its way", "read")]

    @property
    def meetings(self) -> list[Meeting]:
        return self.play.chili.meetings

    def _clock(self, pick: int) -> float:
        return self.clocks[pick % len(self.clocks)]

    # Runs

    @precondition(lambda self: len(self.alive) < 4)
    @rule(
        lead=LEAD,
        task=st.sampled_from(["a", "b"]),
        slot=st.integers(0, 1),
        pick=PICK,
        clock=PICK,
        to=PLACES,
        halves=HALVES,
        mishap=MISHAPS,
    )
    def a_try_begins(
        self, lead: str, task: str, slot: int, pick: int, clock: int, to: str, halves: int, mishap: str
    ) -> None:
        """The first or next try of a task instance, or one after a clear, whatever became of the one before.

        "b" is a second DAG run.
        """
        self.tries[task] += 1
        policy = self.policies[pick % len(self.policies)]
        run = self.play.book(lead, task, self.tries[task], policy=policy, ahead=self._clock(clock), slot=slot)
        self._go_on(run, to, halves, mishap)

    @precondition(lambda self: len(self.alive) < 4 and self.play.in_doubt)
    @rule(clock=PICK, to=PLACES, halves=HALVES)
    def a_sweep_begins(self, clock: int, to: str, halves: int) -> None:
        self._go_on(self.play.sweep(ahead=self._clock(clock)), to, halves, "")

    @precondition(lambda self: self.alive)
    @rule(pick=PICK, to=PLACES, halves=HALVES, mishap=MISHAPS)
    def a_run_goes_on(self, pick: int, to: str, halves: int, mishap: str) -> None:
        self._go_on(self.alive[pick % len(self.alive)], to, halves, mishap)

    def _go_on(self, run: Run, to: str, halves: int, mishap: str) -> None:
        """To that verb, if it comes by; then some halves of a verb more, of which the last meets with the mishap."""
        while not run.is_over and run.where != to:
            run.step()
        for left in reversed(range(halves)):
            if not run.is_over:
                run.step("" if left else mishap)

    @precondition(lambda self: self.alive)
    @rule(pick=PICK)
    def a_run_crashes(self, pick: int) -> None:
        self.alive[pick % len(self.alive)].crash()

    @precondition(lambda self: self.alive)
    @rule(pick=PICK)
    def a_run_is_paused(self, pick: int) -> None:
        self.paused.append(self.alive[pick % len(self.alive)])

    @precondition(lambda self: self.paused)
    @rule(pick=PICK)
    def a_run_is_resumed(self, pick: int) -> None:
        self.paused.pop(pick % len(self.paused))

    # Time and Chili Piper

    @precondition(lambda self: self.play.runs)
    @rule(pick=PICK)
    def time_passes(self, pick: int) -> None:
        self.play.time.go(self.spans[pick % len(self.spans)])

    @precondition(lambda self: self.under_way)
    @rule(pick=PICK, what=st.sampled_from(["read", "act", "lose", "lose"]))
    def a_request_comes_further(self, pick: int, what: str) -> None:
        """What is read is acted upon at some time; only what is on its way can be lost."""
        request = self.under_way[pick % len(self.under_way)]
        if what == "lose" and request.state == "on its way":
            request.state = "lost"
        elif what == "read":
            self.play.chili.read(request)
        elif what == "act":
            self.play.deliver(request)

    @precondition(lambda self: self.play.runs)
    @rule(slot=st.sampled_from(SLOTS[:2]))
    def a_slot_is_stolen(self, slot: datetime) -> None:
        self.play.chili.taken.add(slot)

    @precondition(lambda self: self.meetings)
    @rule(pick=PICK)
    def the_list_shows_a_meeting(self, pick: int) -> None:
        """Before it must."""
        meeting = self.meetings[pick % len(self.meetings)]
        meeting.shown_at = min(meeting.shown_at, self.play.time.now)

    @precondition(lambda self: self.play.in_doubt)
    @rule()
    def the_list_fails_or_recovers(self) -> None:
        self.play.list_fails = not self.play.list_fails

    @precondition(lambda self: self.meetings)
    @rule(pick=PICK, days=st.integers(0, 3))
    def a_guest_cancels_or_moves(self, pick: int, days: int) -> None:
        """The slot stays taken: nothing sets apart a meeting that a person wrote off and a new one at its time."""
        meeting = self.meetings[pick % len(self.meetings)]
        if days:
            meeting.start += timedelta(days=days)
        else:
            meeting.status = "Canceled"

    # People

    @property
    def for_a_person(self) -> list[Entry]:
        """Rows in doubt; and booked ones that no run works on, since its answer or look may bring the meeting again."""
        busy = {run.lead for run in self.play.runs if not run.is_over}
        return [
            *self.play.in_doubt,
            *(entry for entry in self.play.ledger.entries("booked") if not busy & {entry.key, ""}),
        ]

    @precondition(lambda self: self.for_a_person)
    @rule(pick=PICK, what=DECISIONS, clock=PICK)
    def a_person_decides(self, pick: int, what: Decision, clock: int) -> None:
        """Where nothing ends by itself, what has left gets lost before somebody says that it came to nothing."""
        entry = self.for_a_person[pick % len(self.for_a_person)]
        for request in self.under_way if self.unbounded and what is says_not_booked else ():
            if request.state == "on its way" and request.session.lead == entry.key:
                request.state = "lost"
        decides = releases if entry.state == "booked" else what
        self.seen[decides.__name__] += decides(self.play, entry.key, ahead=self._clock(clock))

    @rule(name=LEAD, clock=PICK)
    def a_preview(self, name: str, clock: int) -> None:
        self.play.preview(name, ahead=self._clock(clock))

    @invariant()
    def every_law_holds(self) -> None:
        if hasattr(self, "play"):
            self.play.laws.at_every_instant()

    def teardown(self) -> None:
        """Everything wakes up, arrives and is looked at, until nothing changes any more."""
        if not hasattr(self, "play") or self.play.laws.is_broken:
            return
        play = self.play
        for run in play.runs:
            if not run.is_over:
                run.until("end")
        play.deliver(*self.under_way)
        play.list_fails = False
        for number in range(3):
            play.time.go(DAY)
            for name in LEADS:
                play.book(name, "last", number).until("end")
        play.laws.at_rest()
        self.seen.update(f"{before} to {after}" for before, after in play.ledger.transitions)


class Unbounded(Bounded):
    """Nothing is bounded: sessions do not end, requests and lists take for ever, and clocks are days apart."""

    unbounded = True
    policies = ("hold",)
    clocks = (0.0, 3 * DAY, -3 * DAY)
    spans = (1.0, 5.0, 400.0, DAY)
