"""Slot choice: pure functions over slots; the nights on which clocks change, in the zones of all sides."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import strategies as st

from airflow_chilipiper.api.patterns.offer import Offer
from airflow_chilipiper.api.patterns.slots import Path, Slot
from airflow_chilipiper.booking.slots.filters import (
    Undecided,
    before,
    between,
    capacity,
    choose,
    nearest,
    not_before,
    on_path,
    on_weekdays,
)

PARIS = ZoneInfo("Europe/Paris")
NEW_YORK = ZoneInfo("America/New_York")
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")  # its clocks change by half an hour
# Nights on which the clocks of these zones change, with the UTC instant.
SPRING = {PARIS: "2026-03-29T01:00Z", NEW_YORK: "2026-03-08T07:00Z", LORD_HOWE: "2026-10-03T15:30Z"}
AUTUMN = {PARIS: "2026-10-25T01:00Z", NEW_YORK: "2026-11-01T06:00Z", LORD_HOWE: "2026-04-04T15:00Z"}


def slot(start: str | datetime, *attendees: str, path: Path | None = None) -> Slot:
    moment = datetime.fromisoformat(start) if isinstance(start, str) else start
    return Slot("/book", moment, moment.isoformat(), attendees, path)


def around(instant: str, hours: int = 30) -> list[Slot]:
    """A slot every quarter of an hour, on both sides of an instant."""
    middle = datetime.fromisoformat(instant)
    return [slot(middle + timedelta(minutes=15 * step)) for step in range(-4 * hours, 4 * hours)]


def clock(chosen: Slot, zone: ZoneInfo) -> str:
    return chosen.start.astimezone(zone).strftime("%a %H:%M")


def test_the_earliest() -> None:
    late, early = slot("2026-11-03T10:00Z"), slot("2026-11-03T10:30+01:00")
    assert choose([late, early]) is early
    assert choose([]) is None


def test_all_filters_must_pass() -> None:
    slots = [slot(f"2026-11-0{day}T{hour:02}:00Z") for day in range(2, 9) for hour in (8, 12, 20)]
    fitting = choose(slots, between(time(9), time(17), UTC_ZONE), on_weekdays(["Wed"], UTC_ZONE))
    assert fitting == slot("2026-11-04T12:00Z")
    assert choose(slots, lambda each: True, lambda each: False) is None


UTC_ZONE = ZoneInfo("UTC")


@pytest.mark.parametrize(
    ("local", "fits"),
    [("08:59", False), ("09:00", True), ("16:59", True), ("17:00", False), ("00:00", False)],
)
def test_hours_include_the_first_and_exclude_the_last(local: str, fits: bool) -> None:
    start = datetime.fromisoformat(f"2026-07-01T{local}").replace(tzinfo=PARIS)
    assert between(time(9), time(17), PARIS)(slot(start)) is fits
    assert between(time(17), time(9), PARIS)(slot(start)) is not fits, "across midnight it is the other hours"


def test_hours_until_midnight() -> None:
    evening = between(time(18), time(0), PARIS)
    assert evening(slot(datetime(2026, 7, 1, 23, 59, tzinfo=PARIS)))
    assert not evening(slot(datetime(2026, 7, 2, 0, 0, tzinfo=PARIS)))


@pytest.mark.parametrize("zone", SPRING, ids=str)
def test_hours_in_the_night_that_loses_one(zone: ZoneInfo) -> None:
    """Every slot is judged by the clock on the wall: nothing fits in the hour that does not exist."""
    slots = around(SPRING[zone])
    changes = [
        (a, b)
        for a, b in pairwise(slots)
        if a.start.astimezone(zone).utcoffset() != b.start.astimezone(zone).utcoffset()
    ]
    ((before, after),) = changes
    skipped = between(*missing_hours(before, after, zone), zone)
    night = [each for each in slots if abs(each.start - after.start) < timedelta(minutes=90)]
    assert choose(night, skipped) is None
    assert choose(night, between(after.start.astimezone(zone).time(), time(23, 59), zone)) == after


def missing_hours(before: Slot, after: Slot, zone: ZoneInfo) -> tuple[time, time]:
    """From the quarter of an hour after the last slot that exists to the first that does again."""
    gone = (before.start.astimezone(zone).replace(tzinfo=None) + timedelta(minutes=15)).time()
    return gone, after.start.astimezone(zone).time()


@pytest.mark.parametrize("zone", AUTUMN, ids=str)
def test_hours_in_the_night_that_gains_one(zone: ZoneInfo) -> None:
    """The repeated hour fits both times, and the earlier of the two is chosen."""
    change = datetime.fromisoformat(AUTUMN[zone])
    again = slot(change)
    repeated = again.start.astimezone(zone).time()
    fits = between(repeated, (datetime.combine(change, repeated) + timedelta(minutes=15)).time(), zone)
    passing = [each for each in around(AUTUMN[zone], hours=6) if fits(each)]
    assert len(passing) == 2
    assert {clock(each, zone) for each in passing} == {clock(again, zone)}
    assert choose(reversed(passing)) == passing[0]


@pytest.mark.parametrize("zone", [*SPRING], ids=str)
def test_office_hours_stay_office_hours_over_a_change(zone: ZoneInfo) -> None:
    """Nine o'clock is another instant the day after, and the same time on the wall."""
    for instant in (SPRING[zone], AUTUMN[zone]):
        fitting = [each for each in around(instant) if between(time(9), time(17), zone)(each)]
        by_day = {}
        for each in fitting:
            by_day.setdefault(each.start.astimezone(zone).date(), []).append(clock(each, zone)[4:])
        whole = [times for times in by_day.values() if len(times) == 32]
        assert whole
        assert all((times[0], times[-1]) == ("09:00", "16:45") for times in whole)


