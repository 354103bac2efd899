"""Times and durations as DAG authors write them and as templates leave them."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pendulum
import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_chilipiper.arguments import times
from airflow_chilipiper.arguments.bad_value import BadValue
from airflow_chilipiper.booking.slots import filters
from tests.unit.arguments.refusing import refused

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (timedelta(hours=1), 3600),
        (pendulum.duration(days=1), 86_400),
        ("7 days", 604_800),
        (" 1 Week ", 604_800),
        ("1.5 hours", 5400),
        ("90 seconds", 90),
        ("P7D", 604_800),
        ("PT12H", 43_200),
        ("p1wt30m", 606_600),
        ("P1.5D", 129_600),
        (" PT1H30M15S ", 5415),
    ],
)
def test_durations(value: Any, seconds: float) -> None:
    assert times.as_duration(value, "window").total_seconds() == seconds


@pytest.mark.parametrize(
    "value",
    [
        7,
        None,
        "",
        "7",
        "days",
        "-1 day",
        "P",
        "PT",
        "P1W2D",
        "P1Y",
        "P1M",
        "P-1D",
        "P7D/2026-11-02T12:00:00Z",
        "P7",
        "7 days 1 hour",
        "0 days",
        timedelta(0),
        timedelta(-1),
        True,
        "None",
    ],
)
def test_no_durations(value: Any) -> None:
    assert repr(value) in refused(times.as_duration, value)


@pytest.mark.parametrize(
    "value", ["9" * 12 + " days", "P" + "9" * 12 + "D", "9" * 400 + " weeks", "P" + "9" * 5000 + "D"]
)
def test_a_duration_beyond_all_bounds_is_refused(value: str) -> None:
    """Python raises errors of its own there, which name no argument."""
    refused(times.as_duration, value)


def test_a_notice_may_be_nothing() -> None:
    assert times.as_duration("0 hours", "min_notice", at_least=timedelta(0)) == timedelta(0)
    with pytest.raises(BadValue, match="min_notice"):
        times.as_duration(timedelta(seconds=-1), "min_notice", at_least=timedelta(0))


@pytest.mark.parametrize(
    "value",
    [
        NOON,
        "2026-11-02T12:00:00Z",
        " 2026-11-02T13:00:00+01:00 ",
        "2026-11-02 12:00:00.000+00:00",
        pendulum.datetime(2026, 11, 2, 12),
        datetime(2026, 11, 2, 13, tzinfo=ZoneInfo("Europe/Paris")),
    ],
)
def test_moments(value: Any) -> None:
    assert times.as_moment(value, "window_start") == NOON


@pytest.mark.parametrize("value", [datetime(2026, 11, 2), "2026-11-02", "2026-11-02T12:00:00"])  # noqa: DTZ001
def test_a_moment_without_a_zone_is_asked_to_have_one(value: Any) -> None:
    assert "time zone" in refused(times.as_moment, value)


@pytest.mark.parametrize("value", ["", "tomorrow", None, 1_793_577_600, NOON.date(), "2026-02-30T00:00:00Z"])
def test_no_moments(value: Any) -> None:
    refused(times.as_moment, value)


@pytest.mark.parametrize(
    "value",
    [
        ["2026-11-02T12:00:00Z", "2026-11-03T12:00:00Z"],
        (NOON, "2026-11-03T12:00:00Z"),
        "['2026-11-02T12:00:00Z', '2026-11-03T12:00:00Z']",
        '["2026-11-02T12:00:00Z", "2026-11-03T12:00:00Z"]',
    ],
)
def test_what_a_sensor_found_is_several_moments(value: Any) -> None:
    """As a list, or as the text that a Jinja template makes of one."""
    assert times.as_moments(value, "prefer") == (NOON, NOON + timedelta(days=1))


@pytest.mark.parametrize("value", [None, "", [], "[]"])
def test_no_preference_is_no_moment(value: Any) -> None:
    assert times.as_moments(value, "prefer") == ()


def test_one_moment_is_a_list_of_one() -> None:
    assert times.as_moments("2026-11-02T12:00:00Z", "prefer") == (NOON,)


@pytest.mark.parametrize("value", [["soon"], "soon", 7, "[soon]", ["2026-11-02T12:00:00"]])
def test_wrong_preferences(value: Any) -> None:
    refused(times.as_moments, value)


@pytest.mark.parametrize(
    "value", ["Europe/Paris", " Europe/Paris\n", ZoneInfo("Europe/Paris"), pendulum.timezone("Europe/Paris")]
)
def test_zones(value: Any) -> None:
    assert times.as_zone(value, "timezone").key == "Europe/Paris"


@pytest.mark.parametrize(
    "value", ["", "Paris", "Europe", "../etc/passwd", "/etc/localtime", None, 1, "+02:00", "Europe/Paris\0"]
)
def test_no_zones(value: Any) -> None:
    refused(times.as_zone, value)


@pytest.mark.parametrize(
    "value",
    [("09:00", "17:00"), ["09:00", time(17)], "('09:00', '17:00')", '["09:00", "17:00"]', ("09:00:00", "17")],
)
def test_hours(value: Any) -> None:
    assert times.as_hours(value, "between") == (time(9), time(17))


def test_hours_may_span_midnight() -> None:
    assert times.as_hours(("22:00", "06:00"), "between") == (time(22), time(6))


@pytest.mark.parametrize(
    "value",
    [
        "09:00-17:00",
        "09:00",
        ("09:00",),
        ("09:00", "17:00", "18:00"),
        ("9", "5"),
        ("25:00", "26:00"),
        None,
        9,
        (9, 17),
        ("09:00", "09:00"),
        ("09:00Z", "17:00Z"),
        "[",
        "()",
    ],
)
def test_no_hours(value: Any) -> None:
    refused(times.as_hours, value)


@pytest.mark.parametrize("value", [("Mon", "Fri"), ["Mon", "Fri"], "('Mon', 'Fri')", {"Mon": 1, "Fri": 1}.keys()])
def test_weekdays(value: Any) -> None:
    assert times.as_weekdays(value, "weekdays") == ("Mon", "Fri")


def test_one_weekday_needs_no_list() -> None:
    assert times.as_weekdays("Mon", "weekdays") == ("Mon",)


@pytest.mark.parametrize("value", [(), [], "", "Monday", ["mon"], None, 1, [1], [["Mon"]], iter(["Mon"]), "[]"])
def test_no_weekdays(value: Any) -> None:
    """An iterator among them: it would be used up when the DAG is parsed."""
    refused(times.as_weekdays, value)


def test_weekdays_are_named_as_the_filter_of_slots_names_them() -> None:
    assert times.WEEKDAYS == filters.WEEKDAYS


@given(st.timedeltas(min_value=timedelta(seconds=1), max_value=timedelta(days=3650)))
def test_any_duration_is_itself(duration: timedelta) -> None:
    assert times.as_duration(duration, "window") == duration


@pytest.mark.parametrize(
    ("duration", "words"),
    [
        (timedelta(hours=2, minutes=5), "2 hours 5 minutes"),
        (timedelta(seconds=1.4), "1 second"),
        (timedelta(0), "0 seconds"),
    ],
)
def test_a_duration_in_words(duration: timedelta, words: str) -> None:
    assert times.in_words(duration) == words
