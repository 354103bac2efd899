"""Models read tolerantly; what is wrong is named by its field, never by its value."""

from __future__ import annotations

from typing import Any

import pydantic
import pytest

from airflow_chilipiper.api.errors import Unreadable
from airflow_chilipiper.api.http.payload import Payload, read, rows


class Thing(Payload):
    id: str
    long_name: str = "none"
    parts: tuple[str, ...] = ()


def test_unknown_fields_are_ignored_and_nulls_are_absent() -> None:
    assert read(Thing, {"id": "1", "longName": None, "parts": None, "new": {}}, "a thing") == Thing(id="1")
    assert read(Thing, {"id": 7, "longName": "x", "parts": ["a"]}, "a thing") == Thing(
        id="7", long_name="x", parts=("a",)
    )


def test_models_are_frozen() -> None:
    with pytest.raises(pydantic.ValidationError):
        Thing(id="1").id = "2"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({}, "a thing: id: missing"),
        ({"id": None}, "a thing: id: missing"),
        ({"id": "1", "longName": {"secret": "jo"}}, "a thing: longName: string_type"),
        ({"id": "1", "parts": ["a", {"secret": "jo"}]}, "a thing: parts.1: string_type"),
        ("jo", "a thing: the whole: model_type"),
    ],
)
def test_what_is_wrong_is_named_without_its_value(body: Any, text: str) -> None:
    with pytest.raises(Unreadable) as wrong:
        read(Thing, body, "a thing")
    assert str(wrong.value) == text


@pytest.mark.parametrize("body", [[1], {"things": [1]}])
def test_rows_are_bare_or_under_a_name(body: Any) -> None:
    assert rows(body, "things", "x") == [1]
