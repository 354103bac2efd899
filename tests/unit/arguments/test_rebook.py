"""What may become of a lead in doubt: hold, or book again under a bound that the user states."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from airflow_chilipiper.arguments.rebook import Rebook, as_in_doubt
from tests.unit.arguments.refusing import refused


def test_hold_is_no_rebooking() -> None:
    assert as_in_doubt("hold", "in_doubt") is None


@pytest.mark.parametrize(
    ("stated", "read"),
    [
        (timedelta(minutes=10), timedelta(minutes=10)),
        ("10 minutes", timedelta(minutes=10)),
        ("PT10M", timedelta(minutes=10)),
        (None, None),
        ("", None),
    ],
)
def test_a_session_lives_as_long_as_is_stated(stated: Any, read: timedelta | None) -> None:
    """A template that left nothing has stated nothing."""
    rebook = as_in_doubt(Rebook(session_lifetime=stated), "in_doubt")
    assert rebook is not None
    assert rebook.session_lifetime == read


@pytest.mark.parametrize("value", ["rebook", "", None, True, {"session_lifetime": "10 minutes"}, Rebook])
def test_what_else_is_refused(value: Any) -> None:
    assert "expected 'hold' or Rebook(session_lifetime=...)" in refused(as_in_doubt, value)


@pytest.mark.parametrize("lifetime", ["soon", 600, timedelta(0), "-10 minutes"])
def test_a_lifetime_that_is_none_is_refused_by_its_name(lifetime: Any) -> None:
    assert refused(as_in_doubt, Rebook(lifetime)).startswith("the_argument: session_lifetime is ")
