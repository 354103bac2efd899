"""What is on record about each (purpose, lead), and how it may change.

Every entry carries a version, a random id that is new with each change. A change names the version that it read and
brings its own; whoever finds another version there was overtaken. `booked` needs no such comparison: a meeting is a
fact, whoever brings it, and only a meeting already on record stands against it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from secrets import token_hex
from typing import Any, Literal, NamedTuple, TypedDict, Unpack, get_args

State = Literal["planned", "sent", "unknown", "review", "booked", "abandoned"]
STATES: tuple[State, ...] = get_args(State)


class Transition(NamedTuple):
    """One change of an entry on record: from which states, to which, and by whom."""

    sources: tuple[State, ...]
    to: State
    who: str
    compares_versions: bool = True


TRANSITIONS = {
    "about_to_book": Transition(("planned",), "sent", "a run"),
    "due_again": Transition(("booked",), "sent", "a run, of a booking that is older than its rebook_after"),
    "booked": Transition(
        ("planned", "sent", "unknown", "review", "abandoned"), "booked", "anyone", compares_versions=False
    ),
    "freed": Transition(("sent", "unknown", "review"), "planned", "the sender, whoever reconciles, or a person"),
    "doubted": Transition(("sent",), "unknown", "the sender"),
    "for_review": Transition(("sent", "unknown"), "review", "whoever reconciles"),
    "released": Transition(("booked",), "planned", "a person"),
    "abandoned": Transition(("review",), "abandoned", "a person"),
}
"""All there are: an entry begins as `planned`, and nothing else changes it."""

IN_DOUBT = TRANSITIONS["freed"].sources
"""The lead may have been invited, and only evidence or a person sets it free."""


class Sent(TypedDict):
    """What an entry keeps of a booking call that is about to go out."""

    sender: str
    session: str
    slot: str
    sent_at: float
    no_effect_after: float
    list_lag: float
    policy: str
    guest: str
    invited: str
    guest_canonical: str
    pattern: str


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One (purpose, lead) on record. Times are seconds since 1970; `guest` and `pattern` are hashes.

    `sender` is the task instance and try that was about to book, `slot` the start as sent, `policy` what may be done
    without evidence ("hold": nothing), `no_effect_after` from when its absence counts, and `list_lag` the seconds for
    which the meeting list was said to lag. `guest` is who was asked for, `invited` whom the offer named, and
    `guest_canonical` their mailbox however a list may spell it; `released` are the meetings that this entry was set
    free from, one a line.
    """

    key: str
    purpose: str
    version: str
    state: State = "planned"
    attempt: int = 0
    sender: str = ""
    session: str | None = None
    slot: str | None = None
    sent_at: float | None = None
    no_effect_after: float | None = None
    list_lag: float | None = None
    meeting_id: str | None = None
    booked_at: float | None = None
    policy: str = "hold"
    reason: str = ""
    guest: str = ""
    invited: str = ""
    guest_canonical: str = ""
    released: str = ""
    pattern: str = ""
    replaces: str | None = None

    def to_sent(self, **facts: Unpack[Sent]) -> Entry:
        """A booking call is about to leave, and not before this is on record."""
        return self._after("about_to_book", attempt=self.attempt + 1, reason="", **facts)

    def to_booked(self, meeting_id: str, *, at: float, reason: str) -> Entry:
        """There is a meeting."""
        return self._after("booked", meeting_id=meeting_id, booked_at=at, reason=reason)

    def to_freed(self, reason: str) -> Entry:
        """The call on record has invited nobody, and never will."""
        return self._after("freed", reason=reason)

    def to_doubted(self, reason: str) -> Entry:
        """The call on record may have invited somebody."""
        return self._after("doubted", reason=reason)

    def to_review(self, reason: str) -> Entry:
        """Only a person can say what became of the call on record."""
        return self._after("for_review", reason=reason)

    def to_released(self, reason: str) -> Entry:
        """A person lets a booked lead be booked again."""
        return self._after("released", reason=reason, **self._without_meeting())

    def to_abandoned(self, reason: str) -> Entry:
        """A person gives the lead up."""
        return self._after("abandoned", reason=reason)

    def due_again(self) -> Entry:
        """A booking that no longer counts, as a run sees it; it stays on record until that run is about to book."""
        return replace(self, state="planned", **self._without_meeting())

    def not_on_record(self, state: State, **facts: Any) -> Entry:
        """As a run reports it whose change the ledger did not take."""
        return replace(self, state=state, **facts)

    def is_released_from(self, meeting_id: str) -> bool:
        """Whether that is a meeting which no longer counts, in whatever list it is found."""
        return meeting_id in self.released.split("\n")

    def _without_meeting(self) -> dict[str, Any]:
        released = "\n".join(filter(None, (self.released, self.meeting_id)))
        return {"meeting_id": None, "booked_at": None, "released": released}

    def _after(self, change: str, **facts: Any) -> Entry:
        transition = TRANSITIONS[change]
        if self.state not in transition.sources:
            raise ValueError(f"{change}: not of an entry that is {self.state}")
        return replace(self, state=transition.to, version=new_version(), replaces=self.version, **facts)


def new_version() -> str:
    return token_hex(16)


class LedgerFailed(Exception):
    """The ledger could not be asked, or did not answer: what was to be recorded may or may not be on record."""


class EntriesLost(LedgerFailed):
    """What was on record is there no more. Nobody knows whom it had, and no retry brings it back."""


class Unfit(LedgerFailed):
    """The ledger does not take this entry's values; the other entries of its group are not to blame."""


class Conflict(Exception):
    """Somebody else changed this entry since we read it; `entry` is what stands there now."""

    def __init__(self, entry: Entry) -> None:
        super().__init__(f"another run changed this lead's entry to {entry.state}")
        self.entry = entry


class MeetingTaken(Exception):
    """The meeting is on record for another lead."""


def may_replace(current: Entry, entry: Entry) -> bool:
    """The guard of every transition."""
    if entry.state == "booked":
        return current.state in TRANSITIONS["booked"].sources
    return current.version == entry.replaces


def joined(*reasons: str) -> str:
    """Those that say anything, on one line."""
    return "; ".join(filter(None, reasons))
