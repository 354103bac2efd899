"""Leads beside each other do not want the same slot, as far as the offers set slots apart."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from airflow_chilipiper.api.patterns.slots import Path, Slot
from airflow_chilipiper.booking.slots.reservations import REMEMBERED, Reservations, Resolution

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
TARGET = ("inbound-demo",)


def slot(*users: str, start: datetime = NOON, path: Path | None = None) -> Slot:
    return Slot("/address", start, start.isoformat(), users, path)


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def reserved(*slots: Slot) -> Reservations:
    made = Reservations(Clock())
    for each in slots:
        made.reserve(each, TARGET)
    return made


def settled(clock: Clock, resolution: Resolution, taken: Slot) -> Reservations:
    """One slot was reserved, and this is what became of it at 100."""
    made = Reservations(clock)
    made.resolve(made.reserve(taken, TARGET), resolution)
    return made


def test_a_slot_without_users_is_for_one_lead() -> None:
    assert reserved().is_free(slot(), TARGET, 0)
    assert not reserved(slot()).is_free(slot(), TARGET, 0)


def test_a_slot_bears_as_many_leads_as_it_names_free_users() -> None:
    assert reserved(slot("a", "b")).is_free(slot("a", "b"), TARGET, 0)
    assert not reserved(slot("a", "b"), slot("a", "b")).is_free(slot("a", "b"), TARGET, 0)


def test_other_users_are_no_rivals_and_the_same_ones_are_wherever_they_are_wanted() -> None:
    assert reserved(slot("a")).is_free(slot("b"), TARGET, 0)
    assert not reserved(slot("a")).is_free(slot("a"), ("another-router",), 0)
    assert not reserved(slot("a")).is_free(slot("a", path=Path("r", "p")), TARGET, 0)
    assert not reserved(slot()).is_free(slot("a"), TARGET, 0)  # who it was is not known


def test_other_times_are_other_slots_and_so_are_other_places_where_nobody_is_named() -> None:
    made = reserved(slot())
    assert made.is_free(slot(start=NOON + timedelta(minutes=30)), TARGET, 0)
    assert made.is_free(slot(path=Path("r", "p")), TARGET, 0)
    assert made.is_free(slot(), ("another-router",), 0)


def test_what_was_booked_is_taken_off_offers_that_cannot_know_it_and_off_no_later_one(clock: Clock) -> None:
    made = settled(clock, "consumed", slot("a", "b"))
    assert made.is_free(slot("a", "b"), TARGET, 99)  # one of two
    assert not made.is_free(slot("a"), TARGET, 100)
    assert made.is_free(slot("a"), TARGET, 100.1)


def test_a_slot_that_is_lost_is_lost_with_all_that_it_bears(clock: Clock) -> None:
    made = settled(clock, "lost", slot("a", "b"))
    assert not made.is_free(slot("a", "b"), TARGET, 99)
    assert made.is_free(slot("c"), TARGET, 99)
    assert made.is_free(slot("a", "b"), TARGET, 101)


def test_a_slot_that_is_given_back_is_free_at_once(clock: Clock) -> None:
    assert settled(clock, "returned", slot()).is_free(slot(), TARGET, 0)


def test_what_no_offer_can_be_unaware_of_any_more_is_forgotten(clock: Clock) -> None:
    made = settled(clock, "consumed", slot())
    clock.now += REMEMBERED + 1
    assert not made.is_free(slot(), TARGET, 0)
    made.reserve(slot(start=NOON + timedelta(hours=1)), TARGET)
    assert made.is_free(slot(), TARGET, 0)
