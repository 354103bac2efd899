"""What became of a lead."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal, get_args

Status = Literal[
    "booked",  # by this run
    "already_booked",  # the ledger, or Chili Piper's own list, knew
    "disqualified",  # the router does not want this lead
    "no_slot",  # none is free, or none that was acceptable
    "refused",  # a definite no; the reason says which
    "invalid",  # this entry cannot be asked about
    "unknown",  # a booking's answer is missing, and evidence is awaited
    "review",  # a person must decide
    "not_attempted",  # the task stopped, or could not ask, before its turn
    "would_book",  # a preview found nothing against it
]
STATUSES: tuple[str, ...] = get_args(Status)


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """Exactly one for each lead that went in. `start_time` is as Chili Piper sent it; `reason` is for people.

    The host's e-mail, the end and the link are there only if the meeting's own record was asked for.
    """

    status: Status
    reason: str = ""
    meeting_id: str | None = None
    start_time: str | None = None
    session_id: str | None = None
    host: str | None = None
    assignees: tuple[str, ...] = ()
    page: str | None = None
    attempts: int = 0
    host_email: str | None = field(default=None, repr=False)
    end_time: str | None = None
    meeting_url: str | None = None

    def with_people(self, host: str | None, assignees: tuple[str, ...], page: str | None) -> Outcome:
        return replace(self, host=host, assignees=assignees, page=page)
