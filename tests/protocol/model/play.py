"""The whole: Chili Piper, the ledger, and runs on machines whose clocks differ."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import Any

from airflow_chilipiper.api import errors
from airflow_chilipiper.api.call import Call
from airflow_chilipiper.booking.ledger.entry import Entry, LedgerFailed
from tests.protocol.copies import Copies
from tests.protocol.laws import IN_DOUBT, left_alone, preview_only
from tests.protocol.model.clocks import Machine, Time
from tests.protocol.model.laws import Laws
from tests.protocol.model.leads import UNBOUNDED, Truth, a_lead, bounds
from tests.protocol.model.ledger import JudgedLedger
from tests.protocol.model.runs import Run
from tests.protocol.model.service import BOOKING, LISTING, OPENING, ChiliPiper, Meeting, Request
from tests.protocol.queries import Queries

SENT, SENDS, LISTS = "update sent", f"ask {BOOKING}", f"ask {LISTING}"

# What the second half of a call may bring instead of its answer.
NO_ANSWERS: dict[str, Callable[[], Exception]] = {
    "no answer": lambda: errors.NoAnswer("no answer"),
    "5xx": lambda: errors.ServerBroken("502", status=502),
    "bare 4xx": lambda: errors.ServerBroken("409", status=409),
    "unreadable": lambda: errors.Unreadable("no meeting id"),
}


class Play:
    """What truly happens, within the stated bounds or *unbounded*. A half of a verb takes *step* seconds.

    `stated` is what the protocol goes by. `resolution` says what becomes of a booking call that has just left; without
    it, that is decided when its answer is wanted, or by whoever plays.
    """

    def __init__(
        self, protocol: Copies, *, unbounded: bool = False, step: float = 0.1, says_lifetime: bool = True
    ) -> None:
        self.protocol, self.unbounded, self.time, self._step = protocol, unbounded, Time(), step
        self.laws = laws = Laws(self.time)
        self.stated = Truth()
        truth = UNBOUNDED if unbounded else Truth()
        self.chili = laws.chili = ChiliPiper(
            self.time,
            laws.of_a_meeting,
            lifetime=truth.lifetime or inf,
            processing=truth.processing,
            list_lag=truth.list_lag,
            says_lifetime=says_lifetime,
        )
        self.ledger = laws.ledger = JudgedLedger(protocol.MemoryLedger(), self.chili, laws)
        self.runs: list[Run] = []
        self.resolution: Callable[[Request], object] = bool
        self.list_fails = False

    # Who acts

    def book(
        self,
        name: str = "jo",
        task: str = "dag/task",
        number: int = 1,
        *,
        policy: str = "hold",
        ahead: float = 0.0,
        slot: int | None = None,
    ) -> Run:
        """A try of a task instance begins, on a machine whose clock is that much ahead.

        Where no slot is named, the first run wants the first one and no other does: two meetings in one slot would
        keep each other from being made.
        """
        wanted, sender = bool(self.runs) if slot is None else slot, f"{task}#{number}"
        stated = bounds(self.protocol, policy, self.stated)
        lead = a_lead(self.protocol, name, slot=wanted, sender=sender, bounds=stated)
        flow = self.protocol.book(lead, self._runtime(ahead))
        return self._start(f"{name}: {sender}", flow, lead.new_entry().key, sender)

    def sweep(self, *, ahead: float = 0.0) -> Run:
        """Somebody reconciles all that is in doubt now."""
        settings = bounds(self.protocol, "hold", self.stated), self.protocol.RoutingLog()
        return self._start("sweep", self.protocol.sweep(self.in_doubt, self._runtime(ahead), *settings))

    def preview(self, name: str, *, ahead: float = 0.0) -> None:
        """I10: it says what a run would do, and does nothing."""
        lead, before = a_lead(self.protocol, name), (self.ledger.entries(), len(self.chili.sessions))
        entry = self.ledger.real.get([lead.new_entry().key]).get(lead.new_entry().key)
        status = self.protocol.preview(entry, (), lead, Machine(self.time, ahead).wall()).status
        self.laws.keeps(preview_only(before, (self.ledger.entries(), len(self.chili.sessions)), entry, status))

    @property
    def in_doubt(self) -> list[Entry]:
        return self.ledger.entries(*IN_DOUBT)

    def deliver(self, *requests: Request) -> None:
        """They arrive, and come to what they come to."""
        for request in requests:
            self.chili.read(request)
            self.chili.act(request)

    def meetings_of(self, lead: str) -> list[Meeting]:
        """Those that count: not the ones that a person released the lead from."""
        released = self.ledger.released[lead]
        return [meeting for meeting in self.chili.meetings if meeting.lead == lead and meeting.id not in released]

    def _runtime(self, ahead: float) -> Queries:
        return Queries(Machine(self.time, ahead))

    def _start(self, name: str, flow: Any, lead: str = "", sender: str = "") -> Run:
        self.laws.note(name, "begins")
        self.runs.append(Run(f"{name} ({len(self.runs)})", flow, lead, sender, self))
        return self.runs[-1]

    # The verbs of a run, in two halves

    def effect(self, run: Run, mishap: str) -> Any:
        """What the verb does, unless the mishap keeps it from doing that."""
        verb, what = run.at
        self.time.go(self._step)
        if verb == "acquire":
            return None
        self.laws.note(run.name, run.where, mishap)
        if verb == "pause":
            return self.time.now + what
        if verb == "ask":
            return self._asked(run, what)
        return LedgerFailed("away") if mishap else self._written(run, verb, what)

    def answer(self, run: Run, mishap: str) -> Any:
        """What the verb brings back, or the mishap instead of it."""
        verb, effect = run.at[0], run.effect
        if verb == "pause":
            return self.time.go(max(0.0, effect - self.time.now))
        self.time.go(self._step)
        if mishap and not isinstance(effect, errors.NotSent):
            self.laws.note(run.name, "is answered", mishap)
            if verb in ("get_or_create", "update"):
                return LedgerFailed("no answer")
            if verb == "ask":
                return NO_ANSWERS[mishap]()
        return self._answered(effect) if isinstance(effect, Request) else effect

    def _written(self, run: Run, verb: str, entry: Entry) -> Any:
        if verb == "update":
            return self.ledger.update(entry, run.name)
        known = self.ledger.get_or_create(entry)
        run.left_alone = left_alone(known)
        return known

    def _asked(self, run: Run, call: Call[Any]) -> Any:
        if call.operation in (OPENING, BOOKING):
            self.laws.keeps(run.left_alone and f"{run.left_alone}, asked for {call.operation}")
        if call.operation == BOOKING:
            return self._sent(run, call)
        if self.list_fails and call.operation == LISTING:
            return errors.NotAllowed("the list is closed", status=403)
        try:
            return self.chili.ask(call, run.lead)
        except errors.ChiliPiperError as error:
            return error

    def _sent(self, run: Run, call: Call[Any]) -> Any:
        if call.send_by is not None and self.time.now > call.send_by:
            return errors.NotSent("too late")
        request = self.chili.send(call)
        self.laws.of_a_call(run, request.session.id, call.body["startTime"])
        run.requests.append(request)
        self.resolution(request)
        return request

    def _answered(self, request: Request) -> Any:
        self.deliver(request)
        if request.answer is None:
            return errors.NoAnswer("the request is lost")
        try:
            return request.reader(request.answer)
        except errors.ChiliPiperError as error:
            return error
