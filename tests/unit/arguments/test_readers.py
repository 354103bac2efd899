"""Arguments as DAG authors write them and as templates leave them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pendulum
import pytest
from airflow.sdk import BaseOperator, literal
from hypothesis import given
from hypothesis import strategies as st

from airflow_chilipiper.arguments import readers as arguments
from airflow_chilipiper.arguments.bad_value import BadValue
from airflow_chilipiper.arguments.columns import Column, col
from airflow_chilipiper.booking.slots import filters as slot_choice

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
Reader = Callable[[Any, str], Any]


def refused(read: Reader, value: Any) -> str:
    """The error, which names the argument."""
    with pytest.raises(BadValue, match="the_argument") as caught:
        read(value, "the_argument")
    return str(caught.value)


@pytest.mark.parametrize(
    "value", ["{{ x }}", "a {% if b %}c{% endif %}", ["{{ x }}"], ("a", "{{ x }}"), {"a": {"b": ["{{ x }}"]}}]
)
def test_jinja_is_a_template_wherever_it_stands(value: Any) -> None:
    assert arguments.is_template(value)


def test_another_tasks_result_is_a_template() -> None:
    """Also in a list or a mapping: it is resolved when the task runs."""
    result = BaseOperator(task_id="before").output
    for value in (result, result["key"], [result], {"a": result}, literal("{{ x }}")):
        assert arguments.is_template(value)


@pytest.mark.parametrize(
    "value",
    [
        None,
        "",
        "plain",
        "{ x }",
        7,
        1.5,
        NOON,
        timedelta(1),
        [],
        {},
        b"{{ x }}",
        ["a", {"b": 1}],
        col("a"),
        ZoneInfo("UTC"),
    ],
)
def test_what_is_known_is_no_template(value: Any) -> None:
    assert not arguments.is_template(value)


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
        (" PT1H30M15S ", 5415),
    ],
)
def test_durations(value: Any, seconds: float) -> None:
    assert arguments.as_duration(value, "window").total_seconds() == seconds


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
        "P1.5D",
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
    assert repr(value) in refused(arguments.as_duration, value)


@pytest.mark.parametrize(
    "value", ["9" * 12 + " days", "P" + "9" * 12 + "D", "9" * 400 + " weeks", "P" + "9" * 5000 + "D"]
)
def test_a_duration_beyond_all_bounds_is_refused(value: str) -> None:
    """Python raises errors of its own there, which name no argument."""
    refused(arguments.as_duration, value)


def test_a_notice_may_be_nothing() -> None:
    assert arguments.as_duration("0 hours", "min_notice", at_least=timedelta(0)) == timedelta(0)
    with pytest.raises(BadValue, match="min_notice"):
        arguments.as_duration(timedelta(seconds=-1), "min_notice", at_least=timedelta(0))


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
    assert arguments.as_moment(value, "window_start") == NOON


@pytest.mark.parametrize("value", [datetime(2026, 11, 2), "2026-11-02", "2026-11-02T12:00:00"])  # noqa: DTZ001
def test_a_moment_without_zone_is_told_to_have_one(value: Any) -> None:
    assert "time zone" in refused(arguments.as_moment, value)


@pytest.mark.parametrize("value", ["", "tomorrow", None, 1_793_577_600, NOON.date(), "2026-02-30T00:00:00Z"])
def test_no_moments(value: Any) -> None:
    refused(arguments.as_moment, value)


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
    assert arguments.as_moments(value, "prefer") == (NOON, NOON + timedelta(days=1))


@pytest.mark.parametrize("value", [None, "", [], "[]"])
def test_no_wish_is_no_moment(value: Any) -> None:
    assert arguments.as_moments(value, "prefer") == ()


def test_one_moment_is_a_list_of_one() -> None:
    assert arguments.as_moments("2026-11-02T12:00:00Z", "prefer") == (NOON,)


@pytest.mark.parametrize("value", [["soon"], "soon", 7, "[soon]", ["2026-11-02T12:00:00"]])
def test_wrong_wishes(value: Any) -> None:
    refused(arguments.as_moments, value)


@pytest.mark.parametrize(
    "value", ["Europe/Paris", " Europe/Paris\n", ZoneInfo("Europe/Paris"), pendulum.timezone("Europe/Paris")]
)
def test_zones(value: Any) -> None:
    assert arguments.as_zone(value, "timezone").key == "Europe/Paris"


@pytest.mark.parametrize(
    "value", ["", "Paris", "Europe", "../etc/passwd", "/etc/localtime", None, 1, "+02:00", "Europe/Paris\0"]
)
def test_no_zones(value: Any) -> None:
    refused(arguments.as_zone, value)


@pytest.mark.parametrize(
    "value",
    [("09:00", "17:00"), ["09:00", time(17)], "('09:00', '17:00')", '["09:00", "17:00"]', ("09:00:00", "17")],
)
def test_hours(value: Any) -> None:
    assert arguments.as_hours(value, "between") == (time(9), time(17))


def test_hours_may_span_midnight() -> None:
    assert arguments.as_hours(("22:00", "06:00"), "between") == (time(22), time(6))


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
    refused(arguments.as_hours, value)


@pytest.mark.parametrize("value", [("Mon", "Fri"), ["Mon", "Fri"], "('Mon', 'Fri')", {"Mon": 1, "Fri": 1}.keys()])
def test_weekdays(value: Any) -> None:
    assert arguments.as_weekdays(value, "weekdays") == ("Mon", "Fri")


def test_one_weekday_needs_no_list() -> None:
    assert arguments.as_weekdays("Mon", "weekdays") == ("Mon",)


@pytest.mark.parametrize("value", [(), [], "", "Monday", ["mon"], None, 1, [1], [["Mon"]], iter(["Mon"]), "[]"])
def test_no_weekdays(value: Any) -> None:
    """An iterator among them: it would be used up when the DAG is parsed."""
    refused(arguments.as_weekdays, value)


def test_weekdays_are_named_as_the_slot_choice_names_them() -> None:
    assert arguments.WEEKDAYS == slot_choice.WEEKDAYS


@pytest.mark.parametrize(("value", "flag"), [(True, True), (False, False), ("True", True), (" false ", False)])
def test_flags(value: Any, flag: bool) -> None:
    assert arguments.as_flag(value, "allow_backfill") is flag


@pytest.mark.parametrize("value", [None, "", "yes", 0, 1, "1"])
def test_no_flags(value: Any) -> None:
    refused(arguments.as_flag, value)


@pytest.mark.parametrize(("value", "count"), [(1, 1), ("12", 12), (" 3 ", 3)])
def test_counts(value: Any, count: int) -> None:
    assert arguments.as_count(value, "max_leads") == count


@pytest.mark.parametrize("value", [0, -1, "0", "-1", "1.0", 1.0, True, None, "", "many", "9" * 5000])
def test_no_counts(value: Any) -> None:
    refused(arguments.as_count, value)


def test_a_count_has_a_least() -> None:
    assert arguments.as_count(0, "max_failures", at_least=0) == 0


def test_choices() -> None:
    assert arguments.as_choice("book", "action", ("book", "preview")) == "book"
    for value in ("boo", "", None, ["book"], 1):
        with pytest.raises(BadValue, match=r"action.*book, preview"):
            arguments.as_choice(value, "action", ("book", "preview"))


def test_names() -> None:
    assert arguments.as_name(" inbound-demo ", "router_slug") == "inbound-demo"
    for value in ("", " ", None, 7, ["a"], col("slug")):
        refused(arguments.as_name, value)


def test_e_mails() -> None:
    assert arguments.as_email(" Jo@Example.com ", "email") == "Jo@Example.com"
    for good in (
        "zoë@b.example",
        "o'jo+q3/x={a}@b-c.example",
        "jo@prüfung.example",
        "用户@例子.广告",
        "अ@उदाहरण.परीक्षा",
        "a@b",
    ):
        assert arguments.as_email(good, "email") == good
    for value in (
        "",
        "secret",
        "@secret",
        "secret@",
        "secret@a@b",
        "a secret@b.example",
        None,
        7,
        ["secret@b.example"],
        "Secret <secret@b.example>",
        "<secret@b.example>",
        "mailto:secret@b.example",
        "secret@b.example;c@d.example",
        "secret@b.example,c@d.example",
        '"secret"@b.example',
        '"a secret"@b.example',
        "secret@b..example",
        "secret@.example",
        "secret@b.example.",
        "secret@[192.0.2.1]",
        "se\u200bcret@b.example",
        "se\x00cret@b.example",
        f"secret{'t' * 59}@b.example",
        f"secret@{'b' * 256}",
        "secret@b" * 100_000,
    ):
        assert "secret" not in refused(arguments.as_email, value)


@pytest.mark.parametrize("value", [{"a": 1}, '{"a": 1}', " {'a': 1} "])
def test_mappings(value: Any) -> None:
    assert arguments.as_object(value, "link") == {"a": 1}


@pytest.mark.parametrize("value", [{}, "", None, "secret", ["secret"], "{secret}", "[1]"])
def test_no_mappings(value: Any) -> None:
    """The error does not repeat them: a form holds the lead's data."""
    assert "secret" not in refused(arguments.as_object, value)


