"""What becomes of an entry in doubt: who may look, how long, and what each kind of evidence frees, books or holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from airflow_chilipiper.api import errors
from airflow_chilipiper.api.call import Call
from airflow_chilipiper.api.patterns.handoff import Handoff
from airflow_chilipiper.booking.doubt.bounds import Bounds
from airflow_chilipiper.booking.doubt.evidence import Evidence
from airflow_chilipiper.booking.doubt.reconcile import (
    reconcile,
)
from airflow_chilipiper.booking.lead import Lead
from airflow_chilipiper.booking.ledger.entry import Entry, LedgerFailed
from tests import leads
from tests.drive import Immediate, block
from tests.fake_chilipiper import FakeChiliPiper, a_page
from tests.unit.api.handmade import WALL

JO = leads.GUEST
BOUNDS = Bounds(list_lag=31, call=10, skew=300)
REBOOK = replace(BOUNDS, in_doubt="rebook")
FOUND, DOUBT, NEVER = Evidence(meeting_id="m1"), Evidence(ambiguous="m1 may be it"), Evidence(proven_absent=True)
IN_DOUBT = ("sent", "unknown", "review")


def a_lead(**facts: Any) -> Lead:
    return leads.a_lead(**{"bounds": BOUNDS} | facts)


def an_entry(state: Any = "unknown", *, sent_at: float = WALL - 1_000, lead: Lead | None = None, **facts: Any) -> Entry:
    """By default as a call has left it that can have no effect any more."""
    known: dict[str, Any] = {"slot": "2026-11-03T09:30:00Z", "session": "session-1", "no_effect_after": sent_at + 900}
    return replace((lead or a_lead()).new_entry(), state=state, sent_at=sent_at, **known | facts)


def a_meeting(**changes: Any) -> dict[str, Any]:
    return {
        "meetingId": "m1",
        "dateTime": {"start": "2026-11-03T09:30:00Z"},
        "bookedAt": "2026-11-01T23:50:00Z",
        "primaryGuest": {"value": JO},
    } | changes


class Lists(Immediate):
    """A meeting list that may compare guests letter by letter, a log, a clock that moves in a pause, and a ledger."""

    def __init__(
        self,
        entry: Entry,
        *meetings: dict[str, Any] | Exception,
        shown_from: float = WALL,
        log: Sequence[dict[str, Any]] = (),
        stopped: bool = False,
        literal: bool = False,
    ) -> None:
        self.chili = FakeChiliPiper(listed=self.listed, logged=log, yields=False)
        super().__init__(self.chili, sleep=self._passes, wall=lambda: self.clock)
        self.meetings, self.shown_from, self.stopped, self.literal = meetings, shown_from, stopped, literal
        self.clock = WALL
        self.pauses: list[float] = []
        self.ledger.get_or_create([entry])

    def listed(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        shown: list[dict[str, Any]] = []
        for each in self.meetings:
            if isinstance(each, Exception):
                raise each
            wanted = asked.get("guestEmail") if self.literal else None
            if self.clock >= self.shown_from and wanted in (None, each["primaryGuest"]["value"]):
                shown.append(each)
        return a_page(shown, asked)

    def _passes(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.clock += seconds

    async def update(self, entry: Entry, /) -> Entry:
        if self.stopped:
            raise LedgerFailed("away")
        return await super().update(entry)

    @property
    def entry(self) -> Entry:
        (entry,) = self.ledger.list(purpose="spring")
        return entry

    @property
    def calls(self) -> list[Call[Any]]:
        return self.chili.calls

    @property
    def asked(self) -> list[str]:
        return [call.operation for call in self.calls]


class Slow(Lists):
    """Takes its time with every answer."""

    async def ask(self, call: Call[Any], /) -> Any:
        self.clock += 50
        return await super().ask(call)


def refused(kind: type[errors.Refused], status: int, code: str | None) -> errors.Refused:
    return kind("no", status=status, code=code)


def reconciled(lists: Lists, lead: Lead | None = None) -> Entry:
    return block(reconcile(lists.entry, lead or a_lead(), lists))


def test_what_is_found_at_the_slot_ends_the_search() -> None:
    assert reconciled(lists := Lists(an_entry(), a_meeting())).state == "booked"
    assert lists.asked == ["meeting-list-put"]


def test_a_meeting_that_was_moved_is_looked_for_and_left_to_a_person() -> None:
    moved = a_meeting(dateTime={"start": "2026-11-20T09:30:00Z"})
    assert reconciled(lists := Lists(an_entry(), moved)).state == "review"
    assert lists.entry.reason == "m1 may be it"
    assert "concierge-logs" not in lists.asked


def entry(**facts: Any) -> dict[str, Any]:
    return {"id": "session-1", "triggeredAt": "2026-11-01T23:42:00Z"} | facts


def test_the_log_is_asked_where_the_list_knows_nothing() -> None:
    found = reconciled(Lists(an_entry(), log=[entry(status="Scheduled", meetingId="m1")]))
    assert (found.state, found.meeting_id) == ("booked", "m1")
    assert reconciled(Lists(an_entry(), log=[entry(status="TimedOut")])).state == "planned"


def test_only_concierge_has_a_log() -> None:
    lead = a_lead(pattern=Handoff(workspace_id="w", booker_id="b", guest=JO))
    assert reconciled(lists := Lists(an_entry(lead=lead)), lead).state == "review"
    assert set(lists.asked) == {"meeting-list-put"}


@pytest.mark.parametrize("error", [errors.Unreadable("odd"), errors.NotAllowed("odd", status=403), RuntimeError("odd")])
@pytest.mark.parametrize("state", IN_DOUBT)
def test_a_list_that_fails_is_no_evidence_of_anything(state: str, error: Exception) -> None:
    entry = an_entry(state, policy="rebook", reason="502")
    now = reconciled(lists := Lists(entry, error), a_lead(bounds=REBOOK))
    assert (now.state, lists.entry) == (state, entry)
    assert now.reason == "502; the meeting list could not be asked: odd"
    silent = reconciled(Lists(an_entry(), errors.Unreadable("odd")))
    assert silent.reason == "the meeting list could not be asked: odd"


def test_a_list_that_fails_halfway_is_no_evidence_either() -> None:
    class Halfway(Lists):
        def listed(self, asked: Mapping[str, Any]) -> dict[str, Any]:
            if self.asked.count("meeting-list-put") == 3:
                raise errors.Unreadable("odd")
            return super().listed(asked)

    entry = an_entry(policy="rebook")
    assert reconciled(lists := Halfway(entry), a_lead(bounds=REBOOK)).state == "unknown"
    assert lists.entry == entry


@pytest.mark.parametrize(
    ("bounds", "policy", "state"),
    [
        (REBOOK, "rebook", "planned"),
        (REBOOK, "hold", "review"),
        (BOUNDS, "rebook", "review"),
        (BOUNDS, "hold", "review"),
    ],
    ids=["both rebook", "the call held", "this run holds", "both hold"],
)
def test_a_lead_is_rebooked_only_if_its_call_and_this_run_allow_it(bounds: Bounds, policy: str, state: str) -> None:
    assert reconciled(Lists(an_entry(policy=policy)), a_lead(bounds=bounds)).state == state


def test_whom_only_the_entry_knows_is_looked_for_among_everybody() -> None:
    """No e-mail of theirs is at hand, and their hash is."""
    lead = a_lead(pattern=Handoff(workspace_id="w", booker_id="b", crm_id="00Q1"))
    entry = an_entry(lead=lead, guest=a_lead().new_entry().guest)
    others = a_meeting(meetingId="m2", primaryGuest={"value": "ann@example.com"})
    found = reconciled(lists := Lists(entry, others, a_meeting()), lead)
    assert (found.state, found.meeting_id) == ("booked", "m1")
    assert "guestEmail" not in lists.calls[0].body


@pytest.mark.parametrize("day", [3, 20])
@pytest.mark.parametrize(("policy", "log"), [("rebook", []), ("hold", [entry(status="TimedOut")])])
def test_nobody_is_free_by_a_list_that_compares_guests_letter_by_letter(
    policy: str, log: list[dict[str, Any]], day: int
) -> None:
    """Nothing says how the service compares e-mails, so the whole list is read before anybody is set free."""
    spelled = a_meeting(primaryGuest={"value": "Jo@Example.com"}, dateTime={"start": f"2026-11-{day:02}T09:30:00Z"})
    lists = Lists(an_entry(policy=policy), spelled, log=log, literal=True)
    assert reconciled(lists, a_lead(bounds=REBOOK)).state == ("booked" if day == 3 else "review")


def test_the_whole_list_is_read_only_to_set_somebody_free() -> None:
    """It is long."""

    def everybody(entry: Entry) -> bool:
        reconciled(lists := Lists(entry), a_lead(bounds=REBOOK))
        return any("guestEmail" not in call.body for call in lists.calls if call.operation == "meeting-list-put")

    assert everybody(an_entry(policy="rebook"))
    assert not any(map(everybody, (an_entry(), an_entry("review"), an_entry(policy="rebook", no_effect_after=WALL))))


def test_what_is_left_to_a_person_is_looked_for_at_its_slot_alone() -> None:
    """A meeting that was moved could change nothing."""
    moved = a_meeting(dateTime={"start": "2026-11-20T09:30:00Z"})
    assert reconciled(lists := Lists(entry := an_entry("review"), moved)) == entry
    assert lists.asked.count("meeting-list-put") == 1


def test_a_meeting_booked_before_the_call_by_any_clock_is_not_its() -> None:
    """But at its slot it is no silence either: nothing says what `bookedAt` counts from."""
    old = datetime.fromtimestamp(WALL - 1_000 - 301, UTC).isoformat()
    found = reconciled(Lists(an_entry(policy="rebook"), a_meeting(bookedAt=old)), a_lead(bounds=REBOOK))
    assert (found.state, found.reason) == ("review", "m1 may be it")
    elsewhere = a_meeting(bookedAt=old, dateTime={"start": "2026-11-20T09:30:00Z"})
    assert reconciled(Lists(an_entry(policy="rebook"), elsewhere), a_lead(bounds=REBOOK)).state == "planned"
    recent = datetime.fromtimestamp(WALL - 1_000, UTC) - timedelta(seconds=300)
    assert reconciled(Lists(an_entry(), a_meeting(bookedAt=recent.isoformat()))).state == "booked"
