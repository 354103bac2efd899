"""What the user reads: of an entry on record, an offer, an error, and the last answer to a booking call."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from airflow_chilipiper.api import errors
from airflow_chilipiper.api.patterns.offer import Booked, Offer
from airflow_chilipiper.api.patterns.slots import Bookable, Slots
from airflow_chilipiper.booking.ledger.entry import Entry
from airflow_chilipiper.booking.outcome import Outcome
from airflow_chilipiper.booking.outcome_rules import after_booking, on_record, preview, without_booking, without_slot
from airflow_chilipiper.booking.slots.filters import Undecided
from tests.leads import a_lead

START = "2026-11-03T09:30:00Z"
LEAD = a_lead()
OFFER = Offer(session="s", slots=Slots([Bookable("/book", [START])]), assignees=("u1",), page="https://page")
ROW = replace(LEAD.new_entry(), attempt=1, session="s", slot=START)
ANOTHERS = replace(ROW, guest="another")


def refused(kind: type[errors.Refused], status: int) -> errors.Refused:
    return kind("why", status=status)


@pytest.mark.parametrize(
    ("state", "status"),
    [
        ("planned", "not_attempted"),
        ("sent", "unknown"),
        ("unknown", "unknown"),
        ("review", "review"),
        ("booked", "already_booked"),
        ("abandoned", "refused"),
    ],
)
def test_what_is_on_record_decides(state: Any, status: str) -> None:
    outcome = on_record(replace(ROW, state=state, meeting_id="m", reason="because"), LEAD)
    assert (outcome.status, outcome.meeting_id, outcome.attempts) == (status, "m", 1)
    assert outcome.reason.endswith("because")


def test_a_review_says_by_which_command_and_key_a_person_settles_it() -> None:
    reason = on_record(replace(ROW, state="review", reason="no meeting is found"), LEAD).reason
    assert reason == f"a person must decide (ledger resolve {ROW.key}); no meeting is found"
    assert ROW.key not in on_record(replace(ROW, state="unknown"), LEAD).reason


@pytest.mark.parametrize(
    ("changes", "differs"),
    [
        ({"guest": "another"}, "guest"),
        ({"pattern": "another"}, "target"),
        ({"guest": "another", "pattern": "another"}, "guest and target"),
    ],
)
@pytest.mark.parametrize(
    ("state", "so"),
    [
        ("sent", "ask with the {} of that call to find it out"),
        ("unknown", "ask with the {} of that call to find it out"),
        ("booked", "whose meeting stands"),
    ],
)
def test_one_key_with_another_request_is_an_error_of_the_row_that_says_what_differs(
    changes: Any, differs: str, state: Any, so: str
) -> None:
    """It tells no meeting, which is somebody else's, and advises nothing by which anybody could be invited twice."""
    outcome = on_record(replace(ROW, state=state, meeting_id="m", **changes), LEAD)
    assert (outcome.status, outcome.meeting_id) == ("invalid", None)
    assert outcome.reason == f"this key is on record as {state} with another {differs}, {so.format(differs)}"


@pytest.mark.parametrize("state", ["review", "abandoned"])
def test_what_a_person_has_to_decide_stays_so_whoever_asks(state: Any) -> None:
    assert on_record(replace(ANOTHERS, state=state), LEAD) == on_record(replace(ROW, state=state), LEAD)


def answered(entry: Entry, answer: Booked | Exception) -> Outcome:
    return after_booking(entry, OFFER, answer, sender=entry.sender)


def test_a_booking_tells_who_where_and_when() -> None:
    outcome = answered(
        replace(ROW, state="booked", meeting_id="m"), Booked(meeting_id="m", host="h", assignees=("u2",))
    )
    assert (outcome.status, outcome.meeting_id, outcome.start_time, outcome.session_id) == ("booked", "m", START, "s")
    assert (outcome.host, outcome.assignees, outcome.page) == ("h", ("u2",), "https://page")


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (refused(errors.SlotGone, 200), "refused"),
        (refused(errors.Refused, 409), "refused"),
        (refused(errors.Throttled, 429), "not_attempted"),
        (errors.NotSent(), "not_attempted"),
    ],
)
def test_a_lead_that_no_session_could_book_is_refused_but_for_what_passes(answer: Exception, status: str) -> None:
    """Who could not even ask was not refused: the task fails for it, and its retry tries again."""
    outcome = answered(replace(ROW, reason="why"), answer)
    assert (outcome.status, outcome.reason, outcome.start_time, outcome.assignees) == (status, "why", None, ("u1",))


