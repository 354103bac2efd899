"""The ledger of the model: the real one in memory, each of its changes held against the table of transitions."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from airflow_chilipiper.booking.ledger.entry import TRANSITIONS, Entry
from airflow_chilipiper.booking.ledger.memory import MemoryLedger
from airflow_chilipiper.booking.ledger.store import Answer
from tests.protocol.laws import sent_only_when_free
from tests.protocol.model.service import ChiliPiper

if TYPE_CHECKING:
    from tests.protocol.model.laws import Laws

PERSON = "a person"
RELEASE = ("booked", "planned")
IN_TABLE = {(source, each.to) for each in TRANSITIONS.values() for source in each.sources}


class JudgedLedger:
    """`history` has each entry as it was on record, in order, and `sent` those that each actor recorded as `sent`.

    `released` has the meetings that do not count any more for a lead.
    """

    def __init__(self, real: MemoryLedger, chili: ChiliPiper, law: Laws) -> None:
        self.real, self._chili, self._law = real, chili, law
        self.history: defaultdict[str, list[Entry]] = defaultdict(list)
        self.sent: defaultdict[str, list[Entry]] = defaultdict(list)
        self.released: defaultdict[str, list[str]] = defaultdict(list)
        self.transitions: set[tuple[str, str]] = set()

    def get_or_create(self, entry: Entry) -> Entry:
        (answer,) = self.real.get_or_create([entry])
        if not self.history[entry.key]:
            self.history[entry.key].append(answer)
        return answer

    def update(self, entry: Entry, actor: str) -> Answer:
        (answer,) = self.real.update([entry])
        self.judge(entry.key, actor)
        return answer

    def judge(self, key: str, actor: str) -> None:
        """Look at what *actor* has made of an entry."""
        before, after = self.history[key][-1], self.entry(key)
        if after == before:
            return
        self.history[key].append(after)
        self.transitions.add((before.state, after.state))
        if before.state == "booked":
            self._law(actor == PERSON, f"transition 10: {actor} changes a booked entry to {after.state}")
            self.released[key].append(before.meeting_id or "")
        law = "I9" if before.state == "review" else "I4"
        self._law(self._is_allowed(before, after, actor), f"{law}: {before.state} to {after.state} by {actor}")
        if after.state == "sent":
            self.sent[actor].append(after)
        self._law.of_the_booked()

    def _is_allowed(self, before: Entry, after: Entry, actor: str) -> bool:
        """By the table, and what can be seen on record. Whether silence counted rightly, the meetings show (I1)."""
        if (before.state, after.state) not in IN_TABLE:
            return False
        if actor == PERSON:
            return after.state == "booked" or before.state == "review" or (before.state, after.state) == RELEASE
        is_sender = any(entry.session == before.session for entry in self.sent[actor])
        may_rebook = before.policy == "rebook" and before.state in ("sent", "unknown")
        allowed = {
            "sent": not sent_only_when_free(before),
            "planned": is_sender or may_rebook or self._chili.shows_end_of(before.session),
            "unknown": is_sender,
            "review": True,
            "booked": True,
        }
        return allowed.get(after.state, False)

    def entry(self, key: str) -> Entry:
        return self.real.get([key])[key]

    def entries(self, *states: Any) -> list[Entry]:
        return list(self.real.list(states=states) if states else self.real.list())
