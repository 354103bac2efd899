"""The flow, answered by hand through every sequence of answers; and broken copies of it, each of which is caught."""

from __future__ import annotations

from asyncio import CancelledError
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from tests.protocol.by_hand.flows import a_flow

from airflow_chilipiper.api import errors
from airflow_chilipiper.api.call import Call
from airflow_chilipiper.api.patterns.offer import Offer
from airflow_chilipiper.api.patterns.slots import Bookable, Slot, Slots
from airflow_chilipiper.booking import book
from airflow_chilipiper.booking.batch.breakers import EMPTY_IN_A_ROW, EmptyOffersBreaker
from airflow_chilipiper.booking.batch.runtime import Stopping
from airflow_chilipiper.booking.book import ALL_RESERVED_PAUSES
from airflow_chilipiper.booking.doubt.bounds import Bounds
from airflow_chilipiper.booking.lead import Lead
from airflow_chilipiper.booking.ledger.entry import Entry, LedgerFailed
from airflow_chilipiper.booking.ledger.lead_key import guest_digest
from airflow_chilipiper.booking.ledger.memory import MemoryLedger
from airflow_chilipiper.booking.ledger.store import Answer, Ledger
from airflow_chilipiper.booking.outcome import Outcome
from airflow_chilipiper.booking.outcome_rules import ALL_RESERVED, SPARED
from airflow_chilipiper.booking.slots.choice import Choice
from airflow_chilipiper.booking.slots.reservations import Reservations, Resolution
from tests.drive import block
from tests.entries import changed
from tests.fake_chilipiper import START, FakeChiliPiper, ImmediateBooking, a_lead
from tests.protocol.by_hand import broken_booking, broken_reconciling
from tests.protocol.by_hand.evidence import log_module
from tests.protocol.by_hand.sequences import every_sequence
from tests.protocol.choices import Broken

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


def office_world(**facts: Any) -> tuple[FakeChiliPiper, ImmediateBooking]:
    office = FakeChiliPiper(yields=False, **facts)
    return office, ImmediateBooking(office)


def test_a_session_that_is_open_already_is_spent_first() -> None:
    office, runtime = office_world()
    session = block(book.open_session(a_lead(1), runtime))
    assert block(book.book(a_lead(1), runtime, session=session)).status == "booked"
    assert (office.openings, office.meetings.total()) == (1, 1)


def test_after_an_open_session_that_came_to_nothing_a_fresh_one_is_opened() -> None:
    gone = errors.SlotGone("taken", status=200)
    office, runtime = office_world(booking={1: gone})
    session = block(book.open_session(a_lead(1), runtime))
    outcome = block(book.book(a_lead(1), runtime, session=session))
    assert (outcome.status, outcome.attempts, office.openings) == ("refused", 3, 3)


def test_an_open_session_is_not_spent_on_a_lead_that_is_booked() -> None:
    office, runtime = office_world()
    block(book.book(a_lead(1), runtime))
    session = block(book.open_session(a_lead(1), runtime))
    assert block(book.book(a_lead(1), runtime, session=session)).status == "already_booked"
    assert office.meetings.total() == 1


def test_a_request_that_cannot_be_written_was_not_sent_and_leaves_the_lead_free() -> None:
    _, runtime = office_world(booking={1: errors.Invalid("formData cannot be written")})
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
    office, runtime = office_world(booking={1: no})
    assert block(book.book(a_lead(1), runtime)).status == status
    assert office.openings == 1


def test_a_missing_permission_ends_more_than_one_lead() -> None:
    office, runtime = office_world(booking={1: errors.NotAllowed("no", status=403)})
    with pytest.raises(errors.NotAllowed):
        block(book.book(a_lead(1), runtime))
    assert office.openings == 1


@pytest.mark.parametrize(
    "found",
    [{}, {"dateTime": {"start": START}}, {"primaryGuest": {"value": "lead1@example.com"}}],
    ids=["nothing", "no guest", "no start"],
)
def test_a_meeting_that_may_be_anybodys_settles_nothing(found: dict[str, Any]) -> None:
    """Neither is the lead booked under its id, nor is it free to be booked again: a person decides."""

    class Lists(FakeChiliPiper):
        async def ask(self, call: Call[Any], /) -> Any:
            if call.operation == "meeting-list-put":
                return call.read({"data": {"list": [{"meetingId": "m1", **found}]}, "hasMore": "No"})
            return await super().ask(call)

    office = Lists(yields=False, booking={1: errors.Refused("no", status=409, code="Whatever")})
    runtime = ImmediateBooking(office)
    lead = a_lead(1, bounds=Bounds(list_lag=0))
    outcomes = [block(book.book(lead, runtime)) for _ in range(3)]
    assert [(each.status, each.meeting_id) for each in outcomes] == [("unknown", None), *[("review", None)] * 2]
    assert office.openings == 1


