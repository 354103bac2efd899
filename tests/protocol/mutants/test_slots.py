"""Broken reservations of a batch: a slot is sent for twice, or is lost although nobody took it."""

from __future__ import annotations

import pytest

from airflow_chilipiper.api import errors
from tests.drive import Immediate, block
from tests.fake_chilipiper import START, a_lead
from tests.protocol.copies import catch
from tests.protocol.laws import law
from tests.protocol.mutant import Mutant
from tests.protocol.mutants.booked import a_chili, a_ledger

LATER = "2026-11-03T10:30:00Z"


def a_lead_beside_one_that_has(*no: Exception, at: str) -> None:
    """Both were offered the same two slots before either booked. The second one's is to start then."""
    from airflow_chilipiper.booking.book import book, open_session
    from airflow_chilipiper.booking.slots.choice import Choice
    from airflow_chilipiper.booking.slots.reservations import Reservations

    chili, reservations = a_chili(booking=dict(enumerate(no)), starts=[START, LATER]), Reservations()
    runtime = Immediate(chili, a_ledger())
    choices = [Choice(lambda offer: [], None, "in", reservations) for _ in range(2)]
    leads = [a_lead(number, choice=choice, max_sessions=1) for number, choice in enumerate(choices)]
    sessions = [block(open_session(lead, runtime)) for lead in leads]
    for lead, session in zip(leads, sessions, strict=True):
        block(book(lead, runtime, session=session))
    last = chili.calls[-1].body["startTime"]
    law(last == at, f"two calls a booking: the second lead asks for {last} instead of {at}")


def beside_a_booking() -> None:
    a_lead_beside_one_that_has(at=LATER)


def beside_a_lost_answer() -> None:
    a_lead_beside_one_that_has(errors.NoAnswer("lost"), at=LATER)


def beside_a_lost_slot() -> None:
    a_lead_beside_one_that_has(errors.SlotGone("taken", status=200), at=LATER)


def beside_a_call_that_was_not_let_in() -> None:
    a_lead_beside_one_that_has(errors.Throttled("429", status=429), at=START)


BOOK = "booking.book"
RESOLUTION = """    if entry.state != "planned":
        return "consumed"
    return "returned" if isinstance(answer, Exception) and leaves_slot(answer) else "lost"
"""
MUTANTS = {
    "a slot whose resolution nobody hears of": Mutant(
        BOOK,
        "        lead.choice.resolve(resolution)\n",
        "        pass\n",
        shown=("two calls", beside_a_call_that_was_not_let_in),
    ),
    "a slot given back though it was booked": Mutant(
        BOOK, RESOLUTION, '    return "returned"\n', shown=("two calls", beside_a_booking)
    ),
    "a slot given back though it may have been booked": Mutant(
        BOOK,
        RESOLUTION,
        RESOLUTION.replace('!= "planned"', '== "booked"').replace('else "lost"', 'else "returned"'),
        shown=("two calls", beside_a_lost_answer),
    ),
    "a slot given back though it was lost": Mutant(
        BOOK, RESOLUTION, RESOLUTION.replace('"lost"', '"returned"'), shown=("two calls", beside_a_lost_slot)
    ),
    "a slot lost though nobody was asked for it": Mutant(
        BOOK,
        RESOLUTION,
        RESOLUTION.replace('"returned"', '"lost"'),
        shown=("two calls", beside_a_call_that_was_not_let_in),
    ),
}


@pytest.mark.parametrize("what", MUTANTS)
def test_a_broken_reservation_is_caught(what: str) -> None:
    catch(MUTANTS[what])
