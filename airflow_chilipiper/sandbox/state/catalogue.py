"""What an administrator of the imitated tenant has set up: people, meeting types, routers, links."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

LinkKind = Literal["RoundRobin", "Ownership", "Group", "AdminOneOnOne", "Personal"]
FormRule = Callable[[Mapping[str, str]], bool]


@dataclass(frozen=True, slots=True)
class User:
    id: str
    name: str
    email: str
    zone: str
    workspaces: tuple[str, ...]
    hours: tuple[str, str] = ("09:00", "17:00")
    handoff: bool = False
    busy_percent: int = 15

    @property
    def slug(self) -> str:
        return self.name.lower().replace(" ", "-")


@dataclass(frozen=True, slots=True)
class Workspace:
    id: str
    name: str


@dataclass(frozen=True, slots=True)
class MeetingType:
    id: str
    workspace: str
    name: str
    minutes: int


@dataclass(frozen=True, slots=True)
class Target:
    """Who may take a meeting: anyone of the users (a distribution), or all of them (a group link).

    `flexible` leaves the host open until the booking; otherwise the offer names one host per slot.
    """

    key: str
    users: tuple[str, ...]
    together: bool = False
    flexible: bool = False
    distribution: str | None = None
    team: str | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """A router's row; no target means that the lead is disqualified (redirected)."""

    id: str
    applies: FormRule
    target: Target | None


@dataclass(frozen=True, slots=True)
class FormKey:
    """A field of the lead under its two names: the external form's and Chili Piper's."""

    name: str
    reference: str
    required: bool = False


@dataclass(frozen=True, slots=True)
class Router:
    id: str
    workspace: str
    name: str
    slug: str
    triggers: tuple[str, ...]
    keys: tuple[FormKey, ...]
    rules: tuple[Rule, ...]
    catch_all: Target
    meeting_type: str
    accepts_routing: bool = True


@dataclass(frozen=True, slots=True)
class FormField:
    """`requirement` Hidden carries the value that the booking must send along."""

    reference: str
    requirement: Literal["Required", "Optional", "Hidden"]
    data_type: str = "ShortText"
    value: str | None = None


@dataclass(frozen=True, slots=True)
class Link:
    id: str
    kind: LinkKind
    workspace: str
    name: str
    slug: str
    meeting_types: tuple[str, ...]
    target: Target
    fields: tuple[FormField, ...]


@dataclass(frozen=True, slots=True)
class Path:
    id: str
    kind: Literal["Later", "Fork"]
    target: Target
    meeting_type: str


@dataclass(frozen=True, slots=True)
class HandoffRouter:
    id: str
    workspace: str
    name: str
    paths: tuple[Path, ...]


@dataclass(slots=True)
class Catalogue:
    workspaces: dict[str, Workspace] = field(default_factory=dict)
    users: dict[str, User] = field(default_factory=dict)
    meeting_types: dict[str, MeetingType] = field(default_factory=dict)
    routers: dict[str, Router] = field(default_factory=dict)
    links: dict[str, Link] = field(default_factory=dict)
    handoff_routers: dict[str, HandoffRouter] = field(default_factory=dict)
    distributions: dict[str, Target] = field(default_factory=dict)
    owners: dict[str, str] = field(default_factory=dict)
    crm: dict[str, str] = field(default_factory=dict)
