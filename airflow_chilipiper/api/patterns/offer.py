"""What opening a session answers: an offer of slots; and what booking answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from airflow_chilipiper.api.patterns.slots import Path, Slot, Slots


@dataclass(frozen=True, kw_only=True)
class FormField:
    """A question that a scheduling link asks; `hidden` is the value that the link itself wants sent back."""

    reference: str
    required: bool = False
    hidden: Any = None


@dataclass(frozen=True, kw_only=True)
class Offer:
    """What opening a session answered.

    `allowed` is False where the router disqualified the lead. `lifetime` is in seconds, None where the answer has
    none. `paths` are Handoff's that have slots, `empty_paths` the others. `guest` is the e-mail that Chili Piper itself
    found, for a Handoff by CRM id. `page` is the routing page. `notes` say what explains that slots are few, or none;
    the `caveat` belongs to each outcome.
    """

    session: str
    slots: Sequence[Slot] = ()
    allowed: bool = True
    lifetime: float | None = None
    fields: tuple[FormField, ...] = ()
    paths: tuple[Path, ...] = ()
    empty_paths: tuple[Path, ...] = ()
    assignees: tuple[str, ...] = ()
    guest: str | None = field(default=None, repr=False)
    page: str | None = None
    notes: tuple[str, ...] = ()
    caveat: str = ""

    @property
    def remarks(self) -> tuple[str, ...]:
        """The notes, and how many start times were left out once the slots were looked at."""
        odd = self.slots.odd if isinstance(self.slots, Slots) else 0
        unread = f"{odd} start times could not be read" if odd else ""
        return tuple(filter(None, (*self.notes, unread, self.caveat)))

    def before(self, moment: datetime) -> Offer:
        """With the slots that start before *moment*: it was asked for in whole days, and may go on after the window."""
        return replace(self, slots=[slot for slot in self.slots if slot.start < moment])


@dataclass(frozen=True, kw_only=True)
class Booked:
    """What booking answered: there is a meeting. The host is named only by some answers."""

    meeting_id: str
    host: str | None = None
    assignees: tuple[str, ...] = ()
