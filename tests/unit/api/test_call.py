"""Requests carry what is documented, and no value given by a user can change where they go."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pendulum
import pytest

from airflow_chilipiper.api.call import Call, Interval, instant, path
from airflow_chilipiper.api.errors import Invalid

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ("a/b c", "a%2Fb%20c"),
        ("../x", "..%2Fx"),
        ("é?#%", "%C3%A9%3F%23%25"),
        ("{}", "%7B%7D"),
        ("64ee0722", "64ee0722"),
    ],
)
def test_ids_are_percent_encoded(given: str, sent: str) -> None:
    assert path("/v1/{}/end", given) == f"/v1/{sent}/end"


@pytest.mark.parametrize("given", ["", " ", ".", "..", "\t", "a\nb", "\ud800", "\u200b", None, 5])
def test_an_id_that_cannot_be_one_is_refused(given: Any) -> None:
    with pytest.raises(Invalid, match=r"an id is missing or unusable in /v1/\{\}"):
        path("/v1/{}", given)


def test_a_refused_id_is_not_shown_since_it_may_be_an_e_mail() -> None:
    with pytest.raises(Invalid) as refused:
        path("/v1/{}", "jo@example.com\n")
    assert "jo@example.com" not in str(refused.value)


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        (NOON, "2026-11-02T12:00:00Z"),
        (NOON.replace(microsecond=681_999), "2026-11-02T12:00:00.681Z"),
        (datetime(2026, 11, 2, 13, tzinfo=ZoneInfo("Europe/Paris")), "2026-11-02T12:00:00Z"),
        (datetime(2026, 11, 2, 12, tzinfo=timezone(timedelta(hours=-5, minutes=-30))), "2026-11-02T17:30:00Z"),
        (pendulum.datetime(2026, 11, 2, 12, tz="America/New_York"), "2026-11-02T17:00:00Z"),
        (datetime(2026, 11, 1, 1, 30, fold=0, tzinfo=ZoneInfo("America/New_York")), "2026-11-01T05:30:00Z"),
        (datetime(2026, 11, 1, 1, 30, fold=1, tzinfo=ZoneInfo("America/New_York")), "2026-11-01T06:30:00Z"),
    ],
)
def test_an_aware_datetime_is_sent_as_utc(given: datetime, sent: str) -> None:
    assert instant(given) == sent


def test_a_naive_datetime_is_refused_by_name() -> None:
    with pytest.raises(Invalid, match=r"prefer is naive \(2026-11-02T12:00:00\): give it a time zone"):
        instant(NOON.replace(tzinfo=None), "prefer")


@pytest.mark.parametrize("given", [date(2026, 11, 2), "2026-11-02T12:00:00Z", None])
def test_what_is_no_datetime_is_refused_by_name(given: Any) -> None:
    with pytest.raises(Invalid, match=r"prefer is .*, expected a datetime with a time zone"):
        instant(given, "prefer")


@pytest.mark.parametrize(
    ("length", "sent"),
    [
        (timedelta(days=7), "P7D"),
        (timedelta(hours=1, minutes=30), "PT1H30M"),
        (timedelta(days=1, seconds=61), "P1DT1M1S"),
        (timedelta(seconds=1), "PT1S"),
    ],
)
def test_a_window_is_sent_as_start_and_iso_duration(length: timedelta, sent: str) -> None:
    assert Interval(NOON, length).body() == {"startsAt": "2026-11-02T12:00:00Z", "duration": sent}


@pytest.mark.parametrize(
    ("length", "sent"),
    [
        (timedelta(days=7), "7 days"),
        (timedelta(days=1), "1 day"),
        (timedelta(hours=4), "1 day"),
        (timedelta(days=6, seconds=1), "7 days"),
        (timedelta(weeks=3), "21 days"),
    ],
)
def test_a_session_is_opened_for_whole_days_rounded_up(length: timedelta, sent: str) -> None:
    interval = Interval(NOON, length)
    assert interval.in_whole_days() == {"startsAt": "2026-11-02T12:00:00Z", "duration": sent}
    assert interval.end == NOON + length


@pytest.mark.parametrize("length", [timedelta(0), timedelta(days=-1), timedelta(microseconds=5)])
def test_a_window_shorter_than_a_second_is_refused(length: timedelta) -> None:
    with pytest.raises(Invalid, match="it must be at least a second long"):
        Interval(NOON, length).body()


def test_a_naive_window_start_is_refused() -> None:
    with pytest.raises(Invalid, match="the window's start is naive"):
        Interval(NOON.replace(tzinfo=None)).body()


def made(method: str, *, repeatable: bool = False) -> Call[None]:
    return Call(
        operation="x", permission="y", method=method, path="/", read=lambda body: None, body={"secret": "jo"},
        repeatable=repeatable,
    )  # fmt: skip


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_what_http_libraries_send_again_must_be_repeatable(method: str) -> None:
    with pytest.raises(ValueError, match=f"x: a call that must not be repeated is POST or PATCH, not {method}"):
        made(method)
    assert made(method, repeatable=True).repeatable


def test_a_call_shows_no_body_and_takes_a_deadline() -> None:
    call = made("POST")
    assert "jo" not in repr(call)
    assert (call.send_by, call.by(5.0).send_by) == (None, 5.0)
