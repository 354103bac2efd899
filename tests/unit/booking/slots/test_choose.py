"""Of all that passes the best is chosen, and little of an offer is read for that."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from airflow_chilipiper.api.patterns.slots import Bookable, Path, Slot, Slots
from airflow_chilipiper.booking.slots import filters as slot_choice
from airflow_chilipiper.booking.slots.filters import (
    between,
    capacity,
    choose,
    nearest,
    not_before,
    on_weekdays,
)
from tests.unit.booking.slots.test_filters import MOMENTS, ONE, TWO, UTC_ZONE, ZONES, slot


@given(st.lists(MOMENTS, max_size=8), st.lists(MOMENTS, max_size=3), ZONES, st.times(), st.times())
def test_what_is_chosen_is_offered_fits_and_is_best(
    starts: list[datetime], wanted: list[datetime], zone: ZoneInfo, first: time, last: time
) -> None:
    slots = [slot(start) for start in starts]
    fits, prefer = between(first, last, zone), nearest(wanted)
    chosen = choose(slots, fits, prefer=prefer)
    fitting = [each for each in slots if fits(each)]
    if chosen is None:
        assert fitting == []
    else:
        assert chosen in fitting
        assert all(prefer(chosen) <= prefer(each) for each in fitting)  # type: ignore[operator]


CLOCKS = st.builds(lambda moment, zone: moment.astimezone(zone), MOMENTS, ZONES)


def as_offered(starts: list[datetime], paths: list[Path | None]) -> Slots:
    """Slots that are read when looked at, on several paths."""
    times = [start.isoformat() for start in starts]
    return Slots(Bookable("/book", [{"startTime": each, "attendees": ["u"]} for each in times], path) for path in paths)


@given(st.lists(CLOCKS, max_size=8), st.lists(MOMENTS, max_size=3), ZONES, st.times(), st.times())
def test_what_is_chosen_is_what_a_look_at_every_slot_finds(
    starts: list[datetime], wanted: list[datetime], zone: ZoneInfo, first: time, last: time
) -> None:
    """In any order and zones, and of equals the first; whether slots are at hand or still to be read."""
    slots = as_offered(starts, [ONE, None, TWO])
    fits, prefer = between(first, last, zone), nearest(wanted)
    passing = [each for each in slots if fits(each) and each.path]
    best = min(passing, key=lambda each: (prefer(each), each.start), default=None)
    for offered in (slots, list(slots), iter(slots)):
        assert choose(offered, fits, lambda each: bool(each.path), prefer=prefer) == best
    assert choose(slots) == min(slots, key=lambda each: each.start, default=None)


def test_who_is_free_is_asked_last_and_of_the_best_first() -> None:
    """Only of slots that pass every filter, and no further than to the first that is free."""
    starts = [datetime(2026, 11, 3, hour, tzinfo=UTC) for hour in (15, 9, 12, 8)]
    for slots in (as_offered(starts, [None]), list(as_offered(starts, [None]))):
        asked: list[Slot] = []

        def free(each: Slot, asked: list[Slot] = asked) -> bool:
            asked.append(each)
            return each.start.hour > 9

        assert choose(slots, not_before(starts[1]), free=free) == slots[2]
        assert asked == [slots[1], slots[2]]
        assert choose(slots, not_before(starts[1]), prefer=nearest([starts[0]]), free=free) == slots[0]
        assert choose(slots, free=lambda each: False) is None


def test_of_a_long_offer_few_slots_are_read() -> None:
    """Filters and preferences look at the start and the path, which are cheap to read."""

    class Times(list[str]):
        looked_at: ClassVar[list[int]] = []

        def __getitem__(self, index: Any) -> Any:
            self.looked_at.append(index)
            return super().__getitem__(index)

    times = Times((datetime(2026, 11, 3, tzinfo=UTC) + timedelta(minutes=at)).isoformat() for at in range(500))
    slots = Slots([Bookable("/book", times)])
    choose(slots, on_weekdays(["Tue"], UTC_ZONE), prefer=nearest([slot("2026-11-03T05:00Z").start]), free=capacity)
    assert len(times.looked_at) <= 2


@given(MOMENTS, ZONES, st.times(), st.times())
def test_the_hours_and_the_other_hours_make_a_day(moment: datetime, zone: ZoneInfo, first: time, last: time) -> None:
    if first != last:
        assert between(first, last, zone)(slot(moment)) is not between(last, first, zone)(slot(moment))


@given(MOMENTS, ZONES)
def test_every_start_is_on_one_weekday(moment: datetime, zone: ZoneInfo) -> None:
    assert sum(on_weekdays([day], zone)(slot(moment)) for day in slot_choice.WEEKDAYS) == 1
