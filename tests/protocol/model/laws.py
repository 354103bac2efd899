"""Where the model must keep the laws of the protocol; those of an entry's change are its ledger's."""

from __future__ import annotations

from collections import defaultdict
from types import NoneType
from typing import Any

from airflow_chilipiper.api import errors
from airflow_chilipiper.booking.ledger.entry import LedgerFailed
from airflow_chilipiper.booking.outcome import Outcome
from tests.protocol.choices import Broken
from tests.protocol.laws import (
    IN_DOUBT,
    OF_A_CALL,
    BookingCall,
    Record,
    booked_with_what_was_made,
    one_entry_a_meeting,
    one_meeting,
    one_true_outcome,
)
from tests.protocol.model.clocks import Time
from tests.protocol.model.ledger import JudgedLedger
from tests.protocol.model.runs import Run
from tests.protocol.model.service import ChiliPiper, Meeting

SWEEP_FAILS = (errors.ChiliPiperError, LedgerFailed, NoneType)


class Laws:
    """`trace` is what led here, shown with the law that is broken."""

    ledger: JudgedLedger
    chili: ChiliPiper

    def __init__(self, time: Time) -> None:
        self.is_broken = False
        self._time = time
        self._trace: list[tuple[Any, ...]] = []
        self._alarms: set[str] = set()
        self._calls: list[BookingCall] = []

    def __call__(self, holds: bool, text: str) -> None:
        if not holds:
            self.is_broken = True
            trace = "\n".join(f"{at:10.1f}  {' '.join(filter(None, what))}" for at, *what in self._trace)
            raise Broken(text, f"after\n{trace}\n{self.ledger.entries()}")

    def note(self, *what: str) -> None:
        self._trace.append((self._time.now, *what))

    def keeps(self, broken: str) -> None:
        self(not broken, broken)

    def at_every_instant(self) -> None:
        """Judged from what there is, whoever did it."""
        made = defaultdict[str, list[str]](list)
        for meeting in self.chili.meetings:
            made[meeting.lead].append(meeting.id)
        for lead, ids in made.items():
            self.keeps(one_meeting(Record(ids, allowed=1 + len(self.ledger.released[lead]))))
        self.of_the_booked()

    def of_the_booked(self) -> None:
        booked = self.ledger.entries("booked")
        self.keeps(one_entry_a_meeting(booked))
        self.keeps(booked_with_what_was_made(booked, [meeting.id for meeting in self.chili.meetings]))

    def of_a_meeting(self, meeting: Meeting) -> None:
        self.note("*", meeting.id, "is made")
        self.at_every_instant()

    def of_a_call(self, run: Run, session: str, slot: str) -> None:
        """A booking call is about to leave."""
        sent = next((entry for entry in reversed(self.ledger.sent[run.name]) if entry.session == session), None)
        self._calls.append(BookingCall(run.sender, session, slot, sent))
        for law in OF_A_CALL:
            self.keeps(law(Record(calls=self._calls)))

    def of_an_end(self, run: Run) -> None:
        """Each run has an outcome, and a sweep may fail; neither hides what it may have booked."""
        if not run.lead:
            self(isinstance(run.error, SWEEP_FAILS), f"I6: {run.name} raises {run.error!r}")
            return
        outcome: Outcome | None = run.result
        self.note(run.name, "ends as", *(outcome.status, outcome.reason) if outcome else (repr(run.error),))
        has_doubt = any(request.meeting or request.may_book(self._time.now) for request in run.requests)
        history = self.ledger.history[run.lead]
        self.keeps(one_true_outcome(Record(entries=history, outcome=outcome, error=run.error, has_doubt=has_doubt)))
        if outcome and outcome.meeting_id and "TWO MEETINGS" in outcome.reason:
            self._alarms.add(outcome.meeting_id)

    def at_rest(self) -> None:
        """Once nothing is under way any more, each meeting is on record, or its lead is in doubt.

        A guest who is two leads is known by the guest alone: then a doubt about either will do.
        """
        booked = {entry.meeting_id for entry in self.ledger.entries("booked")}
        doubtful = {entry.guest for entry in self.ledger.entries(*IN_DOUBT, "abandoned")}
        for meeting in self.chili.meetings:
            known = booked | self._alarms | set(self.ledger.released[meeting.lead])
            entry = self.ledger.entry(meeting.lead)
            self(meeting.id in known or entry.guest in doubtful, f"I5: {meeting.id} is lost, its lead is {entry.state}")