def test_weekdays_are_those_of_the_zone() -> None:
    """2026-11-02 is a Monday in Paris, and still Sunday in New York."""
    start = slot("2026-11-02T02:00Z")
    assert on_weekdays(["Mon"], PARIS)(start)
    assert on_weekdays(["Sun"], NEW_YORK)(start)
    assert not on_weekdays(["Mon"], NEW_YORK)(start)


@pytest.mark.parametrize("zone", AUTUMN, ids=str)
def test_a_day_of_25_hours_is_one_day(zone: ZoneInfo) -> None:
    for instant in (SPRING[zone], AUTUMN[zone]):
        day = datetime.fromisoformat(instant).astimezone(zone).strftime("%a")
        fitting = [each for each in around(instant, hours=48) if on_weekdays([day], zone)(each)]
        assert {clock(each, zone)[:3] for each in fitting} == {day}
        quarters = {LORD_HOWE: 2}.get(zone, 4)
        assert len(fitting) == 96 + (quarters if instant == AUTUMN[zone] else -quarters)


@pytest.mark.parametrize("day", ["Monday", "mon", ""])
def test_a_weekday_that_nobody_knows_is_an_error(day: str) -> None:
    with pytest.raises(ValueError, match="tuple"):
        on_weekdays([day], PARIS)


def test_notice_counts_real_hours() -> None:
    """On the wall the first 02:45 comes after the second 02:30; in truth it comes before."""
    moment = datetime(2026, 10, 25, 2, 30, tzinfo=PARIS, fold=1)  # 01:30 in UTC
    assert not not_before(moment)(slot("2026-10-25T01:29Z"))
    assert not_before(moment)(slot("2026-10-25T01:30Z"))
    assert not not_before(moment)(slot(datetime(2026, 10, 25, 2, 45, tzinfo=PARIS)))


def test_the_nearest_of_several() -> None:
    slots = [slot(f"2026-11-03T{hour:02}:00Z") for hour in (8, 11, 15)]
    wanted = [datetime.fromisoformat("2026-11-03T14:00Z"), datetime.fromisoformat("2026-11-09T14:00Z")]
    assert choose(slots, prefer=nearest(wanted)) == slots[2]
    assert choose(slots, prefer=nearest([])) == slots[0], "without a query the earliest"


def test_of_two_that_are_equally_near_the_earlier() -> None:
    slots = [slot("2026-11-03T12:00Z"), slot("2026-11-03T10:00Z")]
    assert choose(slots, prefer=nearest([datetime.fromisoformat("2026-11-03T11:00Z")])) == slots[1]


def test_nearness_is_real_time() -> None:
    """On the wall the second 02:30 and the first 02:45 are a quarter of an hour apart; in truth it is three."""
    first, query = datetime(2026, 10, 25, 2, 45, tzinfo=PARIS), datetime(2026, 10, 25, 2, 30, tzinfo=PARIS, fold=1)
    later = slot("2026-10-25T02:00Z")  # half an hour after the query
    assert choose([slot(first), later], prefer=nearest([query])) == later


def test_capacity_is_the_listed_free_attendees_or_one() -> None:
    assert capacity(slot("2026-11-03T10:00Z")) == 1
    assert capacity(slot("2026-11-03T10:00Z", "a", "b")) == 2


def offer(*paths: Path) -> Offer:
    return Offer(session="s", paths=paths)


def test_a_window_ends_before_its_end() -> None:
    in_time = before(datetime(2026, 11, 3, 11, tzinfo=PARIS))
    assert in_time(slot("2026-11-03T09:59Z"))
    assert not in_time(slot("2026-11-03T10:00Z"))


ONE, TWO = Path("r-1", "p-1"), Path("r-2", "p-2")


def test_the_only_path() -> None:
    assert on_path("only", offer(ONE))(slot("2026-11-03T10:00Z", path=ONE))
    assert on_path("only", offer())(slot("2026-11-03T10:00Z"))
    with pytest.raises(Undecided, match=r"p-1 \(router r-1\), p-2 \(router r-2\).*earliest"):
        on_path("only", offer(ONE, TWO))


def test_a_path_without_slots_leaves_the_other_the_only_one() -> None:
    both = replace(offer(ONE), empty_paths=(TWO,))
    assert on_path("only", both)(slot("2026-11-03T10:00Z", path=ONE))
    assert not on_path("p-2", both)(slot("2026-11-03T10:00Z", path=ONE))


def test_a_path_id_is_matched_within_its_router() -> None:
    other = Path("r-3", "p-1")
    with pytest.raises(Undecided, match=r"twice: p-1 \(router r-1\), p-1 \(router r-3\); give router_id"):
        on_path("p-1", offer(ONE, other))


def test_no_path_says_so() -> None:
    with pytest.raises(Undecided, match=r"no path p-1: it has none, since no path matched"):
        on_path("p-1", offer())


def test_any_path() -> None:
    assert on_path("earliest", offer(ONE, TWO))(slot("2026-11-03T10:00Z", path=TWO))


def test_one_path_by_id() -> None:
    chosen = on_path("p-2", offer(ONE, TWO))
    assert chosen(slot("2026-11-03T10:00Z", path=TWO))
    assert not chosen(slot("2026-11-03T10:00Z", path=ONE))
    assert not chosen(slot("2026-11-03T10:00Z"))
    with pytest.raises(Undecided, match="p-1"):
        on_path("p-2", offer(ONE))


MOMENTS = st.datetimes(min_value=datetime(2026, 1, 1), max_value=datetime(2027, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
ZONES = st.sampled_from([PARIS, NEW_YORK, LORD_HOWE, ZoneInfo("Asia/Kathmandu"), UTC_ZONE])
