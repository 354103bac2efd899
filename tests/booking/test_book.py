"""The flow, answered by hand through every sequence of answers; and broken copies of it, each of which is caught."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_chilipiper.api import errors
from airflow_chilipiper.api.calls import Call
from airflow_chilipiper.api.models import Bookable, Offer, Slots
from airflow_chilipiper.api.turns import BlockingTurns
from airflow_chilipiper.api.world import block
from airflow_chilipiper.booking import book
from airflow_chilipiper.booking.bounds import Bounds
from airflow_chilipiper.booking.lead_key import guest_digest
from airflow_chilipiper.booking.ledger import MemoryLedger
from airflow_chilipiper.booking.outcome import Outcome
from airflow_chilipiper.booking.worlds import SingleWorld
from tests.booking.by_hand import broken_booking, broken_reconciling
from tests.booking.by_hand.evidence import log_module
from tests.booking.by_hand.flows import a_flow
from tests.booking.by_hand.sequences import every_sequence
from tests.booking.choices import Broken
from tests.booking.office import START, AtOnce, Office, a_lead

SLOTS = Slots([Bookable("/v1/org/concierge/routing/s/schedule-simple", [START])])
MUTANTS = broken_booking.MUTANTS | broken_reconciling.MUTANTS


def test_no_sequence_of_answers_breaks_a_promise() -> None:
    """The laws of `by_hand.laws`, in every sequence, and in two more tries with what each has left on record."""
    assert every_sequence(a_flow(log=log_module())) >= 10_000


@pytest.mark.parametrize("what", MUTANTS)
def test_a_broken_flow_is_caught(what: str) -> None:
    module, text, instead, laws = MUTANTS[what]
    with pytest.raises(Broken, match=laws):
        every_sequence(a_flow(module, (text, instead), log=log_module()))


def office_world(**facts: Any) -> tuple[Office, SingleWorld]:
    office = Office(yields=False, **facts)
    return office, SingleWorld(AtOnce(office), BlockingTurns(None), MemoryLedger())


def test_a_session_that_is_open_already_is_spent_first() -> None:
    office, world = office_world()
    session = block(book.open_session(a_lead(1), world))
    assert block(book.book(a_lead(1), world, session=session)).status == "booked"
    assert (office.openings, office.meetings.total()) == (1, 1)


def test_after_an_open_session_that_came_to_nothing_a_fresh_one_is_opened() -> None:
    gone = errors.SlotGone("taken", status=200)
    office, world = office_world(booking={1: gone})
    session = block(book.open_session(a_lead(1), world))
    outcome = block(book.book(a_lead(1), world, session=session))
    assert (outcome.status, outcome.attempts, office.openings) == ("refused", 3, 3)


def test_an_open_session_is_not_spent_on_a_lead_that_is_booked() -> None:
    office, world = office_world()
    block(book.book(a_lead(1), world))
    session = block(book.open_session(a_lead(1), world))
    assert block(book.book(a_lead(1), world, session=session)).status == "already_booked"
    assert office.meetings.total() == 1


def test_a_request_that_cannot_be_written_was_not_sent_and_leaves_the_lead_free() -> None:
    _, world = office_world(booking={1: errors.Invalid("formData cannot be written")})
    assert block(book.book(a_lead(1), world)).status == "invalid"
    assert block(world.begin(a_lead(1).row())).state == "planned"


def test_a_lead_without_sessions_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(errors.Invalid, match="max_sessions is 0"):
        a_lead(1, max_sessions=0)


@pytest.mark.parametrize(
    ("no", "status"),
    [(errors.BadRequest("Invalid value for: body", status=400), "refused"), (errors.Invalid("cannot"), "invalid")],
    ids=["bad request", "invalid"],
)
def test_what_no_fresh_session_can_cure_is_not_asked_again(no: Exception, status: str) -> None:
    office, world = office_world(booking={1: no})
    assert block(book.book(a_lead(1), world)).status == status
    assert office.openings == 1


def test_a_missing_permission_ends_more_than_one_lead() -> None:
    office, world = office_world(booking={1: errors.NotAllowed("no", status=403)})
    with pytest.raises(errors.NotAllowed):
        block(book.book(a_lead(1), world))
    assert office.openings == 1


@pytest.mark.parametrize(
    "found",
    [{}, {"dateTime": {"start": START}}, {"primaryGuest": {"value": "lead1@example.com"}}],
    ids=["nothing", "no guest", "no start"],
)
def test_a_meeting_that_may_be_anybodys_settles_nothing(found: dict[str, Any]) -> None:
    """Neither is the lead booked under its id, nor is it free to be booked again: a person decides."""

    class Lists(Office):
        async def ask(self, call: Call[Any], /) -> Any:
            if call.operation == "meeting-list-put":
                return call.read({"data": {"list": [{"meetingId": "m1", **found}]}, "hasMore": "No"})
            return await super().ask(call)

    office = Lists(yields=False, booking={1: errors.Refused("no", status=409, code="Whatever")})
    world = SingleWorld(AtOnce(office), BlockingTurns(None), MemoryLedger())
    lead = a_lead(1, bounds=Bounds(list_lag=0))
    outcomes = [block(book.book(lead, world)) for _ in range(3)]
    assert [(each.status, each.meeting_id) for each in outcomes] == [("unknown", None), *[("review", None)] * 2]
    assert office.openings == 1


def test_a_guest_who_has_a_meeting_already_is_asked_for_nothing() -> None:
    """And the lead stays free, since no booking of ours was made."""
    office, world = office_world()
    met = Outcome(status="already_booked", meeting_id="m")
    lead = a_lead(1, met={guest_digest("lead1@example.com"): met})
    assert block(book.book(lead, world)) == met
    assert office.openings == 0
    assert block(world.begin(lead.row())).state == "planned"


def test_a_guest_whom_only_the_offer_names_is_not_booked_if_met_already() -> None:
    met = Outcome(status="already_booked", meeting_id="m")
    office, world = office_world(opening={1: Offer(session="s", slots=SLOTS, guest="Jo@example.com")})
    lead = a_lead(1, met={guest_digest("jo@example.com"): met})
    assert block(book.book(lead, world)) == met
    assert (office.openings, office.meetings.total()) == (1, 0)
