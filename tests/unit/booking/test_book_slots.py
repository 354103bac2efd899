"""What the flow does with its slot, beside the leads that want the same ones."""

from __future__ import annotations

from asyncio import CancelledError
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest

from airflow_chilipiper.api import errors
from airflow_chilipiper.api.call import Call
from airflow_chilipiper.api.patterns.offer import Offer
from airflow_chilipiper.api.patterns.slots import Slot
from airflow_chilipiper.booking import book
from airflow_chilipiper.booking.batch.breakers import EMPTY_IN_A_ROW, EmptyOffersBreaker
from airflow_chilipiper.booking.batch.runtime import Stopping
from airflow_chilipiper.booking.book import ALL_RESERVED_PAUSES
from airflow_chilipiper.booking.doubt.bounds import Bounds
from airflow_chilipiper.booking.lead import Lead
from airflow_chilipiper.booking.ledger.entry import Entry, LedgerFailed
from airflow_chilipiper.booking.ledger.memory import MemoryLedger
from airflow_chilipiper.booking.ledger.store import Answer
from airflow_chilipiper.booking.outcome_rules import ALL_RESERVED, SPARED
from airflow_chilipiper.booking.slots.choice import Choice
from airflow_chilipiper.booking.slots.reservations import Reservations, Resolution
from tests.drive import Immediate, block
from tests.entries import changed
from tests.fake_chilipiper import START, FakeChiliPiper, a_lead
from tests.leads import FirstSlot


class Slotted(FakeChiliPiper):
    """Offers everybody these slots."""

    def __init__(self, *slots: Slot, **facts: Any) -> None:
        super().__init__(yields=False, **facts)
        self._slots = slots

    def offer(self, session: str) -> Offer:
        address = f"/v1/org/concierge/routing/{session}/schedule-simple"
        return Offer(session=session, slots=[replace(each, address=address) for each in self._slots])


def slot(*users: str, hours: int = 0) -> Slot:
    start = datetime.fromisoformat(START) + timedelta(hours=hours)
    return Slot("", start, start.isoformat(), users)


class Gone(MemoryLedger):
    """Fails each change to that state."""

    def __init__(self, state: str) -> None:
        super().__init__()
        self._state = state

    def update(self, entries: Sequence[Entry], /) -> Sequence[Answer]:
        if any(entry.state == self._state for entry in entries):
            raise LedgerFailed("away")
        return super().update(entries)


class Theirs(MemoryLedger):
    """Another run books between what we read and what we write."""

    def update(self, entries: Sequence[Entry], /) -> Sequence[Answer]:
        super().update(
            [
                changed(entry, "booked", meeting_id="theirs")
                for entry in self.get([entry.key for entry in entries]).values()
            ]
        )
        return super().update(entries)


def refused(**facts: Any) -> errors.Refused:
    return errors.Refused("no", status=409, **facts)


RESOLUTIONS: list[tuple[str, Exception | None, Callable[[], MemoryLedger], list[Resolution]]] = [
    ("booked", None, MemoryLedger, ["consumed"]),
    ("the answer is lost", errors.NoAnswer("lost"), MemoryLedger, ["consumed"]),
    ("no answer that we know", errors.Unreadable("odd"), MemoryLedger, ["consumed"]),
    ("a bug", ZeroDivisionError(), MemoryLedger, ["consumed"]),
    ("a no in unknown words that left nothing", refused(code="Whatever"), MemoryLedger, ["lost"]),
    ("a no of somebody in between", refused(), MemoryLedger, ["consumed"]),
    ("taken by another", errors.SlotGone("taken", status=200), MemoryLedger, ["lost"]),
    ("not sent", errors.NotSent("no route"), MemoryLedger, ["returned"]),
    ("throttled", errors.Throttled("slow", status=429), MemoryLedger, ["returned"]),
    ("not allowed", errors.NotAllowed("no", status=403), MemoryLedger, ["returned"]),
    ("a request that cannot be written", errors.Invalid("no"), MemoryLedger, ["returned"]),
    ("overtaken before the call", None, Theirs, ["returned"]),
    ("not on record before the call", None, partial(Gone, "sent"), ["returned"]),
    ("not on record after the call", None, partial(Gone, "booked"), ["consumed"]),
]


@pytest.mark.parametrize(
    ("answer", "ledger", "resolutions"), [case[1:] for case in RESOLUTIONS], ids=[case[0] for case in RESOLUTIONS]
)
def test_the_leads_beside_it_hear_once_what_became_of_its_slot(
    answer: Any, ledger: Any, resolutions: list[Resolution]
) -> None:
    """Whatever may have been booked is not offered to them again, and whatever was not is."""

    first = FirstSlot()
    chili = Slotted(slot(), booking={1: answer} if answer else {}, listed=())
    lead = a_lead(1, choice=first, max_sessions=1, bounds=Bounds(list_lag=0))
    with suppress(errors.NotAllowed, LedgerFailed):
        block(book.book(lead, Immediate(chili, ledger())))
    assert first.resolutions == resolutions


