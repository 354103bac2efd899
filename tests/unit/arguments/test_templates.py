"""What is still a template, what is known already, and what a template leaves of a structure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from airflow.sdk import BaseOperator, literal

from airflow_chilipiper.arguments.columns import col
from airflow_chilipiper.arguments.rebook import Rebook
from airflow_chilipiper.arguments.templates import is_output, is_template, unquoted

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "value", ["{{ x }}", "a {% if b %}c{% endif %}", ["{{ x }}"], ("a", "{{ x }}"), {"a": {"b": ["{{ x }}"]}}]
)
def test_jinja_is_a_template_wherever_it_stands(value: Any) -> None:
    assert is_template(value)


def test_another_tasks_result_is_a_template() -> None:
    """Also in a list or a mapping: it is resolved when the task runs."""
    result = BaseOperator(task_id="before").output
    for value in (result, result["key"], [result], {"a": result}, literal("{{ x }}")):
        assert is_template(value)
    assert is_output(result)


@pytest.mark.parametrize("value", ["{{ x }}", [1], {"a": 1}, None, col("a"), Rebook("{{ x }}")])
def test_nothing_else_is_another_tasks_result(value: Any) -> None:
    assert not is_output(value)


def test_an_object_with_template_fields_is_a_template_as_they_are() -> None:
    assert is_template(Rebook("{{ params.lifetime }}"))
    assert not is_template(Rebook("10 minutes"))
    assert not is_template(Rebook())


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
    assert not is_template(value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('["a", 1]', ["a", 1]),
        (" ('a', 'b') ", ("a", "b")),
        ("{'a': None}", {"a": None}),
        ('{"a": null}', {"a": None}),
        ("plain", "plain"),
        ("[no list", "[no list"),
        ("[" * 100_000, "[" * 100_000),
        (7, 7),
    ],
    ids=lambda value: str(value)[:20],
)
def test_the_text_of_a_structure_is_the_structure_again(text: Any, value: Any) -> None:
    assert unquoted(text) == value