def test_exactly_one() -> None:
    assert arguments.exactly_one(lead=None, leads=[], sql=None) == "leads"
    with pytest.raises(BadValue, match="lead, sql; got none"):
        arguments.exactly_one(lead=None, sql=None)
    with pytest.raises(BadValue, match="got lead, sql"):
        arguments.exactly_one(lead={}, sql="")


def test_what_may_be_left_out() -> None:
    read = arguments.or_none(arguments.as_count)
    assert read(None, "max_leads") is None
    assert read("", "max_leads") is None
    assert read("2", "max_leads") == 2


def test_the_alerts_address_is_nobodys_guest() -> None:
    alerts = {"email": "ops@company.example"}
    assert arguments.own_email("ops@company.example", alerts) is None
    assert arguments.own_email("jo@prospect.example", alerts) == "jo@prospect.example"
    assert arguments.own_email(None, None) is None
    assert isinstance(arguments.guest_email("ops@company.example", alerts), Column)
    assert arguments.guest_email("jo@prospect.example", alerts) == "jo@prospect.example"


@given(st.timedeltas(min_value=timedelta(seconds=1), max_value=timedelta(days=3650)))
def test_any_duration_is_itself(duration: timedelta) -> None:
    assert arguments.as_duration(duration, "window") == duration


@given(st.text())
def test_any_text_is_understood_or_refused_by_name(text: str) -> None:
    """No reader lets another error through."""
    for read in (
        arguments.as_duration,
        arguments.as_moment,
        arguments.as_moments,
        arguments.as_zone,
        arguments.as_hours,
        arguments.as_weekdays,
        arguments.as_flag,
        arguments.as_count,
        arguments.as_name,
        arguments.as_email,
        arguments.as_object,
    ):
        try:
            read(text, "the_argument")
        except BadValue as error:
            assert "the_argument" in str(error)  # noqa: PT017  # either is fine
