"""A target that has nothing free is not asked for each of thousands of leads."""

from __future__ import annotations

from airflow_chilipiper.booking.batch.breakers import EMPTY_IN_A_ROW, ONE_IN, EmptyOffersBreaker


def emptied(target: str = "in") -> EmptyOffersBreaker:
    breaker = EmptyOffersBreaker()
    for _ in range(EMPTY_IN_A_ROW):
        assert not breaker.spares(target)
        breaker.saw(target, slots=False)
    return breaker


def test_after_a_row_of_empty_offers_leads_are_spared_but_for_one_in_so_many() -> None:
    breaker = emptied()
    asked = [number for number in range(1, 4 * ONE_IN + 1) if not breaker.spares("in")]
    assert asked == [ONE_IN, 2 * ONE_IN, 3 * ONE_IN, 4 * ONE_IN]


def test_another_target_is_asked() -> None:
    assert not emptied("in").spares("out")


def test_one_slot_and_all_are_asked_again() -> None:
    breaker = emptied()
    breaker.saw("in", slots=True)
    assert not any(breaker.spares("in") for _ in range(EMPTY_IN_A_ROW))


def test_empty_offers_with_others_between_are_no_row() -> None:
    breaker = EmptyOffersBreaker()
    for number in range(10 * EMPTY_IN_A_ROW):
        breaker.saw("in", slots=number % (EMPTY_IN_A_ROW - 1) == 0)
        assert not breaker.spares("in")
