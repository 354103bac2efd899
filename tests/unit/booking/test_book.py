"""The flow beyond its promises, which `tests/protocol` proves: what it does with sessions, guests and refusals."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_chilipiper.api import errors
from airflow_chilipiper.api.patterns.offer import Offer
from airflow_chilipiper.api.patterns.slots import Bookable, Slots
from airflow_chilipiper.booking import book
from airflow_chilipiper.booking.doubt.bounds import Bounds
from airflow_chilipiper.booking.ledger.lead_key import guest_digest
from airflow_chilipiper.booking.outcome import Outcome, Status
from tests.drive import Immediate, block
from tests.fake_chilipiper import START, FakeChiliPiper, a_lead

SLOTS = Slots([Bookable("/v1/org/concierge/routing/s/schedule-simple", [START])])


def a_runtime(**facts: Any) -> tuple[FakeChiliPiper, Immediate]:
    chili = FakeChiliPiper(yields=False, **facts)
    return chili, Immediate(chili)


def test_a_session_that_is_open_already_is_spent_first() -> None:
    chili, runtime = a_runtime()
    session = block(book.open_session(a_lead(1), runtime))
    assert block(book.book(a_lead(1), runtime, session=session)).status == "booked"
    assert (chili.openings, chili.meetings.total()) == (1, 1)


def test_after_an_open_session_that_came_to_nothing_a_fresh_one_is_opened() -> None:
    gone = errors.SlotGone("taken", status=200)
    chili, runtime = a_runtime(booking={1: gone})
    session = block(book.open_session(a_lead(1), runtime))
    outcome = block(book.book(a_lead(1), runtime, session=session))
    assert (outcome.status, outcome.attempts, chili.openings) == ("refused", 3, 3)


def test_an_open_session_is_not_spent_on_a_lead_that_is_booked() -> None:
    chili, runtime = a_runtime()
    block(book.book(a_lead(1), runtime))
    session = block(book.open_session(a_lead(1), runtime))
    assert block(book.book(a_lead(1), runtime, session=session)).status == "already_booked"
    assert chili.meetings.total() == 1


def test_a_request_that_cannot_be_written_was_not_sent_and_leaves_the_lead_free() -> None:
    _, runtime = a_runtime(booking={1: errors.Invalid("formData cannot be written")})
    assert block(book.book(a_lead(1), runtime)).status == "invalid"
    assert block(runtime.get_or_create(a_lead(1).new_entry())).state == "planned"


def test_a_lead_without_sessions_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(errors.Invalid, match="max_sessions is 0"):
        a_lead(1, max_sessions=0)


@pytest.mark.parametrize(
    ("no", "status"),
    [(errors.BadRequest("Invalid value for: body", status=400), "refused"), (errors.Invalid("cannot"), "invalid")],
    ids=["bad request", "invalid"],
)
def test_what_no_fresh_session_can_cure_is_not_asked_again(no: Exception, status: str) -> None:
    chili, runtime = a_runtime(booking={1: no})
    assert block(book.book(a_lead(1), runtime)).status == status
    assert chili.openings == 1


def test_a_missing_permission_ends_more_than_one_lead() -> None:
    chili, runtime = a_runtime(booking={1: errors.NotAllowed("no", status=403)})
    with pytest.raises(errors.NotAllowed):
        block(book.book(a_lead(1), runtime))
    assert chili.openings == 1


@pytest.mark.parametrize(
    "found",
    [{}, {"dateTime": {"start": START}}, {"primaryGuest": {"value": "lead1@example.com"}}],
    ids=["nothing", "no guest", "no start"],
)
def test_a_meeting_that_may_be_anybodys_settles_nothing(found: dict[str, Any]) -> None:
    """Neither is the lead booked under its id, nor is it free to be booked again: a person decides."""

    no = errors.Refused("no", status=409, code="Whatever")
    chili, runtime = a_runtime(booking={1: no}, listed=[{"meetingId": "m1", **found}])
    lead = a_lead(1, bounds=Bounds(list_lag=0))
    outcomes = [block(book.book(lead, runtime)) for _ in range(3)]
    assert [(each.status, each.meeting_id) for each in outcomes] == [("unknown", None), *[("review", None)] * 2]
    assert chili.openings == 1


def test_a_guest_who_has_a_meeting_already_is_asked_for_nothing() -> None:
    """And the lead stays free, since no booking of ours was made."""
    chili, runtime = a_runtime()
    known = Outcome(status=Status.ALREADY_BOOKED, meeting_id="m")
    lead = a_lead(1, existing_meetings={guest_digest("lead1@example.com"): known})
    assert block(book.book(lead, runtime)) == known
    assert chili.openings == 0
    assert block(runtime.get_or_create(lead.new_entry())).state == "planned"


def test_a_guest_whom_only_the_offer_names_is_not_booked_again() -> None:
    known = Outcome(status=Status.ALREADY_BOOKED, meeting_id="m")
    chili, runtime = a_runtime(opening={1: Offer(session="s", slots=SLOTS, guest="Jo@example.com")})
    lead = a_lead(1, existing_meetings={guest_digest("jo@example.com"): known})
    assert block(book.book(lead, runtime)) == known
    assert (chili.openings, chili.meetings.total()) == (1, 0)
