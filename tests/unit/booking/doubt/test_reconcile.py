"""What becomes of an entry in doubt: who may look, how long, and what each kind of evidence frees, books or holds."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from airflow_chilipiper.api import errors
from airflow_chilipiper.api.call import Call
from airflow_chilipiper.api.patterns.concierge import Concierge
from airflow_chilipiper.api.patterns.handoff import Handoff
from airflow_chilipiper.booking.doubt.bounds import Bounds
from airflow_chilipiper.booking.doubt.evidence import NONE, Evidence
from airflow_chilipiper.booking.doubt.reconcile import (
    conclude,
    is_in_doubt,
    is_worth_a_look,
    look,
    reconcile,
    two_meetings,
)
from airflow_chilipiper.booking.lead import Lead
from airflow_chilipiper.booking.ledger.entry import Entry, LedgerFailed
from airflow_chilipiper.booking.ledger.memory import MemoryLedger
from airflow_chilipiper.booking.ledger.store import Ledger
from tests import leads
from tests.drive import OverLedger, block
from tests.entries import changed
from tests.unit.api.handmade import WALL, Handmade

JO = "jo@example.com"
BOUNDS = Bounds(list_lag=31, call=10, skew=300)
REBOOK = replace(BOUNDS, in_doubt="rebook")
FOUND, DOUBT, NEVER = Evidence(meeting_id="m1"), Evidence(ambiguous="m1 may be it"), Evidence(proven_absent=True)
IN_DOUBT = ("sent", "unknown", "review")


def a_lead(**facts: Any) -> Lead:
    pattern = Concierge(router_slug="inbound", trigger="InAppButton", form={"PersonEmail": JO}, guest=JO)
    return leads.a_lead(**{"pattern": pattern, "bounds": BOUNDS} | facts)


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


class Lists(OverLedger, Handmade):
    """A meeting list that may compare guests letter by letter, a log, a clock that moves in a pause, and a ledger."""

    def __init__(
        self,
        entry: Entry,
        *meetings: dict[str, Any] | Exception,
        shown_from: float = WALL,
        log: list[dict[str, Any]] | None = None,
        stopped: bool = False,
        literal: bool = False,
    ) -> None:
        super().__init__(by=self._answer)
        self.literal = literal
        self.meetings, self.shown_from, self.log, self.stopped = meetings, shown_from, log, stopped
        self.clock = WALL
        self.pauses: list[float] = []
        self.ledger: Ledger = MemoryLedger()
        self.ledger.get_or_create([entry])

    def _answer(self, call: Call[Any]) -> Any:
        if call.operation == "concierge-list-routers":
            return {"routers": [{"workspaceId": "w", "router": {"id": "r", "slug": "inbound"}}]}
        if call.operation == "concierge-logs":
            return self.log or []
        for each in self.meetings:
            if isinstance(each, Exception):
                raise each
        shown = [entry for entry in self.meetings if self.clock >= self.shown_from and self._is_asked_for(entry, call)]  # type: ignore[arg-type]
        return {"data": {"list": shown}, "hasMore": "No"}

    def _is_asked_for(self, entry: dict[str, Any], call: Call[Any]) -> bool:
        is_then = call.body["start"] <= entry["dateTime"]["start"] < call.body["end"]
        wanted = call.body.get("guestEmail") if self.literal else None
        return bool(is_then and wanted in (None, entry["primaryGuest"]["value"]))

    async def pause(self, seconds: float, /) -> None:
        self.pauses.append(seconds)
        self.clock += seconds

    def wall(self) -> float:
        return self.clock

    async def update(self, entry: Entry, /) -> Entry:
        if self.stopped:
            raise LedgerFailed("away")
        return await super().update(entry)

    @property
    def entry(self) -> Entry:
        (entry,) = self.ledger.list(purpose="spring")
        return entry

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


@pytest.mark.parametrize(
    ("doubt", "worth"),
    [
        (refused(errors.Refused, 409, "SlotTaken"), True),
        (refused(errors.Refused, 422, "Whatever"), True),
        (refused(errors.NotFound, 404, "HostNotFound"), True),
        (refused(errors.NotFound, 404, None), False),
        (refused(errors.SessionGone, 409, "SessionUsed"), False),
        (refused(errors.ServerBroken, 409, None), False),
        (refused(errors.ServerBroken, 408, "Timeout"), False),
        (refused(errors.ServerBroken, 500, "Internal"), False),
        (refused(errors.Refused, 500, "Internal"), False),
        (errors.NoAnswer(), False),
        (errors.Unreadable(), False),
        (RuntimeError(), False),
    ],
)
def test_only_a_4xx_in_chili_pipers_own_words_is_worth_a_look(doubt: Exception, worth: bool) -> None:
    assert is_worth_a_look(doubt) is worth


@pytest.mark.parametrize(
    ("state", "doubtful"),
    [("planned", False), ("unknown", True), ("review", True), ("booked", False), ("abandoned", False)],
)
def test_what_a_call_has_left_open_is_in_doubt(state: Any, doubtful: bool) -> None:
    assert is_in_doubt(an_entry(state), BOUNDS, WALL) is doubtful


@pytest.mark.parametrize(
    ("sender", "asks", "age", "doubtful"),
    [
        ("dag/run/task/0#1", "dag/run/task/0#2", 0, True),
        ("dag/run/task/0#9", "dag/run/task/0#10", 0, True),
        ("dag/run/task/0#2", "dag/run/task/0#2", 0, False),
        ("dag/run/task/0#3", "dag/run/task/0#2", 0, False),
        ("dag/run/task/1#1", "dag/run/task/0#2", 0, False),
        ("dag/other/task/0#1", "dag/run/task/0#2", 0, False),
        ("by hand", "by hand", 0, False),
        ("", "", 0, False),
        ("dag/other/task/0#1", "dag/run/task/0#2", 310, False),
        ("dag/other/task/0#1", "dag/run/task/0#2", 311, True),
        ("dag/other/task/0#1", "", 311, True),
    ],
)
def test_sent_is_left_to_its_sender_until_that_is_an_earlier_try_or_has_given_up(
    sender: str, asks: str, age: float, doubtful: bool
) -> None:
    assert is_in_doubt(an_entry("sent", sent_at=WALL - age, sender=sender), BOUNDS, WALL, sender=asks) is doubtful


def looked(lists: Lists, entry: Entry) -> tuple[Evidence, float]:
    return block(look(entry, (JO,), lists, BOUNDS))


def test_the_list_is_looked_at_with_growing_pauses_until_it_has_had_its_time() -> None:
    entry = an_entry(sent_at=WALL)
    evidence, began = looked(lists := Lists(entry), entry)
    assert evidence == NONE
    assert lists.pauses == [1, 2, 4, 8, 16]
    assert (len(lists.calls), began) == (6, WALL + 31)


def test_a_look_ends_with_the_first_evidence() -> None:
    entry = an_entry(sent_at=WALL)
    evidence, began = looked(lists := Lists(entry, a_meeting(bookedAt=None), shown_from=WALL + 3), entry)
    assert (evidence, began, lists.pauses) == (FOUND, WALL + 3, [1, 2])


def test_a_list_that_has_had_its_time_by_whatever_clock_is_looked_at_once() -> None:
    entry = an_entry(sent_at=WALL - 331)
    assert looked(lists := Lists(entry), entry) == (NONE, WALL)
    assert len(lists.calls) == 1


@pytest.mark.parametrize(
    ("sent_at", "shown_from"), [(WALL - 330, WALL + 1), (WALL - 300, WALL + 31), (WALL + 300, WALL + 31)]
)
def test_a_list_is_given_all_its_time_wherever_the_senders_clock_may_stand(sent_at: float, shown_from: float) -> None:
    entry = an_entry(sent_at=sent_at)
    assert looked(Lists(entry, a_meeting(bookedAt=None), shown_from=shown_from), entry) == (FOUND, shown_from)


def test_the_list_is_given_the_time_that_was_stated_when_the_call_was_sent_though_less_is_stated_now() -> None:
    entry = an_entry(sent_at=WALL - 331, list_lag=62)
    assert looked(lists := Lists(entry), entry) == (NONE, WALL + 62)
    assert lists.pauses == [2, 4, 8, 16, 32]


def test_the_list_is_given_the_time_that_is_stated_now_though_less_was_stated_then() -> None:
    entry = an_entry(sent_at=WALL, list_lag=1)
    assert looked(lists := Lists(entry), entry) == (NONE, WALL + 31)
    assert lists.pauses == [1, 2, 4, 8, 16]


def test_a_look_counts_from_when_it_began_not_from_when_it_was_answered() -> None:
    entry = an_entry(sent_at=WALL - 331)
    assert looked(Slow(entry), entry) == (NONE, WALL)


def test_silence_counts_from_the_beginning_of_the_look_however_long_it_takes() -> None:
    entry = an_entry(policy="rebook", no_effect_after=WALL)
    assert reconciled(Slow(entry), a_lead(bounds=REBOOK)).state == "unknown"


def test_a_look_at_a_list_that_fails_fails() -> None:
    entry = an_entry()
    with pytest.raises(errors.Unreadable):
        looked(Lists(entry, errors.Unreadable()), entry)


def concluded(entry: Entry, evidence: Evidence, *, began: float = WALL, may_rebook: bool = True) -> tuple[str, str]:
    """The state answered, and the one on record."""
    lists = Lists(entry)
    told = block(conclude(entry, evidence, began, lists, may_rebook=may_rebook))
    return told.state, lists.entry.state


def same(state: str) -> tuple[str, str]:
    return state, state


@pytest.mark.parametrize("state", IN_DOUBT)
@pytest.mark.parametrize("began", [WALL - 1_000, WALL])
def test_a_meeting_that_is_ours_books_whenever_it_is_found(state: str, began: float) -> None:
    assert concluded(an_entry(state), FOUND, began=began) == same("booked")


def test_what_is_found_is_recorded_with_when_and_how() -> None:
    entry = an_entry(reason="502")
    lists = Lists(entry)
    block(conclude(entry, FOUND, WALL, lists, may_rebook=False))
    assert (lists.entry.meeting_id, lists.entry.booked_at) == ("m1", WALL)
    assert lists.entry.reason == "found afterwards; 502"
    assert block(conclude(an_entry(), FOUND, WALL, Lists(an_entry()), may_rebook=False)).reason == "found afterwards"


@pytest.mark.parametrize("state", ["sent", "unknown"])
@pytest.mark.parametrize(("evidence", "reason"), [(NONE, "no meeting is found; 502"), (DOUBT, "m1 may be it; 502")])
def test_under_hold_a_person_decides(state: str, evidence: Evidence, reason: str) -> None:
    entry = an_entry(state, reason="502")
    lists = Lists(entry)
    told = block(conclude(entry, evidence, WALL, lists, may_rebook=True))
    assert (told.state, told.reason) == ("review", reason)
    assert lists.entry == told


@pytest.mark.parametrize("state", ["sent", "unknown"])
def test_under_rebook_silence_frees_once_it_counts(state: str) -> None:
    """Which the look decides that has begun after `no_effect_after`, not the one that ended after it."""
    assert concluded(an_entry(state, policy="rebook", no_effect_after=WALL - 0.1), NONE) == same("planned")
    assert concluded(an_entry(state, policy="rebook", no_effect_after=WALL), NONE) == same(state)


def test_under_rebook_a_doubt_frees_nobody() -> None:
    assert concluded(an_entry(policy="rebook"), DOUBT) == same("review")


def test_a_run_that_may_not_rebook_frees_nobody_whatever_the_entry_allows() -> None:
    assert concluded(an_entry(policy="rebook"), NONE, may_rebook=False) == same("review")


def test_an_entry_that_does_not_say_when_silence_counts_is_for_a_person() -> None:
    assert concluded(an_entry(policy="rebook", no_effect_after=None), NONE) == same("review")
    assert concluded(an_entry(no_effect_after=None), NEVER) == same("review")


@pytest.mark.parametrize("evidence", [NONE, DOUBT])
def test_review_is_left_to_a_person(evidence: Evidence) -> None:
    entry = an_entry("review", policy="rebook")
    lists = Lists(entry)
    assert block(conclude(entry, evidence, WALL, lists, may_rebook=True)) is entry
    assert lists.entry == entry


@pytest.mark.parametrize("state", IN_DOUBT)
def test_a_session_that_timed_out_frees_under_any_policy_once_no_call_can_have_an_effect(state: str) -> None:
    assert concluded(an_entry(state, no_effect_after=WALL - 0.1), NEVER, may_rebook=False) == same("planned")


@pytest.mark.parametrize("policy", ["hold", "rebook"])
@pytest.mark.parametrize("state", IN_DOUBT)
def test_a_session_that_timed_out_awaits_the_hour_when_that_counts(state: str, policy: str) -> None:
    """Nobody is asked to judge what time will tell."""
    assert concluded(an_entry(state, policy=policy, no_effect_after=WALL), NEVER) == same(state)


def test_why_a_lead_is_free_again_is_on_record() -> None:
    free = [
        block(conclude(entry := an_entry(policy="rebook"), told, WALL, Lists(entry), may_rebook=True))
        for told in (NONE, NEVER)
    ]
    assert [each.reason for each in free] == [
        "no meeting is found, and none can be made any more",
        "its session timed out",
    ]


@pytest.mark.parametrize(("state", "left"), [("sent", "review"), ("unknown", "review"), ("review", "review")])
def test_a_meeting_on_record_for_another_lead_is_for_a_person(state: str, left: str) -> None:
    entry = an_entry(state, reason="502")
    lists = Lists(entry)
    other = a_lead(purpose="autumn").new_entry()
    lists.ledger.get_or_create([other])
    lists.ledger.update([changed(other, "booked", meeting_id="m1", booked_at=WALL)])
    told = block(conclude(entry, FOUND, WALL, lists, may_rebook=True))
    assert (told.state, told.meeting_id, lists.entry) == (left, None, told)
    assert told.reason == (
        "502" if state == "review" else "meeting m1 may be it, and is on record for another lead; 502"
    )


@pytest.mark.parametrize(
    ("evidence", "state", "meeting"),
    [(NONE, "abandoned", None), (NONE, "booked", "m2"), (FOUND, "booked", "m1"), (DOUBT, "booked", "m2")],
)
def test_whoever_was_faster_is_believed(evidence: Evidence, state: Any, meeting: str | None) -> None:
    entry = an_entry(policy="rebook")
    lists = Lists(entry)
    lists.ledger.update([faster := changed(entry, state, meeting_id=meeting)])
    assert block(conclude(entry, evidence, WALL, lists, may_rebook=True)) == faster


def test_a_meeting_found_beside_another_that_is_on_record_is_an_alarm() -> None:
    """The record keeps the one that it has."""
    entry = an_entry()
    lists = Lists(entry)
    lists.ledger.update([faster := changed(entry, "booked", meeting_id="m2")])
    told = block(conclude(entry, FOUND, WALL, lists, may_rebook=True))
    assert (told.state, told.meeting_id, lists.entry) == ("review", "m1", faster)
    assert told.reason == "TWO MEETINGS: m2 on record, and now m1"


@pytest.mark.parametrize(("found", "on_record"), [(None, "m2"), ("", "m2"), ("m1", None), ("m1", "m1")])
def test_no_alarm_but_for_two_meetings_that_are_known(found: str | None, on_record: str | None) -> None:
    assert two_meetings(an_entry(), an_entry("booked", meeting_id=on_record), found) is None


@pytest.mark.parametrize(("evidence", "state"), [(FOUND, "booked"), (NONE, "planned")])
def test_what_may_not_be_on_record_leaves_the_lead_in_doubt(evidence: Evidence, state: str) -> None:
    entry = an_entry(policy="rebook")
    told = block(conclude(entry, evidence, WALL, Lists(entry, stopped=True), may_rebook=True))
    assert (told.state, told.meeting_id) == ("unknown", None)
    assert told.reason == f"{state}, but not on record (away)"


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
    told = reconciled(lists := Lists(entry, error), a_lead(bounds=REBOOK))
    assert (told.state, lists.entry) == (state, entry)
    assert told.reason == "502; the meeting list could not be asked: odd"
    silent = reconciled(Lists(an_entry(), errors.Unreadable("odd")))
    assert silent.reason == "the meeting list could not be asked: odd"


def test_a_list_that_fails_halfway_is_no_evidence_either() -> None:
    class Halfway(Lists):
        def _answer(self, call: Call[Any]) -> Any:
            if self.asked.count("meeting-list-put") == 3:
                raise errors.Unreadable("odd")
            return super()._answer(call)

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
    old = datetime.fromtimestamp(WALL - 1_000 - 301, UTC).isoformat()
    assert (
        reconciled(Lists(an_entry(policy="rebook"), a_meeting(bookedAt=old)), a_lead(bounds=REBOOK)).state == "planned"
    )
    recent = datetime.fromtimestamp(WALL - 1_000, UTC) - timedelta(seconds=300)
    assert reconciled(Lists(an_entry(), a_meeting(bookedAt=recent.isoformat()))).state == "booked"
