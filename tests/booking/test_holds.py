"""Leads beside each other do not want the same slot, as far as the offers tell slots apart."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from airflow_chilipiper.api.models import Path, Slot
from airflow_chilipiper.booking.holds import HELD_FOR, Holds

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
TARGET = ("inbound-demo",)


def slot(*users: str, start: datetime = NOON, path: Path | None = None) -> Slot:
    return Slot("/address", start, start.isoformat(), users, path)


def held(*slots: Slot) -> Holds:
    holds = Holds(lambda: 0.0)
    for each in slots:
        holds.hold(each, TARGET)
    return holds


def test_a_slot_without_users_is_held_by_one_lead() -> None:
    assert Holds().is_free(slot(), TARGET)
    assert not held(slot()).is_free(slot(), TARGET)


def test_a_slot_bears_as_many_leads_as_it_names_free_users() -> None:
    assert held(slot("a", "b")).is_free(slot("a", "b"), TARGET)
    assert not held(slot("a", "b"), slot("a", "b")).is_free(slot("a", "b"), TARGET)


def test_other_users_are_no_rivals() -> None:
    assert held(slot("a")).is_free(slot("b"), TARGET)
    assert not held(slot("a")).is_free(slot("a"), TARGET)
    assert not held(slot()).is_free(slot("a"), TARGET)  # who it was is not known


def test_other_times_paths_and_targets_are_other_slots() -> None:
    holds = held(slot())
    assert holds.is_free(slot(start=NOON + timedelta(minutes=30)), TARGET)
    assert holds.is_free(slot(path=Path("r", "p")), TARGET)
    assert holds.is_free(slot(), ("another-router",))


def test_a_hold_ends_when_offers_know_better() -> None:
    now = [0.0]
    holds = Holds(lambda: now[0])
    holds.hold(slot(), TARGET)
    now[0] = HELD_FOR - 1
    assert not holds.is_free(slot(), TARGET)
    now[0] = HELD_FOR
    assert holds.is_free(slot(), TARGET)
