"""What evidence comes to on record."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_chilipiper.booking.doubt.evidence import NONE, Evidence
from airflow_chilipiper.booking.doubt.reconcile import (
    conclude,
    two_meetings,
)
from airflow_chilipiper.booking.ledger.entry import Entry
from tests.drive import block
from tests.entries import changed
from tests.unit.api.handmade import WALL
from tests.unit.booking.doubt.test_reconcile import (
    DOUBT,
    FOUND,
    IN_DOUBT,
    NEVER,
    Lists,
    a_lead,
    an_entry,
)


def concluded(entry: Entry, evidence: Evidence, *, began: float = WALL, may_rebook: bool = True) -> tuple[str, str]:
    """The state answered, and the one on record."""
    lists = Lists(entry)
    now = block(conclude(entry, evidence, began, lists, may_rebook=may_rebook))
    return now.state, lists.entry.state


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
    now = block(conclude(entry, evidence, WALL, lists, may_rebook=True))
    assert (now.state, now.reason) == ("review", reason)
    assert lists.entry == now


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
    """Nobody is asked to judge what waiting will show."""
    assert concluded(an_entry(state, policy=policy, no_effect_after=WALL), NEVER) == same(state)


def test_why_a_lead_is_free_again_is_on_record() -> None:
    free = [
        block(conclude(entry := an_entry(policy="rebook"), evidence, WALL, Lists(entry), may_rebook=True))
        for evidence in (NONE, NEVER)
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
    now = block(conclude(entry, FOUND, WALL, lists, may_rebook=True))
    assert (now.state, now.meeting_id, lists.entry) == (left, None, now)
    assert now.reason == (
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
    now = block(conclude(entry, FOUND, WALL, lists, may_rebook=True))
    assert (now.state, now.meeting_id, lists.entry) == ("review", "m1", faster)
    assert now.reason == "TWO MEETINGS: m2 on record, and now m1"


@pytest.mark.parametrize(("found", "on_record"), [(None, "m2"), ("", "m2"), ("m1", None), ("m1", "m1")])
def test_no_alarm_but_for_two_meetings_that_are_known(found: str | None, on_record: str | None) -> None:
    assert two_meetings(an_entry(), an_entry("booked", meeting_id=on_record), found) is None


@pytest.mark.parametrize(("evidence", "state"), [(FOUND, "booked"), (NONE, "planned")])
def test_what_may_not_be_on_record_leaves_the_lead_in_doubt(evidence: Evidence, state: str) -> None:
    entry = an_entry(policy="rebook")
    now = block(conclude(entry, evidence, WALL, Lists(entry, stopped=True), may_rebook=True))
    assert (now.state, now.meeting_id) == ("unknown", None)
    assert now.reason == f"{state}, but not on record (away)"