@pytest.mark.parametrize("torn", [Stopping(), CancelledError()], ids=["stopped", "cancelled"])
def test_a_slot_that_is_not_asked_for_because_its_place_never_came_is_given_back(torn: BaseException) -> None:
    class Torn(Immediate):
        async def acquire(self, *, priority: bool = False) -> None:
            raise torn

    first, chili = FirstSlot(), Slotted(slot())
    session = block(book.open_session(a_lead(1), Immediate(chili)))
    with pytest.raises(type(torn)):
        block(book.book(a_lead(1, choice=first), Torn(chili), session=session))
    assert (first.resolutions, chili.meetings.total()) == (["returned"], 0)


def test_whoever_lost_its_slot_goes_first_and_whoever_comes_new_does_not() -> None:
    chili = Slotted(slot(), booking={1: errors.SlotGone("taken", status=200)})
    runtime = Immediate(chili)
    block(book.book(a_lead(1), runtime))
    opening, booking = runtime.priorities[::2], runtime.priorities[1::2]
    assert opening == [False, True, True]
    assert booking == [True] * 3


def choosing(reservations: Reservations, number: int = 1, **facts: Any) -> Lead:
    choice = Choice(lambda offer: [], None, ("in",), reservations)
    return a_lead(number, choice=choice, **facts)


def test_a_lead_whose_slots_the_others_are_booking_opens_again_and_has_no_slot_in_the_end() -> None:
    chili, reservations = Slotted(slot("a")), Reservations()
    reservations.reserve(slot("a"), ("in",))
    runtime = Immediate(chili)
    outcome = block(book.book(choosing(reservations), runtime))
    assert (outcome, outcome.status) == (ALL_RESERVED, "no_slot")
    assert runtime.priorities == [False] * (len(ALL_RESERVED_PAUSES) + 1)
    assert not chili.meetings


def test_a_lead_whose_slot_was_given_back_meanwhile_is_booked_in_its_fresh_session() -> None:
    reservations = Reservations()
    taken = reservations.reserve(slot("a"), ("in",))

    class GivesBack(Slotted):
        async def ask(self, call: Call[Any], /) -> Any:
            if self.openings == 1:
                reservations.resolve(taken, "returned")
            return await super().ask(call)

    chili = GivesBack(slot("a"))
    assert block(book.book(choosing(reservations), Immediate(chili))).status == "booked"
    assert chili.openings == 2


def test_leads_beside_each_other_book_in_two_calls_each_though_each_was_offered_all() -> None:
    """Also where the first one's answer is lost: its slot may be taken."""
    slots = [slot("a", hours=hours) for hours in range(3)]
    chili, reservations = Slotted(*slots, booking={1: errors.NoAnswer("lost")}), Reservations()
    runtime = Immediate(chili)
    leads = [choosing(reservations, number, bounds=Bounds(list_lag=0)) for number in range(3)]
    sessions = [block(book.open_session(lead, runtime)) for lead in leads]
    outcomes = [block(book.book(lead, runtime, session=session)) for lead, session in zip(leads, sessions, strict=True)]
    assert [outcome.start_time for outcome in outcomes] == [each.start_as_sent for each in slots]
    assert [outcome.status for outcome in outcomes] == ["booked", "unknown", "booked"]


def test_where_nothing_is_free_most_leads_are_not_asked_about_and_a_session_at_hand_is_spent() -> None:
    chili, breaker = Slotted(), EmptyOffersBreaker()
    runtime = Immediate(chili)
    outcomes = [block(book.book(a_lead(number, breaker=breaker), runtime)) for number in range(EMPTY_IN_A_ROW + 3)]
    assert [outcome == SPARED for outcome in outcomes] == [False] * EMPTY_IN_A_ROW + [True] * 3
    assert {outcome.status for outcome in outcomes} == {"no_slot"}
    assert chili.openings == EMPTY_IN_A_ROW
    chili = Slotted(slot())
    session = block(book.open_session(a_lead(1), Immediate(chili)))
    assert block(book.book(a_lead(1, breaker=breaker), Immediate(chili), session=session)).status == "booked"


def test_an_offer_that_the_router_does_not_allow_says_nothing_of_what_is_free() -> None:
    noes = {number: Offer(session=f"s{number}", allowed=False) for number in range(2 * EMPTY_IN_A_ROW)}
    chili, breaker = FakeChiliPiper(opening=noes, yields=False), EmptyOffersBreaker()
    runtime = Immediate(chili)
    outcomes = [block(book.book(a_lead(number, breaker=breaker), runtime)) for number in range(2 * EMPTY_IN_A_ROW)]
    assert {outcome.status for outcome in outcomes} == {"disqualified"}
    assert chili.openings == 2 * EMPTY_IN_A_ROW
