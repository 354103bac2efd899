"""Sessions, how Concierge came to open them, and the meetings that they are spent on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from airflow_chilipiper.sandbox.state.calendar import Slot
from airflow_chilipiper.sandbox.state.catalogue import FormField, Target

Place = tuple[str, str]
"""Where in an offer a slot stands: (routerId, pathId) for Handoff, else ("", "")."""


@dataclass(frozen=True, slots=True)
class Routing:
    """How Concierge came to open a session, for its log; no rule means that the catch-all took the lead."""

    router: str
    trigger: str
    rule: str | None
    target: Target


@dataclass(slots=True)
class Session:
    id: str
    pattern: str
    opened_at: float
    expires_at: float
    guest: str | None = None
    workspace: str = ""
    booker: str | None = None
    meeting_types: dict[Place, str] = field(default_factory=dict)
    offered: dict[Place, dict[str, Slot]] = field(default_factory=dict)
    fields: tuple[FormField, ...] = ()
    routing: Routing | None = None
    spent: bool = False

    def spend(self) -> dict[Place, dict[str, Slot]]:
        """What it offered; from now on it offers nothing."""
        offered, self.offered, self.spent = self.offered, {}, True
        return offered


@dataclass(slots=True)
class Meeting:
    id: str
    session: str
    pattern: str
    guest: str
    workspace: str
    meeting_type: str
    start: int
    minutes: int
    hosts: tuple[str, ...]
    booked_at: float
    booker: str | None = None
    status: str = "Active"
    details: dict[str, Any] = field(default_factory=dict)
