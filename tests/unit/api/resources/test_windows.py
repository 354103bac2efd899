"""A span of any length is cut into windows that touch, none longer than the service takes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pendulum
import pytest

from airflow_chilipiper.api.errors import Invalid
from airflow_chilipiper.api.resources.pages import windows

START = datetime(2026, 11, 2, tzinfo=UTC)
DAY = timedelta(days=1)
NEW_YORK = ZoneInfo("America/New_York")  # clocks go back on 2026-11-01


@pytest.mark.parametrize(("days", "cuts"), [(0.5, [0, 0.5]), (6, [0, 6]), (6.5, [0, 6, 6.5]), (12, [0, 6, 12])])
def test_windows_touch_and_the_last_is_as_short_as_it_must_be(days: float, cuts: list[float]) -> None:
    found = list(windows(START, START + days * DAY, longest=6 * DAY))
    assert found == [(START + since * DAY, START + until * DAY) for since, until in pairwise(cuts)]


def test_no_local_day_makes_a_window_too_long() -> None:
    start, end = datetime(2026, 10, 30, tzinfo=NEW_YORK), datetime(2026, 11, 5, tzinfo=NEW_YORK)
    assert [until - since for since, until in windows(start, end, longest=6 * DAY)] == [6 * DAY, timedelta(hours=1)]


def test_a_span_within_the_hour_that_comes_twice_is_a_span() -> None:
    start = datetime(2026, 11, 1, 1, 50, tzinfo=NEW_YORK)
    ((since, until),) = windows(start, start.replace(minute=10, fold=1), longest=DAY)
    assert until - since == timedelta(minutes=20)


def test_pendulum_times_will_do() -> None:
    """Airflow hands those out."""
    start = pendulum.datetime(2026, 11, 1, tz="Europe/Paris")
    found = list(windows(start, start.add(days=2), longest=DAY))
    assert [type(moment) for window in found for moment in window] == [datetime] * 4


@pytest.mark.parametrize(
    ("start", "end", "text"),
    [
        (START.replace(tzinfo=None), START, "start is naive"),
        (START, START.replace(tzinfo=None), "end is naive"),
        (START, START, "start must be before end"),
        (START, START - DAY, "start must be before end"),
    ],
)
def test_a_span_that_is_none_is_named(start: datetime, end: datetime, text: str) -> None:
    with pytest.raises(Invalid, match=text):
        list(windows(start, end, longest=DAY))
