"""Numbers, choices, names and structures as DAG authors write them and as templates leave them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_chilipiper.arguments import readers, times
from airflow_chilipiper.arguments.bad_value import BadValue
from airflow_chilipiper.arguments.columns import col
from tests.unit.arguments.refusing import refused


@pytest.mark.parametrize(("value", "flag"), [(True, True), (False, False), ("True", True), (" false ", False)])
def test_flags(value: Any, flag: bool) -> None:
    assert readers.as_flag(value, "allow_backfill") is flag


@pytest.mark.parametrize("value", [None, "", "yes", 0, 1, "1"])
def test_no_flags(value: Any) -> None:
    refused(readers.as_flag, value)


@pytest.mark.parametrize(("value", "count"), [(1, 1), ("12", 12), (" 3 ", 3)])
def test_counts(value: Any, count: int) -> None:
    assert readers.as_count(value, "max_leads") == count


@pytest.mark.parametrize("value", [0, -1, "0", "-1", "1.0", 1.0, True, None, "", "many", "9" * 5000])
def test_no_counts(value: Any) -> None:
    refused(readers.as_count, value)


def test_a_count_has_a_least() -> None:
    assert readers.as_count(0, "max_failures", at_least=0) == 0


def test_choices() -> None:
    assert readers.as_choice("LeadId", "crm_type", ("LeadId", "ContactId")) == "LeadId"
    for value in ("Lead", "", None, ["LeadId"], 1):
        with pytest.raises(BadValue, match=r"crm_type.*LeadId, ContactId"):
            readers.as_choice(value, "crm_type", ("LeadId", "ContactId"))


def test_names() -> None:
    assert readers.as_name(" inbound-demo ", "router_slug") == "inbound-demo"
    for value in ("", " ", None, 7, ["a"], col("slug")):
        refused(readers.as_name, value)


def test_e_mails() -> None:
    assert readers.as_email(" Jo@Example.com ", "email") == "Jo@Example.com"
    for good in (
        "zoë@b.example",
        "o'jo+q3/x={a}@b-c.example",
        "jo@prüfung.example",
        "用户@例子.广告",
        "अ@उदाहरण.परीक्षा",
        "a@b",
    ):
        assert readers.as_email(good, "email") == good
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
        assert "secret" not in refused(readers.as_email, value)


@pytest.mark.parametrize("read", [readers.as_email, readers.as_name], ids=lambda read: read.__name__)
def test_what_nobody_sees_is_trimmed_and_refused_inside_by_its_name(read: Any) -> None:
    """An address with a filler in it is a mailbox that does not exist."""
    assert read("\u200f jo@b.example\ufe0f", "it") == "jo@b.example"
    for sign, name in (("\u3164", "U+3164 (HANGUL FILLER)"), ("\ufe0f", "U+FE0F (VARIATION SELECTOR-16)")):
        text = refused(read, f"secret{sign}@b.example")
        assert f"has {name} in it" in text
        assert "secret" not in text


@pytest.mark.parametrize("value", [{"a": 1}, '{"a": 1}', " {'a': 1} "])
def test_mappings(value: Any) -> None:
    assert readers.as_object(value, "link") == {"a": 1}


@pytest.mark.parametrize("value", [{}, "", None, "secret", ["secret"], "{secret}", "[1]"])
def test_no_mappings(value: Any) -> None:
    """The error does not repeat them: a form holds the lead's data."""
    assert "secret" not in refused(readers.as_object, value)


def test_exactly_one() -> None:
    assert readers.exactly_one(lead=None, leads=[], sql=None) == "leads"
    with pytest.raises(BadValue, match="lead, sql; got none"):
        readers.exactly_one(lead=None, sql=None)
    with pytest.raises(BadValue, match="got lead, sql"):
        readers.exactly_one(lead={}, sql="")


def test_lists_of_texts() -> None:
    assert readers.as_texts(["a", "b"], "keep") == ("a", "b")
    assert readers.as_texts((), "keep") == ()
    assert sorted(readers.as_texts({"a", "b"}, "keep")) == ["a", "b"]
    for value in ("a", {"a": 1}, None, [1], ["a", None], 7):
        refused(readers.as_texts, value)


def test_what_may_be_left_out() -> None:
    read = readers.or_none(readers.as_count)
    assert read(None, "max_leads") is None
    assert read("", "max_leads") is None
    assert read("2", "max_leads") == 2


@given(st.text())
def test_any_text_is_understood_or_refused_by_name(text: str) -> None:
    """No reader lets another error through."""
    for read in (
        times.as_duration,
        times.as_moment,
        times.as_moments,
        times.as_zone,
        times.as_hours,
        times.as_weekdays,
        readers.as_flag,
        readers.as_count,
        readers.as_name,
        readers.as_email,
        readers.as_object,
    ):
        try:
            read(text, "the_argument")
        except BadValue as error:
            assert "the_argument" in str(error)  # noqa: PT017  # either is fine
