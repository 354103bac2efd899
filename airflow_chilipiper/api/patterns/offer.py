"""What opening a session answers: an offer of slots; and what booking answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from airflow_chilipiper.api.patterns.slots import Path, Slot


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
    none. `guest` is the e-mail that Chili Piper itself found, for a Handoff by CRM id. `page` is the routing page.
    """

    session: str
    slots: Sequence[Slot] = ()
    allowed: bool = True
    lifetime: float | None = None
    fields: tuple[FormField, ...] = ()
    paths: tuple[Path, ...] = ()
    assignees: tuple[str, ...] = ()
    guest: str | None = field(default=None, repr=False)
    page: str | None = None


@dataclass(frozen=True, kw_only=True)
class Booked:
    """What booking answered: there is a meeting. The host is named only by some answers."""

    meeting_id: str
    host: str | None = None
    assignees: tuple[str, ...] = ()
