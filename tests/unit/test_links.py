"""The extra link: to what the answers gave for the one lead, and never an error."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from airflow_chilipiper.links import ChiliPiperMeetingLink


def link_of(operator: Any) -> str:
    return ChiliPiperMeetingLink().get_link(operator, ti_key=None)  # type: ignore[arg-type]


@pytest.mark.parametrize("page", [None, "", 3, "javascript:alert(1)", "data:text/html,x"], ids=repr)
def test_no_link_where_there_is_none(page: Any) -> None:
    """Nor to anything but a web page; nor for a task of another kind."""
    assert link_of(SimpleNamespace(page=page)) == ""
    assert link_of(SimpleNamespace()) == ""
    assert link_of(None) == ""


def test_a_web_page() -> None:
    page = "https://sandbox.chilipiper.example/routing/1"
    assert link_of(SimpleNamespace(page=page)) == page