@pytest.mark.parametrize("state", ["unknown", "sent", "abandoned"])
def test_after_a_booking_call_all_but_a_no_and_a_meeting_is_unknown(state: Any) -> None:
    assert answered(replace(ROW, state=state), errors.NoAnswer()).status == "unknown"


def test_what_another_has_booked_meanwhile_is_not_called_this_runs() -> None:
    theirs = replace(ROW, state="booked", meeting_id="m", sender="another")
    assert after_booking(theirs, OFFER, errors.NoAnswer(), sender="this").status == "already_booked"
    assert after_booking(theirs, OFFER, errors.NoAnswer(), sender="another").status == "booked"


def test_an_offer_without_a_slot_says_why() -> None:
    assert without_slot(replace(OFFER, allowed=False), ROW).status == "disqualified"
    none, unfit = without_slot(replace(OFFER, slots=()), ROW), without_slot(OFFER, ROW)
    assert (none.status, unfit.status, none.session_id) == ("no_slot", "no_slot", "s")
    assert "no slot is free" in none.reason
    assert "none of the 1 slots" in unfit.reason


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (errors.Invalid("why"), "invalid"),
        (errors.NotSent("why"), "not_attempted"),
        (errors.NoAnswer("why"), "not_attempted"),
        (errors.Unreadable("why"), "not_attempted"),
        (refused(errors.Throttled, 429), "not_attempted"),
        (refused(errors.ServerBroken, 500), "not_attempted"),
        (refused(errors.BadRequest, 400), "refused"),
        (refused(errors.SessionGone, 404), "refused"),
        (refused(errors.Refused, 422), "refused"),
        (Undecided("why"), "refused"),
    ],
)
def test_an_error_before_any_booking_is_definite_or_passes(error: errors.ChiliPiperError, status: str) -> None:
    outcome = without_booking(error)
    assert (outcome.status, outcome.reason) == (status, "why")


@pytest.mark.parametrize("error", [refused(errors.NotAllowed, 401), refused(errors.NotFound, 404)])
def test_what_no_other_lead_could_escape_is_raised_on(error: errors.Refused) -> None:
    with pytest.raises(type(error)):
        without_booking(error)


@pytest.mark.parametrize(
    ("entry", "status"),
    [
        (None, "would_book"),
        (ROW, "would_book"),
        (replace(ROW, state="booked", booked_at=1e9), "already_booked"),
        (replace(ROW, state="unknown"), "unknown"),
        (replace(ROW, state="review"), "review"),
        (replace(ANOTHERS, state="sent"), "invalid"),
    ],
)
def test_a_preview_says_what_the_ledger_says(entry: Any, status: str) -> None:
    assert preview(entry, (), LEAD, 2e9).status == status


def test_a_preview_would_book_whom_an_old_booking_no_longer_holds() -> None:
    from datetime import timedelta

    again = a_lead(rebook_after=timedelta(days=1))
    assert preview(replace(ROW, state="booked", booked_at=1e9), (), again, 2e9).status == "would_book"


MET = Outcome(status="already_booked", meeting_id="m", reason="an active meeting")
WITH_MET = a_lead(existing_meetings={ROW.guest: MET})


@pytest.mark.parametrize(
    ("entry", "status"),
    [(None, "already_booked"), (ROW, "already_booked"), (replace(ROW, state="unknown"), "unknown")],
)
def test_a_preview_knows_who_has_a_meeting_already_and_the_ledger_knows_better(entry: Any, status: str) -> None:
    assert preview(entry, (), WITH_MET, 2e9).status == status
    assert preview(ANOTHERS, (), LEAD, 2e9).status == "would_book"