def test_a_guest_who_has_a_meeting_already_is_asked_for_nothing() -> None:
    """And the lead stays free, since no booking of ours was made."""
    office, runtime = office_world()
    met = Outcome(status="already_booked", meeting_id="m")
    lead = a_lead(1, met={guest_digest("lead1@example.com"): met})
    assert block(book.book(lead, runtime)) == met
    assert office.openings == 0
    assert block(runtime.get_or_create(lead.new_entry())).state == "planned"


def test_a_guest_whom_only_the_offer_names_is_not_booked_if_met_already() -> None:
    met = Outcome(status="already_booked", meeting_id="m")
    office, runtime = office_world(opening={1: Offer(session="s", slots=SLOTS, guest="Jo@example.com")})
    lead = a_lead(1, met={guest_digest("jo@example.com"): met})
    assert block(book.book(lead, runtime)) == met
    assert (office.openings, office.meetings.total()) == (1, 0)


class Slotted(FakeChiliPiper):
    """Offers everybody these slots, and notes which limiter were priority."""

    def __init__(self, *slots: Slot, **facts: Any) -> None:
        super().__init__(yields=False, **facts)
        self.priority = list[bool]()
        self._slots = slots

    async def ask(self, call: Call[Any], /) -> Any:
        answer = await super().ask(call)
        if not isinstance(answer, Offer):
            return answer
        address = f"/v1/org/concierge/routing/{answer.session}/schedule-simple"
        return replace(answer, slots=[replace(each, address=address) for each in self._slots])

    def runtime(self, ledger: Ledger | None = None) -> ImmediateBooking:
        office = self

        class Noting(ImmediateBooking):
            async def acquire(self, *, priority: bool = False) -> None:
                office.priority.append(priority)
                await super().acquire(priority=priority)

        return Noting(AtOnce(self), BlockingRateLimiter(None), ledger or MemoryLedger(), sleep=bool)


def slot(*users: str, hours: int = 0) -> Slot:
    start = datetime.fromisoformat(START) + timedelta(hours=hours)
    return Slot("", start, start.isoformat(), users)


class Gone(MemoryLedger):
    """Fails each version of that state."""

    def __init__(self, state: str) -> None:
        super().__init__()
        self._state = state

    def update(self, entries: Sequence[Entry], /) -> Sequence[Answer]:
        if any(entry.state == self._state for entry in entries):
            raise LedgerFailed("away")
        return super().update(entries)


class Theirs(MemoryLedger):
    """Another run books between what we read and what we mark."""

    def update(self, entries: Sequence[Entry], /) -> Sequence[Answer]:
        super().update(
            [
                changed(entry, "booked", meeting_id="theirs")
                for entry in self.look([entry.key for entry in entries]).values()
            ]
        )
        return super().update(entries)


def refused(**facts: Any) -> errors.Refused:
    return errors.Refused("no", status=409, **facts)


FATES: list[tuple[str, Exception | None, Callable[[], MemoryLedger], list[Resolution]]] = [
    ("booked", None, MemoryLedger, ["taken"]),
    ("the answer is lost", errors.NoAnswer("lost"), MemoryLedger, ["taken"]),
    ("no answer that we know", errors.Unreadable("odd"), MemoryLedger, ["taken"]),
    ("a bug", ZeroDivisionError(), MemoryLedger, ["taken"]),
    ("a no in unknown words that left nothing", refused(code="Whatever"), MemoryLedger, ["gone"]),
    ("a no of somebody in between", refused(), MemoryLedger, ["taken"]),
    ("taken by another", errors.SlotGone("taken", status=200), MemoryLedger, ["gone"]),
    ("not sent", errors.NotSent("no route"), MemoryLedger, ["free"]),
    ("throttled", errors.Throttled("slow", status=429), MemoryLedger, ["free"]),
    ("not allowed", errors.NotAllowed("no", status=403), MemoryLedger, ["free"]),
    ("a request that cannot be written", errors.Invalid("no"), MemoryLedger, ["free"]),
    ("overtaken before the call", None, Theirs, ["free"]),
    ("no version before the call", None, partial(Gone, "sent"), ["free"]),
    ("no version after the call", None, partial(Gone, "booked"), ["taken"]),
]


@pytest.mark.parametrize(("answer", "ledger", "fates"), [case[1:] for case in FATES], ids=[case[0] for case in FATES])
def test_the_leads_beside_it_are_told_once_what_became_of_its_slot(
    answer: Any, ledger: Any, fates: list[Resolution]
) -> None:
    """Whatever may have been booked is not offered to them again, and whatever was not is."""

    class Lists(Slotted):
        async def ask(self, call: Call[Any], /) -> Any:
            if call.operation == "meeting-list-put":
                return call.read({"data": {"list": []}, "hasMore": "No"})
            return await super().ask(call)

    told: list[Resolution] = []
    office = Lists(slot(), booking={1: answer} if answer else {})
    lead = a_lead(1, settle=told.append, max_sessions=1, bounds=Bounds(list_lag=0))
    with suppress(errors.NotAllowed, LedgerFailed):
        block(book.book(lead, office.runtime(ledger())))
    assert told == fates


