"""The ledger, and who else writes in it."""

from __future__ import annotations

from asyncio import CancelledError
from dataclasses import replace
from typing import Any

from airflow_chilipiper.booking.ledger.entry import TRANSITIONS, Conflict, Entry, LedgerFailed, MeetingTaken
from tests.entries import changed
from tests.protocol.by_hand import laws
from tests.protocol.by_hand.scenarios import WALL, an_offer
from tests.protocol.by_hand.truth import Truth
from tests.protocol.laws import IN_DOUBT

OF_OTHERS = {
    "sent": ("sent",),
    "booked": ("booked with another",),
    "unknown": ("planned", "unknown"),
    "planned": ("sent",),
    "review": ("planned",),
}


class OnRecord(Truth):
    """Answers `get_or_create` and `update`."""

    def created(self, entry: Entry) -> Any:
        chosen = self.choose("created", "ledger away", "ledger away, written", "cancelled at creation")
        if self.entry is None and chosen in ("created", "ledger away, written"):
            self.entry = entry
        if chosen != "created":
            return CancelledError() if chosen.startswith("cancelled") else LedgerFailed("away")
        self.muted = laws.why_left_alone(self)
        self._settle_truth()
        return self.entry

    def _settle_truth(self) -> None:
        """What became of the call on record, if that is not yet known."""
        assert self.entry is not None
        self.doubt = self.entry.state in IN_DOUBT and self.scenario.is_same_request
        if self.doubt and self.entry is self.on_record and not self.muted and not self.is_settled:
            self.is_settled = True
            chosen = self.choose("made", "made late", "not made")
            if chosen == "not made":
                self.meetings.clear()
            elif chosen == "made late":
                self.make("session-0", entry=self.entry, late=True, lag=self.scenario.lag)

    def updated(self, entry: Entry) -> Any:
        self.law(self.entry is not None, "a change of an entry that never was")
        laws.judge_change(self, entry)
        if entry.state == "sent":
            self.read_before_record = self.clock - 0.25
        chosen = self.choose("written", *self._mishaps(entry))
        if chosen.startswith("overtaken by "):
            self._overtake(chosen.removeprefix("overtaken by "), entry)
        if chosen == "taken":
            self._settle_elsewhere(entry)
            return MeetingTaken("taken")
        if chosen.endswith("not written"):
            return CancelledError() if chosen.startswith("cancelled") else LedgerFailed("away")
        own = self._write(entry)
        if chosen.startswith("cancelled"):
            return CancelledError()
        if chosen.startswith("ledger away"):
            return LedgerFailed("away")
        return entry if own else Conflict(self.entry)  # type: ignore[arg-type]

    def _mishaps(self, entry: Entry) -> list[str]:
        away = ["ledger away, not written", "ledger away, written"]
        if self.terse:
            return [*away, "overtaken by sent"] if entry.state == "sent" else []
        taken = ["taken"] if entry.state == "booked" else []
        if self.plain or any(each.variant not in ("", "ours", "none") for each in self.lists.values()):
            return ["ledger away, not written", *taken]
        if self.brief or len(self.opened) > 1:
            return [*away, *(f"overtaken by {other}" for other in OF_OTHERS[entry.state]), *taken]
        if entry.state == "sent":
            others = ["planned", "sent", "unknown", "booked", "review", "abandoned"]
            return [*away, "cancelled, not written", "cancelled, written", *(f"overtaken by {o}" for o in others)]
        others = ["planned", "unknown", "sent", "review", "booked with another", "abandoned"]
        if self.meetings and "meeting-of-theirs" not in self.meetings:
            others.append("booked with ours")
        return [*away, *(f"overtaken by {o}" for o in others), *taken]

    def _write(self, entry: Entry) -> bool:
        """The guard of every transition, written once more."""
        assert self.entry is not None
        over = TRANSITIONS["booked"].sources
        free = self.entry.state in over if entry.state == "booked" else self.entry.version == entry.replaces
        if free:
            self.terse |= entry.state == "planned" and self.entry.state in IN_DOUBT and not self.called
            self.entry = entry
            if entry.state == "sent":
                self.armed = self.sent = entry
                self.calls[entry.session or ""] = self.clock
        return free

    def _overtake(self, state: str, entry: Entry) -> None:
        """Another run, a sweep or a person was faster."""
        assert self.entry is not None
        may_be_two = self.called or self.doubt
        ours = next(iter(self.meetings), None) if state.endswith("ours") else None
        self.freed |= may_be_two and state in ("planned", "sent")
        if state in ("sent", "unknown", "booked", "booked with another"):
            self.freed |= may_be_two
            self._send_theirs(self.entry)
        meeting = (ours or "meeting-of-theirs") if state.startswith("booked") else None
        if state in ("planned", "abandoned") and not self.called:
            self.doubt, self.terse = False, entry.state != "sent"
        facts = {"meeting_id": meeting, "booked_at": WALL if meeting else None}
        self.entry = changed(self.entry, state.partition(" ")[0], **facts)  # type: ignore[arg-type]

    def _send_theirs(self, entry: Entry) -> None:
        offer = an_offer(self.scenario, "theirs")
        self.calls["theirs"] = self.clock
        free = replace(entry, state="planned")
        self.entry = replace(self.lead.sent(free, offer.slots[0], offer, self.wall()), sender="another")
        self.make("theirs", entry=self.entry)

    def _settle_elsewhere(self, entry: Entry) -> None:
        """The meeting counts for another lead. That is a riddle where it was answered to us, else it was never ours."""
        self.taken = True
        if entry.meeting_id != self.answered:
            self.meetings.pop(entry.meeting_id or "", None)
            self.seen.shown.discard(entry.meeting_id or "")
            self.doubt = bool(self.seen.shown)
