"""Which meetings are evidence of a booking call that is on record, and of what."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from airflow_chilipiper.api.resources.meeting import Meeting
from airflow_chilipiper.booking.doubt.evidence import NONE, Evidence, evidence_in, guests_on_record, slot_start
from airflow_chilipiper.booking.ledger.entry import Entry
from airflow_chilipiper.booking.ledger.lead_key import canonical_guest_digest, guest_digest

START = datetime(2026, 11, 3, 9, 30, tzinfo=UTC)
SENT_AT = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)
JO, ANN, IN_CRM = "jo@example.com", "ann@example.com", "jo.crm@example.com"
ROW = Entry(
    key="k",
    purpose="spring",
    version="m",
    state="unknown",
    sent_at=SENT_AT.timestamp(),
    slot="2026-11-03T10:30:00+01:00",
    guest=guest_digest(JO),
    guest_canonical=canonical_guest_digest(JO),
)
OF_NOBODY = replace(ROW, guest="")
OURS = Evidence(meeting_id="m1")


def a_meeting(meeting_id: str = "m1", **changes: Any) -> Meeting:
    usual = {"start": START, "booked_at": SENT_AT + timedelta(seconds=1), "guest": JO, "status": "Active"}
    return Meeting(meeting_id=meeting_id, **usual | changes)


def of_listed(*meetings: Meeting, entry: Entry = ROW) -> Evidence:
    return evidence_in(meetings, entry, skew=300)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"status": "Canceled"},
        {"status": "NoShow"},
        {"start": datetime.fromisoformat("2026-11-03T10:30:00+01:00")},
        {"booked_at": None},
        {"booked_at": SENT_AT - timedelta(seconds=300)},
        {"guest": "JO@example.com "},
    ],
    ids=str,
)
def test_a_meeting_of_our_guest_at_our_slot_is_ours(changes: dict[str, Any]) -> None:
    """Whatever became of it, since a cancelled one was booked too; and by clocks that differ by five minutes."""
    assert of_listed(a_meeting(**changes)) == OURS


@pytest.mark.parametrize(
    "changes",
    [
        {"start": START + timedelta(days=1), "booked_at": SENT_AT - timedelta(days=1)},
        {"guest": ANN},
        {"guest": ANN, "start": None},
        {"guest": "jo+spring@example.com", "start": START + timedelta(days=1)},
        {"guest": "jo+spring@example.com", "start": None, "booked_at": SENT_AT - timedelta(days=1)},
        {"guest": None, "start": START + timedelta(minutes=30)},
    ],
    ids=str,
)
def test_what_was_booked_before_or_by_another_guest_or_by_nobody_at_another_time_is_no_evidence(
    changes: dict[str, Any],
) -> None:
    assert of_listed(a_meeting(**changes)) == NONE
    assert of_listed(a_meeting("m2", **changes), a_meeting()) == OURS


@pytest.mark.parametrize(
    "changes",
    [{"guest": None}, {"start": None}, {"guest": None, "start": None}, {"start": START + timedelta(days=9)}],
    ids=["no guest", "no start", "neither", "moved"],
)
def test_what_may_be_ours_is_a_doubt_and_named(changes: dict[str, Any]) -> None:
    """What an entry does not say is no alibi, and meetings are moved."""
    assert of_listed(a_meeting(**changes)) == Evidence(ambiguous="m1 may be it")


@pytest.mark.parametrize(
    "changes",
    [
        {"booked_at": SENT_AT - timedelta(seconds=301)},
        {"booked_at": SENT_AT - timedelta(hours=9)},
        {"guest": "Jo <JO@Example.com>", "booked_at": SENT_AT - timedelta(hours=9)},
        {"guest": "jo+spring@example.com"},
        {"guest": "jo+spring@example.com", "start": None},
        {"guest": "jo%40example.com"},
        {"guest": "jo@example.com <jo@example.com>"},
        {"guest": "Jo Public"},
        {"guest": "j***@example.com"},
        {"guest": "jo@example.com, ann@example.com"},
        {"guest": "5f1c", "booked_at": SENT_AT - timedelta(hours=9)},
    ],
    ids=str,
)
def test_at_our_slot_silence_is_only_what_is_certainly_somebody_elses(changes: dict[str, Any]) -> None:
    """Another spelling of our guest, one that names nobody for certain, and a time of booking that is hours early."""
    assert of_listed(a_meeting(**changes)) == Evidence(ambiguous="m1 may be it")
    assert of_listed(a_meeting("m2", **changes), a_meeting()) == OURS


def test_of_two_that_fit_none_is_taken() -> None:
    assert of_listed(a_meeting(), a_meeting("m2")) == Evidence(ambiguous="2 meetings may be it: m1, m2")
    assert of_listed(a_meeting(), a_meeting("m2", guest=None)).ambiguous
    assert of_listed(a_meeting(start=START + timedelta(1)), a_meeting("m2", start=START + timedelta(2))).ambiguous


def test_one_at_the_slot_counts_before_one_at_another_time() -> None:
    """The guest may have more than one meeting."""
    assert of_listed(a_meeting("m2", start=START + timedelta(days=1)), a_meeting()) == OURS


def test_of_many_that_fit_only_some_are_named() -> None:
    doubt = of_listed(*(a_meeting(f"m{number}") for number in range(9))).ambiguous
    assert doubt == "9 meetings may be it: m0, m1, m2, m3, m4"


def test_without_a_guest_on_record_everything_at_the_slot_may_be_ours_and_nothing_is() -> None:
    assert of_listed(a_meeting(), entry=OF_NOBODY).ambiguous == "m1 may be it"
    assert of_listed(a_meeting(guest=None), entry=OF_NOBODY).ambiguous == "m1 may be it"
    assert of_listed(a_meeting(start=START + timedelta(days=1)), entry=OF_NOBODY) == NONE


@pytest.mark.parametrize("guest", [JO, IN_CRM])
def test_everybody_whom_the_call_may_have_invited_is_compared(guest: str) -> None:
    """A Handoff by CRM id invites whom Chili Piper has under that id, whatever e-mail stands beside it."""
    both = replace(ROW, invited=guest_digest(IN_CRM))
    assert of_listed(a_meeting(guest=guest), entry=both) == OURS
    assert of_listed(a_meeting(guest=ANN), entry=both) == NONE


def test_an_entry_that_does_not_say_when_it_was_sent_leaves_no_meeting_out() -> None:
    assert of_listed(a_meeting(booked_at=datetime(2020, 1, 1, tzinfo=UTC)), entry=replace(ROW, sent_at=None)) == OURS


@pytest.mark.parametrize("start", [START, None])
def test_an_entry_without_a_slot_is_certain_of_no_meeting(start: datetime | None) -> None:
    assert slot_start(replace(ROW, slot=None)) is None
    assert of_listed(a_meeting(start=start), entry=replace(ROW, slot=None)).ambiguous == "m1 may be it"


def test_a_meeting_may_be_listed_as_booked_up_to_a_second_before() -> None:
    """The list has whole seconds."""
    entry = replace(ROW, sent_at=SENT_AT.timestamp() + 0.9)
    assert of_listed(a_meeting(booked_at=SENT_AT - timedelta(seconds=300)), entry=entry) == OURS
    assert of_listed(a_meeting(booked_at=SENT_AT - timedelta(seconds=301)), entry=entry) != OURS


def test_the_meeting_that_the_entry_was_released_from_is_not_that_of_its_next_call() -> None:
    """It may have been booked but minutes before, at the same slot."""
    released = replace(ROW, released="m1")
    assert of_listed(a_meeting(), entry=released) == NONE
    assert of_listed(a_meeting("m0"), a_meeting(), entry=released) == Evidence(meeting_id="m0")


def test_guests_on_record_are_those_that_are_known() -> None:
    assert guests_on_record(OF_NOBODY) == frozenset()
    assert guests_on_record(replace(OF_NOBODY, invited="x")) == {"x"}
    assert guests_on_record(replace(ROW, invited=ROW.guest)) == {ROW.guest}


def test_evidence_is_none_only_if_nothing_was_said() -> None:
    assert NONE.is_none
    assert not any(each.is_none for each in (OURS, Evidence(ambiguous="why"), Evidence(proven_absent=True)))