@pytest.mark.parametrize("torn", [Stopping(), CancelledError()], ids=["stopped", "cancelled"])
def test_a_slot_that_is_not_asked_for_because_its_turn_never_came_is_given_back(torn: BaseException) -> None:
    told: list[Resolution] = []
    office = Slotted(slot())
    runtime = office.runtime()
    session = block(book.open_session(a_lead(1), runtime))

    async def acquire(*, priority: bool = False) -> None:
        raise torn

    runtime.turn = turn  # type: ignore[method-assign]
    with pytest.raises(type(torn)):
        block(book.book(a_lead(1, settle=told.append), runtime, session=session))
    assert (told, office.meetings.total()) == (["free"], 0)


def test_whoever_lost_its_slot_goes_first_and_whoever_comes_new_does_not() -> None:
    office = Slotted(slot(), booking={1: errors.SlotGone("taken", status=200)})
    block(book.book(a_lead(1), office.runtime()))
    opening, booking = office.priority[::2], office.priority[1::2]
    assert opening == [False, True, True]
    assert booking == [True] * 3


def choosing(reservations: Reservations, number: int = 1, **facts: Any) -> Lead:
    choice = Choice(lambda offer: [], None, ("in",), reservations)
    return a_lead(number, choose=choice.choose, settle=choice.settle, **facts)


def test_a_lead_whose_slots_the_others_are_booking_opens_again_and_has_no_slot_in_the_end() -> None:
    office, reservations = Slotted(slot("a")), Reservations()
    reservations.reserve(slot("a"), ("in",))
    outcome = block(book.book(choosing(reservations), office.runtime()))
    assert (outcome, outcome.status) == (ALL_RESERVED, "no_slot")
    assert office.priority == [False] * (len(ALL_RESERVED_PAUSES) + 1)
    assert not office.meetings


def test_a_lead_whose_slot_was_given_back_meanwhile_is_booked_in_its_fresh_session() -> None:
    reservations = Reservations()
    taken = reservations.reserve(slot("a"), ("in",))

    class GivesBack(Slotted):
        async def ask(self, call: Call[Any], /) -> Any:
            if self.openings == 1:
                reservations.settle(taken, "free")
            return await super().ask(call)

    office = GivesBack(slot("a"))
    assert block(book.book(choosing(reservations), office.runtime())).status == "booked"
    assert office.openings == 2


def test_leads_beside_each_other_book_in_two_calls_each_though_each_was_offered_all() -> None:
    """Also where the first one's answer is lost: its slot may be taken."""
    slots = [slot("a", hours=hours) for hours in range(3)]
    office, reservations = Slotted(*slots, booking={1: errors.NoAnswer("lost")}), Reservations()
    runtime = office.runtime()
    leads = [choosing(reservations, number, bounds=Bounds(list_lag=0)) for number in range(3)]
    sessions = [block(book.open_session(lead, runtime)) for lead in leads]
    told = [block(book.book(lead, runtime, session=session)) for lead, session in zip(leads, sessions, strict=True)]
    assert [outcome.start_time for outcome in told] == [each.start_as_sent for each in slots]
    assert [outcome.status for outcome in told] == ["booked", "unknown", "booked"]


def test_where_nothing_is_free_most_leads_are_not_asked_about_and_a_session_at_hand_is_spent() -> None:
    office, breaker = Slotted(), EmptyOffersBreaker()
    runtime = office.runtime()
    told = [block(book.book(a_lead(number, breaker=breaker), runtime)) for number in range(EMPTY_IN_A_ROW + 3)]
    assert [outcome == SPARED for outcome in told] == [False] * EMPTY_IN_A_ROW + [True] * 3
    assert {outcome.status for outcome in told} == {"no_slot"}
    assert office.openings == EMPTY_IN_A_ROW
    office = Slotted(slot())
    session = block(book.open_session(a_lead(1), office.runtime()))
    assert block(book.book(a_lead(1, breaker=breaker), office.runtime(), session=session)).status == "booked"


def test_an_offer_that_the_router_does_not_allow_says_nothing_of_what_is_free() -> None:
    no, breaker = Offer(session="s", allowed=False), EmptyOffersBreaker()
    office, runtime = office_world(opening=dict.fromkeys(range(2 * EMPTY_IN_A_ROW), no))
    told = [block(book.book(a_lead(number, breaker=breaker), runtime)) for number in range(2 * EMPTY_IN_A_ROW)]
    assert {outcome.status for outcome in told} == {"disqualified"}
    assert office.openings == 2 * EMPTY_IN_A_ROW
