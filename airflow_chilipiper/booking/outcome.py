"""What became of a lead."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Status(StrEnum):
    """One word for it, and what that means to whoever goes on from there. In rows and logs it is plain text."""

    BOOKED = "booked"  # by this run
    ALREADY_BOOKED = "already_booked"  # the ledger, or Chili Piper's own list, knew
    DISQUALIFIED = "disqualified"  # the router does not want this lead
    NO_SLOT = "no_slot"  # none is free, or none that was acceptable
    REFUSED = "refused"  # a definite no; the reason says which
    INVALID = "invalid"  # this row cannot be booked as it is
    UNKNOWN = "unknown"  # a booking's answer is missing, and evidence is awaited
    REVIEW = "review"  # a person must decide
    NOT_ATTEMPTED = "not_attempted"  # the task stopped, or could not ask, before its turn
    WOULD_BOOK = "would_book"  # a preview found nothing against it

    @property
    def is_meeting(self) -> bool:
        return self in (Status.BOOKED, Status.ALREADY_BOOKED)

    @property
    def is_success(self) -> bool:
        """There is a meeting, or nothing stands against one."""
        return self.is_meeting or self is Status.WOULD_BOOK

    @property
    def needs_person(self) -> bool:
        return self is Status.REVIEW

    @property
    def is_in_doubt(self) -> bool:
        """Somebody may have been invited."""
        return self in (Status.REVIEW, Status.UNKNOWN)

    @property
    def is_final(self) -> bool:
        """Nothing is open about the lead, so a task may be skipped for it."""
        return not self.is_in_doubt and self is not Status.NOT_ATTEMPTED

    @property
    def is_failure(self) -> bool:
        """The lead was to be booked, and was not, for a reason that lies with its row, the service or the run."""
        return self in (Status.REFUSED, Status.INVALID, Status.UNKNOWN, Status.NOT_ATTEMPTED)

    @property
    def may_change(self) -> bool:
        """Another try may come to something else."""
        return self in (Status.UNKNOWN, Status.NOT_ATTEMPTED, Status.NO_SLOT)


STATUSES: tuple[str, ...] = tuple(status.value for status in Status)

# Of an outcome row, as XCom, tables and write-back have it; the last three cost one more call.
FIELDS = (
    "lead_key",
    "status",
    "meeting_id",
    "start_time",
    "session_id",
    "reason",
    "attempts",
    "purpose",
    "pattern",
    "host",
    "assignees",
)
OUTCOME_FIELDS = (*FIELDS, "host_email", "end_time", "meeting_url")


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

    def __post_init__(self) -> None:
        """A status that is given as text is refused where there is no such one."""
        object.__setattr__(self, "status", Status(self.status))
