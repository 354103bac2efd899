"""While leads are booked, Python looks for garbage rarely; before and after, as whoever set it up wants it."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from airflow_chilipiper.booking.batch.garbage import OBJECTS, rarely_collected


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    before, is_frozen = gc.get_threshold(), gc.get_freeze_count() > 0
    yield
    gc.set_threshold(*before)
    if is_frozen:
        gc.freeze()


@pytest.mark.parametrize(
    ("before", "meanwhile"),
    [((700, 10, 10), (OBJECTS, 10, 10)), ((2 * OBJECTS, 5, 5), (2 * OBJECTS, 5, 5)), ((0, 10, 10), (0, 10, 10))],
    ids=["as Python has it", "more rarely already", "never"],
)
def test_it_is_rarer_and_then_as_before(before: tuple[int, int, int], meanwhile: tuple[int, int, int]) -> None:
    gc.unfreeze()
    gc.set_threshold(*before)
    with rarely_collected():
        assert gc.get_threshold() == meanwhile
        assert gc.get_freeze_count() > 0
    assert (gc.get_threshold(), gc.get_freeze_count()) == (before, 0)


def test_what_others_have_frozen_stays_so() -> None:
    gc.freeze()
    with rarely_collected():
        pass
    assert gc.get_freeze_count() > 0
