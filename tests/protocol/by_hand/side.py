"""The other side of the booking flow, which answers each of its queries.

Wherever it is free to choose, `Choices` goes depth-first through all that it may answer; `laws.py` says what a flow may
do then. It imitates nobody: it is the list of all answers, also of those that no service of one mind would give.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from airflow_chilipiper.api.call import Call
from airflow_chilipiper.api.patterns.offer import Booked, Offer
from airflow_chilipiper.booking.batch.runtime import Stopping
from airflow_chilipiper.booking.ledger.entry import Entry
from tests.protocol.by_hand import laws
from tests.protocol.by_hand.evidence import ROUTERS, Made, MeetingList, Slot, log_entries
from tests.protocol.by_hand.on_record import OnRecord
from tests.protocol.by_hand.scenarios import LIFETIME, an_offer, invited_by, start_of
from tests.protocol.by_hand.truth import NEVER
from tests.protocol.by_hand.wire_answers import (
    DOUBTS,
    LISTS_FAIL,
    NOES,
    NOES_TO_LOOK_AT,
    NOES_TO_WAIT_FOR,
    OPENING_FAILS,
)
from tests.protocol.laws import one_meeting

FEW = ("slot gone", "not allowed", "slot gone with a code", "refused with a code", "no answer", "session gone")
MINUTE = timedelta(minutes=1)


class Side(OnRecord):
    """All that one lead's flow can meet."""

    def answer(self, verb: str, what: Any) -> Any:
        self.clock += 0.25
        if verb == "ask":
            return self._asked(what)
        if verb == "update":
            return self.updated(what)
        if verb == "get_or_create":
            return self.created(what)
        if verb == "log":
            return self._log(what)
        self.law(self.armed is None, f"something waits ({verb}) between the record and the call")
        if verb == "pause":
            self.clock += what
            self.pauses += 1
        once = self.wide or self.terse or self.pauses > 1 or (self.brief and self.called)
        stops = [] if once else [f"stopping at {verb}"]
        if self.choose("go on", *stops) == "go on":
            return None
        self.seen.failed = True
        return Stopping()

    def _asked(self, call: Call[Any]) -> Any:
        self.law(not self.muted, f"{self.muted}: asked for {call.operation}")
        answers = {
            "concierge-route-by-slug": self._open,
            "handoff-init": self._open,
            "concierge-schedule": self._book,
            "handoff-schedule": self._book,
            "meeting-list-put": self._list,
            "concierge-list-routers": self._routers,
        }
        self.law(call.operation in answers, f"nobody should ask {call.operation}")
        return answers[call.operation](call)

    def _open(self, _: Call[Any]) -> Any:
        chosen = self.choose("slots", *self._other_offers())
        self.terse |= self.retried  # and what follows goes as it goes without
        self.retried = chosen.endswith("ask again")
        self.terse |= bool(self.opened) and self.choices.made[-4:-2] != ["slot gone", "written"]
        if chosen.startswith(tuple(OPENING_FAILS)):
            self.clock += 0 if self.retried else 1_000  # and nobody tries again
            return OPENING_FAILS[chosen.partition(",")[0]]
        session, lifetime = f"session-{len(self.opened) + 1}", 1.0 if self.opened else LIFETIME
        self.opened[session] = (self.clock - 0.25, NEVER if self.scenario.endless else lifetime)
        return self._offer(session, lifetime, chosen)

    def _offer(self, session: str, lifetime: float, chosen: str) -> Offer:
        facts = {"has_slots": chosen == "slots", "allowed": chosen != "disqualified"}
        return an_offer(self.scenario, session, lifetime, **facts)

    def _other_offers(self) -> list[str]:
        """All there is at first; once a session was opened or asked for again, what else would repeat itself."""
        if self.terse:
            return []
        if self.opened or self.retried or self.brief:
            return ["no slots", "server broken", "not found"]
        return ["no slots", "disqualified", *OPENING_FAILS, "no answer, ask again"]

    def _book(self, call: Call[Any]) -> Any:
        sent, self.armed = self.armed, None
        session = call.path.split("/")[5]
        laws.judge_call(self, call, sent, session)
        assert sent is not None
        self.calls[session] = self.clock
        self.called, self.doubt, self.answered = True, False, ""
        self._look_anew()
        chosen = self.choose("booked", *self._other_answers())
        self.said_no = chosen in NOES
        if self.said_no:
            return self.answers[chosen]
        kind, _, became = chosen.partition(", ")
        if chosen == "booked" or became != "not made":
            at_once = kind in NOES_TO_LOOK_AT
            self.make(session, entry=sent, late=became == "made late", lag=0.0 if at_once else self.scenario.lag)
            self.keeps(one_meeting(self.record()))
        if chosen == "booked":
            self.answered = f"meeting-of-{session}"
            return Booked(meeting_id=self.answered)
        self.doubt, self.may_look = True, kind in (*NOES_TO_LOOK_AT, *NOES_TO_WAIT_FOR)
        self.no_counts_from = self.clock + (self.scenario.lag if kind in NOES_TO_WAIT_FOR else 0.0)
        self.plain = kind in DOUBTS and kind != "no answer"
        return self.answers[kind]

    def _other_answers(self) -> list[str]:
        """What is not known for a no may come late, but after one kind of doubt all go on alike."""
        if self.terse and self.scenario.tried != "answers":
            return ["no answer, made"]
        every = (*NOES, *NOES_TO_LOOK_AT, *NOES_TO_WAIT_FOR, *DOUBTS)
        kinds = FEW if self.scenario.tried == "less" or len(self.opened) > 1 else every
        doubts = [f"{kind}, {became}" for kind in kinds if kind not in NOES for became in ("made", "not made")]
        return [*(kind for kind in kinds if kind in NOES), *doubts, "no answer, made late"]

    def _list(self, call: Call[Any]) -> Any:
        """The meeting list shows the truth, or nothing."""
        assert self.entry is not None
        start, end = (datetime.fromisoformat(call.body[name]) for name in ("start", "end"))
        self.wide = end - start > MINUTE
        entry = self.sent or self.entry
        fails = list(LISTS_FAIL)[: 1 if self.wide else 3]
        if (chosen := self.choose("listed", *fails)) in LISTS_FAIL:
            self.seen.failed = True
            self.clock += 1_000  # and nobody tries again
            return LISTS_FAIL[chosen]
        return self._list_of(entry).answer(call, self._made(entry), self.clock, self.seen, self.choose)

    def _list_of(self, entry: Entry) -> MeetingList:
        slot = Slot(start_of(entry.session), invited_by(self.scenario), entry.sent_at or 0.0, entry.released or "")
        fresh = MeetingList(slot, is_known=self.scenario.is_known, is_at_once=self.may_look)
        return self.lists.setdefault(entry.session or "", fresh)

    def _made(self, entry: Entry) -> Made | None:
        return self.meetings.get(f"meeting-of-{entry.session}")

    def _routers(self, _: Call[Any]) -> Any:
        return ROUTERS[self.choose(*ROUTERS)]

    def _log(self, asked: Mapping[str, Any]) -> Any:
        entry = self.entry
        assert entry is not None
        self.law(not self.muted, f"{self.muted}: asked for the log")
        laws.judge_log(self, asked, entry)
        session, made = entry.session or "", self._made(entry)
        has_ended = self.clock >= self.sent_when(entry) + LIFETIME
        made = None if made and made.commits_at > self.clock else made
        times_out = has_ended and (not self.meetings or bool(made and made.listed_from <= self.began))
        return log_entries(self.choose, session, made, self.seen, times_out=times_out)
