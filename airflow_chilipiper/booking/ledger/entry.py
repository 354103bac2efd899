"""What is on record about each (purpose, lead), and how it may change.

Every entry carries a version, a random id that is new with each change. A change names the version that it read and brings its
own; whoever finds another version there was overtaken. `booked` needs no such comparison: a meeting is a fact, whoever
brings it, and only a meeting already on record stands against it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from secrets import token_hex
from typing import Any, Literal, get_args

State = Literal["planned", "sent", "unknown", "review", "booked", "abandoned"]
STATES: tuple[State, ...] = get_args(State)


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One (purpose, lead) on record. Times are seconds since 1970; `guest` and `pattern` are hashes.

    `sender` is the task instance and try that marked it `sent`, `slot` the start as sent, `policy` what may be done
    without evidence ("hold": nothing) and `no_effect_after` from when its absence counts. `guest` is who was asked for, and
    `invited` whom the offer named; `released` is the meeting that this entry was set free from.
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
    meeting_id: str | None = None
    booked_at: float | None = None
    policy: str = "hold"
    reason: str = ""
    guest: str = ""
    invited: str = ""
    released: str | None = None
    pattern: str = ""
    replaces: str | None = None

    def to(self, state: State, **facts: Any) -> Entry:
        """This entry after a change: another version, which is to replace the one that was read."""
        return replace(self, state=state, version=new_version(), replaces=self.version, **facts)


def new_version() -> str:
    return token_hex(16)


class LedgerFailed(Exception):
    """The ledger could not be asked, or did not answer: what was marked may or may not be on record."""


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
        return current.state != "booked"
    return current.version == entry.replaces
