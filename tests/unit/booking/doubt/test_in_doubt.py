"""Which answers and which entries are in doubt."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_chilipiper.booking.doubt.reconcile import is_in_doubt
from tests.unit.api.handmade import WALL
from tests.unit.booking.doubt.test_reconcile import BOUNDS, an_entry


@pytest.mark.parametrize(
    ("state", "doubtful"),
    [("planned", False), ("unknown", True), ("review", True), ("booked", False), ("abandoned", False)],
)
def test_what_a_call_has_left_open_is_in_doubt(state: Any, doubtful: bool) -> None:
    assert is_in_doubt(an_entry(state), BOUNDS, WALL) is doubtful


@pytest.mark.parametrize(
    ("sender", "asks", "age", "doubtful"),
    [
        ("dag/run/task/0#1", "dag/run/task/0#2", 0, True),
        ("dag/run/task/0#9", "dag/run/task/0#10", 0, True),
        ("dag/run/task/0#2", "dag/run/task/0#2", 0, False),
        ("dag/run/task/0#3", "dag/run/task/0#2", 0, False),
        ("dag/run/task/1#1", "dag/run/task/0#2", 0, False),
        ("dag/other/task/0#1", "dag/run/task/0#2", 0, False),
        ("by hand", "by hand", 0, False),
        ("", "", 0, False),
        ("dag/other/task/0#1", "dag/run/task/0#2", 310, False),
        ("dag/other/task/0#1", "dag/run/task/0#2", 311, True),
        ("dag/other/task/0#1", "", 311, True),
    ],
)
def test_sent_is_left_to_its_sender_until_that_is_an_earlier_try_or_has_given_up(
    sender: str, asks: str, age: float, doubtful: bool
) -> None:
    assert is_in_doubt(an_entry("sent", sent_at=WALL - age, sender=sender), BOUNDS, WALL, sender=asks) is doubtful
