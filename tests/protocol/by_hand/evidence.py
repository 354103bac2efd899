"""The meeting list and the routing log, as one lead's flow may find them; and what a judge makes of what it was shown.

What is listed is true: a meeting that was made is there from its time on, in whatever shape, and what is there of
others is theirs. The log may say nothing, and nothing false but of a session whose meeting has long been listed.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from math import floor
from types import ModuleType
from typing import Any, NamedTuple

from airflow_chilipiper.api import errors
from airflow_chilipiper.api.call import Call
from airflow_chilipiper.api.resources.meeting import Meeting
from airflow_chilipiper.api.resources.pages import Page
from airflow_chilipiper.api.resources.routers import Router
from tests.protocol.by_hand.scenarios import HORIZON, SKEW
from tests.protocol.copies import Copies
from tests.protocol.mutant import Change
from tests.protocol.queries import query

CERTAIN = ("ours", "ours, cancelled", "ours, on the second page", "the guest's own")
OURS = (
    *CERTAIN[:3],
    *("ours, without its guest", "ours, without its time", "ours, hardly described", "ours, moved", "ours and another"),
    *("ours, spelled otherwise", "ours, by their clock too old"),
)
STRANGE = (
    *("none", "one too old", "of another guest", "the guest's own, at another time", "the guest's own"),
    "the guest's own, booked before",
)
FEWER_WINDOWS = Change("api.resources.meetings", "WINDOW = timedelta(days=6)", "WINDOW = timedelta(days=45)")
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


class Made(NamedTuple):
    """A meeting that came of a call for this lead, or will; by the clock of the runtime, and `booked_at` by theirs."""

    meeting_id: str
    commits_at: float
    listed_from: float
    booked_at: float


class Slot(NamedTuple):
    """What the list knows of the call that it is asked about."""

    start: datetime
    guest: str
    sent_at: float
    released: str


class Listed(NamedTuple):
    """A meeting as the list has it; `start` is true, whatever the entry says; `fits` says whether it may be ours."""

    entry: Meeting
    start: datetime
    page: int = 0
    fits: bool = True


class Evidence:
    """What a flow was shown since its last booking call, or since it began.

    `shown` are the meetings that may be ours. `asked` says of each guest asked for (None: everybody) and each window
    when it was last answered.
    """

    def __init__(self) -> None:
        self.shown: set[str] = set()
        self.is_certain = True
        self.failed = False
        self.asked: dict[str | None, dict[tuple[datetime, datetime], float]] = {}
        self.log_says, self.logged = "", ""

    @property
    def found(self) -> str:
        """The one meeting that is ours for certain, if there is one."""
        certain = (self.shown if self.is_certain and not self.failed else set()) | {self.logged} - {""}
        return certain.copy().pop() if len(certain) == 1 else ""

    @property
    def may_be_ours(self) -> bool:
        return bool(self.shown or self.logged or self.log_says == "scheduled twice")

    def since(self, guests: set[str], start: datetime, end: datetime) -> float | None:
        """From when on all of that time was looked at for all *guests*; None where some of it was not."""
        moments: list[float] = []
        for guest in guests:
            windows = {window: at for each in (None, guest) for window, at in self.asked.get(each, {}).items()}
            for (since, until), at in sorted(windows.items()):
                if since <= start < until:
                    start = until
                    moments.append(at)
            if start < end:
                return None
        return min(moments, default=None)


class MeetingList:
    """Which variant of the truth it shows is chosen when that first matters, and stays."""

    def __init__(self, slot: Slot, *, is_known: bool, is_at_once: bool) -> None:
        self.slot, self.is_known, self.is_at_once = slot, is_known, is_at_once
        self.variant = ""

    def answer(
        self, call: Call[Any], made: Made | None, clock: float, seen: Evidence, choose: Callable[..., str]
    ) -> Page[Meeting]:
        start, end = (datetime.fromisoformat(call.body[name]) for name in ("start", "end"))
        guest, page, wanted = call.body.get("guestEmail"), call.body["page"], call.body.get("status")
        asked = [
            each
            for each in self._listed(made, clock, choose)
            if start <= each.start < end
            and guest in (None, self.slot.guest, each.entry.guest)
            and (not wanted or each.entry.status in wanted)
        ]
        seen.asked.setdefault(guest, {})[start, end] = clock
        here = [each for each in asked if each.page == page]
        seen.shown |= {each.entry.meeting_id for each in here if each.fits or not self.is_known}
        seen.is_certain = self.is_known and self.variant in CERTAIN
        return Page(items=[each.entry for each in here], size=50, more=any(each.page > page for each in asked))

    def _listed(self, made: Made | None, clock: float, choose: Callable[..., str]) -> tuple[Listed, ...]:
        if made and clock < made.listed_from:
            return ()
        if not self.variant:
            ours = [each for each in OURS if each != "ours, moved" or not self.is_at_once]
            strange = [*STRANGE, *(["the one released"] if self.slot.released else [])]
            self.variant = choose(*(ours if made else strange))
        return listed(self.variant, made, self.slot)


@cache
def listed(variant: str, made: Made | None, slot: Slot) -> tuple[Listed, ...]:
    booked_at = _moment(made.booked_at if made else slot.sent_at)
    one = Meeting(
        meeting_id=made.meeting_id if made else "strange",
        status="Active",
        booked_at=booked_at,
        start=slot.start,
        guest=slot.guest,
    )
    filler = Listed(one.model_copy(update={"meeting_id": "filler", "guest": "ann@example.com"}), slot.start, fits=False)
    if made is None and variant in ("none", "of another guest"):
        return (filler,) if variant == "of another guest" else ()
    changes = _described_otherwise(slot).get(variant, {})
    is_later = variant == "ours, on the second page"
    own = Listed(
        one.model_copy(update=changes),
        changes.get("start") or slot.start,
        page=int(is_later),
        fits=variant not in ("one too old", "the one released"),
    )
    if variant == "ours and another":
        return own, Listed(one.model_copy(update={"meeting_id": "another"}), slot.start)
    return (filler, own) if is_later else (own,)


def _described_otherwise(slot: Slot) -> dict[str, dict[str, Any]]:
    too_old = _moment(slot.sent_at - SKEW - 1)
    return {
        "ours, cancelled": {"status": "Canceled"},
        "ours, without its guest": {"guest": None},
        "ours, without its time": {"start": None, "booked_at": None},
        "ours, hardly described": {"start": None, "booked_at": None, "guest": None},
        "ours, moved": {"start": slot.start + HORIZON - HOUR},
        "ours, spelled otherwise": {"guest": f"Jo <{slot.guest.replace('@', '+spring@')}>"},
        "ours, by their clock too old": {"booked_at": too_old},
        "the guest's own, booked before": {"booked_at": too_old},
        "one too old": {"start": slot.start + DAY, "booked_at": too_old},
        "the guest's own, at another time": {"start": slot.start + DAY},
        "the one released": {"meeting_id": slot.released, "booked_at": None},
    }


def _moment(seconds: float) -> datetime:
    """The list has whole seconds."""
    return datetime.fromtimestamp(floor(seconds), UTC)


class LogEntry(NamedTuple):
    """What the flow wants of an entry."""

    session: str
    meeting_id: str | None = None
    is_timed_out: bool = False

    def is_of(self, session: str) -> bool:
        return self.session == session


ROUTERS: dict[str, list[Router] | Exception] = {
    "routers": [Router(id="r2", slug="outbound", workspace_id="w"), Router(id="r", slug="inbound", workspace_id="w")],
    "router unknown": [Router(id="r2", slug="outbound", workspace_id="w")],
    "router of no workspace": [Router(id="r", slug="inbound")],
    "routers not allowed": errors.NotAllowed("403", status=403),
}


async def concierge_log(runtime: Any, /, **asked: Any) -> Any:
    return await query("log", asked)


def a_flow(*changes: Change) -> Copies:
    """The copies in which the log is read from here.

    The meeting list is asked for more days at once than in truth, which changes nothing but how often.
    """
    log = ModuleType("the routing log, played")
    log.__dict__.update(concierge_log=concierge_log, LogEntry=LogEntry)
    return Copies(*changes, FEWER_WINDOWS, stand_ins={"api.resources.routing_log": log})


def log_entries(
    choose: Callable[..., str], session: str, made: Made | None, seen: Evidence, *, times_out: bool
) -> list[LogEntry] | Exception:
    options = ["nothing of ours", "log not allowed", "another's timed out", "another's scheduled"]
    if made:
        options += ["scheduled", "scheduled twice", "scheduled without an id", "scheduled and timed out"]
    if times_out:
        options += ["timed out", "timed out and open"]
    seen.log_says = choose(*options)
    if seen.log_says == "log not allowed":
        return errors.NotAllowed("403", status=403)
    seen.logged = made.meeting_id if made and seen.log_says in ("scheduled", "scheduled and timed out") else ""
    ours, ended = LogEntry(session, made and made.meeting_id), LogEntry(session, is_timed_out=True)
    entries = {
        "another's timed out": [LogEntry("another", is_timed_out=True)],
        "scheduled": [ours],
        "scheduled twice": [ours, LogEntry(session, "another of the session")],
        "scheduled without an id": [LogEntry(session)],
        "scheduled and timed out": [ours, ended],
        "timed out": [ended],
        "timed out and open": [ended, LogEntry(session)],
    }
    return [LogEntry("another", "of another"), *entries.get(seen.log_says, [])]
