"""A lead takes the best slot that the leads beside it leave."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from airflow_chilipiper.api.patterns.offer import Offer
from airflow_chilipiper.api.patterns.slots import Slot
from airflow_chilipiper.booking.slots.choice import Choice
from airflow_chilipiper.booking.slots.filters import Preference, nearest, not_before
from airflow_chilipiper.booking.slots.reservations import AllReserved, Reservations

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
NEVER = not_before(datetime(2100, 1, 1, tzinfo=UTC))


def slot(hours: int, *users: str) -> Slot:
    start = NOON + timedelta(hours=hours)
    return Slot("/address", start, start.isoformat(), users)


def offer(*slots: Slot) -> Offer:
    return Offer(session="s", slots=slots)


class Leads:
    """Leads of one target, which all want the earliest slot by default."""

    def __init__(self) -> None:
        self.now = 100.0
        self._reservations = Reservations(lambda: self.now)

    def lead(self, *, prefer: Preference | None = None, filters: Sequence[object] = ()) -> Choice:
        return Choice(lambda _: filters, prefer, ("in",), self._reservations)  # type: ignore[arg-type,return-value]

    def take(self, count: int, offered: Offer, opened: float = 0.0) -> list[Slot | None]:
        return [self.lead().choose(offered, opened) for _ in range(count)]


def test_no_two_leads_take_the_same_slot_while_another_is_left() -> None:
    slots = [slot(hours) for hours in range(3)]
    assert Leads().take(3, offer(*slots)) == slots


def test_a_slot_is_taken_by_as_many_leads_as_it_names_users() -> None:
    both, one = slot(0, "a", "b"), slot(1, "c")
    assert Leads().take(3, offer(both, one)) == [both, both, one]


def test_where_nobody_is_named_the_best_is_taken_rather_than_none() -> None:
    """Nobody knows what it bears; if it is lost, a fresh session is opened."""
    slots = [slot(0), slot(1)]
    assert Leads().take(4, offer(*slots)) == [*slots, slots[0], slots[0]]


def test_where_all_that_is_named_is_taken_the_lead_hears_that_others_are_about_to_take_it() -> None:
    leads = Leads()
    leads.take(1, offer(slot(0, "a")))
    with pytest.raises(AllReserved):
        leads.lead().choose(offer(slot(0, "a")), 0.0)


def test_beside_slots_that_name_their_users_the_one_that_does_not_is_taken_again() -> None:
    named, unnamed = slot(0, "a"), slot(1)
    assert Leads().take(3, offer(named, unnamed)) == [named, unnamed, unnamed]


def test_what_will_not_do_is_neither_taken_nor_all_reserved() -> None:
    leads = Leads()
    leads.take(1, offer(slot(0, "a")))
    assert leads.lead(filters=[NEVER]).choose(offer(slot(0, "a"), slot(1)), 0.0) is None
    assert leads.lead().choose(offer(), 0.0) is None


def test_each_lead_has_a_preference_of_its_own_among_what_is_left() -> None:
    leads, slots = Leads(), [slot(hours) for hours in range(4)]
    late = [leads.lead(prefer=nearest([slots[3].start])).choose(offer(*slots), 0.0) for _ in range(2)]
    assert [*late, *leads.take(2, offer(*slots))] == [slots[3], slots[2], slots[0], slots[1]]


def test_a_slot_that_was_given_back_is_chosen_again_and_one_that_was_lost_is_not() -> None:
    leads, slots = Leads(), offer(slot(0), slot(1))
    lead = leads.lead()
    assert lead.choose(slots, 0.0) == slot(0)
    lead.resolve("returned")
    assert lead.choose(slots, 0.0) == slot(0)
    lead.resolve("lost")
    assert lead.choose(slots, 0.0) == slot(1)


def test_what_was_booked_counts_against_offers_that_were_requested_before_and_no_later_one() -> None:
    """An offer that was requested afterwards shows the slot because it bears one more."""
    leads, slots = Leads(), offer(slot(0, "a"), slot(1, "a"))
    lead = leads.lead()
    lead.choose(slots, 0.0)
    lead.resolve("consumed")
    assert leads.take(1, slots, opened=99.0) == [slot(1, "a")]
    assert leads.take(1, slots, opened=101.0) == [slot(0, "a")]


def test_a_slot_is_settled_once_and_without_one_there_is_nothing_to_settle() -> None:
    leads, both = Leads(), offer(slot(0, "a", "b"))
    lead = leads.lead()
    lead.resolve("lost")
    lead.choose(both, 0.0)
    lead.resolve("consumed")
    lead.resolve("lost")
    assert leads.take(1, both) == [slot(0, "a", "b")]
