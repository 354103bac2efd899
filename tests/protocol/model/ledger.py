"""The ledger of the model: the real one in memory, each of its changes held against the table of transitions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any

from airflow_chilipiper.booking.ledger.entry import Row
from airflow_chilipiper.booking.ledger.memory import MemoryLedger
from airflow_chilipiper.booking.ledger.store import Answer
from tests.protocol.model.service import ChiliPiper

Law = Callable[[bool, str], None]
PERSON = "a person"
RELEASE = ("booked", "planned")


class JudgedLedger:
    """`history` has each row as it was on record, in order, and `sent` the rows that each actor marked `sent`.

    `released` has the meetings that do not count any more for a lead.
    """

    def __init__(self, real: MemoryLedger, chili: ChiliPiper, law: Law) -> None:
        self.real, self._chili, self._law = real, chili, law
        self.history: defaultdict[str, list[Row]] = defaultdict(list)
        self.sent: defaultdict[str, list[Row]] = defaultdict(list)
        self.released: defaultdict[str, list[str]] = defaultdict(list)
        self.transitions: set[tuple[str, str]] = set()

    def begin(self, row: Row) -> Row:
        (answer,) = self.real.begin([row])
        if not self.history[row.key]:
            self.history[row.key].append(answer)
        return answer

    def mark(self, row: Row, actor: str) -> Answer:
        (answer,) = self.real.mark([row])
        self.judge(row.key, actor)
        return answer

    def judge(self, key: str, actor: str) -> None:
        """Look at what *actor* has made of a row."""
        before, after = self.history[key][-1], self.row(key)
        if after == before:
            return
        self.history[key].append(after)
        self.transitions.add((before.state, after.state))
        if before.state == "booked":
            self._law(actor == PERSON, f"transition 10: {actor} changes a booked row to {after.state}")
            self.released[key].append(before.meeting_id or "")
        law = "I9" if before.state == "review" else "I4"
        self._law(self._is_allowed(before, after, actor), f"{law}: {before.state} to {after.state} by {actor}")
        if after.state == "sent":
            self.sent[actor].append(after)
        if after.state == "booked":
            made = {meeting.id for meeting in self._chili.meetings}
            self._law(after.meeting_id in made, "I5: a booked row names a meeting that never was")
        booked = [row.meeting_id for row in self.rows("booked")]
        self._law(len(booked) == len(set(booked)), "I5: one meeting id stands in two rows")

    def _is_allowed(self, before: Row, after: Row, actor: str) -> bool:
        """By what can be seen on record. Whether silence counted rightly, the meetings tell (I1).

        A sender may come back to its doubt: that frees nobody.
        """
        if actor == PERSON:
            return after.state == "booked" or before.state == "review" or (before.state, after.state) == RELEASE
        is_sender = any(row.session == before.session for row in self.sent[actor])
        may_rebook = before.policy == "rebook" and before.state in ("sent", "unknown")
        allowed = {
            "sent": before.state == "planned",
            "planned": is_sender or may_rebook or self._chili.shows_end_of(before.session),
            "unknown": before.state in ("planned", "sent", "unknown") and is_sender,
            "review": before.state in ("sent", "unknown"),
            "booked": before.state != "booked",
        }
        return allowed.get(after.state, False)

    def row(self, key: str) -> Row:
        return self.real.look([key])[key]

    def rows(self, *states: Any) -> list[Row]:
        return list(self.real.list(states=states) if states else self.real.list())
