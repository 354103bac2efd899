"""DESIGN's invariants, as far as the whole must be seen to judge them; those of an entry's change are the ledger's."""

from __future__ import annotations

from collections import Counter
from typing import Any

from airflow_chilipiper.api import errors
from airflow_chilipiper.booking.ledger.entry import LedgerFailed
from airflow_chilipiper.booking.outcome import STATUSES, Outcome
from tests.protocol.choices import Broken
from tests.protocol.model.clocks import Time
from tests.protocol.model.ledger import JudgedLedger
from tests.protocol.model.runs import Run
from tests.protocol.model.service import ChiliPiper, Meeting

IN_DOUBT = ("sent", "unknown", "review")
MAY_HAVE_BOOKED = ("booked", "already_booked", "unknown", "review")
ENDS_A_RUN = (errors.NotAllowed, errors.NotFound, LedgerFailed)


class Laws:
    """`trace` is what led here, told with the law that is broken."""

    ledger: JudgedLedger
    chili: ChiliPiper

    def __init__(self, time: Time) -> None:
        self.is_broken = False
        self._time = time
        self._trace: list[tuple[Any, ...]] = []
        self._alarms: set[str] = set()
        self._used: set[str] = set()

    def __call__(self, holds: bool, text: str) -> None:
        if not holds:
            self.is_broken = True
            trace = "\n".join(f"{at:10.1f}  {' '.join(filter(None, what))}" for at, *what in self._trace)
            raise Broken(text, f"after\n{trace}\n{self.ledger.entries()}")

    def note(self, *what: str) -> None:
        self._trace.append((self._time.now, *what))

    def at_every_instant(self) -> None:
        """Told from what there is, whoever did it."""
        for lead, made in Counter(meeting.lead for meeting in self.chili.meetings).items():
            self(made <= 1 + len(self.ledger.released[lead]), "I1: more than one meeting for a lead")
        booked = [entry.meeting_id for entry in self.ledger.entries("booked")]
        self(len(booked) == len(set(booked)), "I5: one meeting id stands in two entries")
        self(set(booked) <= {meeting.id for meeting in self.chili.meetings}, "I5: booked with what never was")

    def of_a_meeting(self, meeting: Meeting) -> None:
        self.note("*", meeting.id, "is made")
        self.at_every_instant()

    def of_a_call(self, run: Run, session: str) -> None:
        """A booking call is about to leave."""
        sent = next((entry for entry in reversed(self.ledger.sent[run.name]) if entry.session == session), None)
        self(sent is not None, "I3: a booking call without a `sent` of its own on record")
        assert sent is not None
        self(sent.version not in self._used, "I2: two booking calls in one attempt")
        self(session not in self._used, "I7: a session is spent twice")
        self._used |= {session, sent.version}

    def of_an_end(self, run: Run) -> None:
        """Each run has an outcome, and a sweep may fail; neither hides what it may have booked."""
        may_have_booked = any(request.meeting or request.may_book(self._time.now) for request in run.requests)
        if run.error is not None:
            expected = ENDS_A_RUN if run.lead else (errors.ChiliPiperError, LedgerFailed)
            self(isinstance(run.error, expected), f"I6: {run.name} raises {run.error!r}")
            self(not may_have_booked, "I6: a call in doubt, and no outcome that says so")
        elif run.lead:
            self._of_an_outcome(run, run.result, may_have_booked)

    def _of_an_outcome(self, run: Run, outcome: Outcome, may_have_booked: bool) -> None:
        status, meeting = outcome.status, outcome.meeting_id
        self.note(run.name, "ends as", status, outcome.reason)
        self(status in STATUSES, "I6: no such outcome")
        self(not may_have_booked or status in MAY_HAVE_BOOKED, f"I6: ends as {status}, and may have booked")
        if status in ("booked", "already_booked"):
            was = [(entry.state, entry.meeting_id) for entry in self.ledger.history[run.lead]]
            self(("booked", meeting) in was, "I6: the outcome is booked, and the record is not")
        if "TWO MEETINGS" in outcome.reason and meeting:
            self._alarms.add(meeting)

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
