"""Shards: together they take each lead once, and always the same one."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from airflow_chilipiper.arguments.bad_value import BadValue
from airflow_chilipiper.arguments.shard import Shard, as_shard


@pytest.mark.parametrize("value", ["1/4", " 1 / 4 ", (1, 4), [1, 4], Shard(1, 4)], ids=str)
def test_how_it_is_written(value: Any) -> None:
    shard = as_shard(value, "shard")
    assert shard == Shard(1, 4)
    assert (str(shard), shard.share) == ("1/4", 0.25)


@pytest.mark.parametrize(
    "value",
    [*("", "4", "4/4", "-1/4", "0/0", "1.0/4", "a/b", "0/4/8"), *((0,), (0, 4, 8), (True, 4), (0.0, 4)), 3, None],
    ids=str,
)
def test_what_is_none(value: Any) -> None:
    with pytest.raises(BadValue, match=r"^shard is .*expected text such as '0/4', the first of four"):
        as_shard(value, "shard")


def test_each_lead_is_taken_once() -> None:
    """And the shares are alike."""
    shards = [Shard(number, 7) for number in range(7)]
    taken = Counter([shard.number for key in map(str, range(7000)) for shard in shards if shard.takes(key)])
    assert sum(taken.values()) == 7000
    assert all(850 < count < 1150 for count in taken.values()), taken


def test_rows_without_a_key_belong_to_the_first() -> None:
    assert [Shard(number, 3).takes(None) for number in range(3)] == [True, False, False]


@pytest.mark.parametrize(
    ("key", "number"), [("ada@prospect.example", 1), ("42", 1), ("", 0), ("zo\u00eb", 1), ("\ud800", 0), ("7", 2)]
)
def test_no_release_moves_a_lead(key: str, number: int) -> None:
    """Golden: half of a job may have run before an upgrade, or on another worker."""
    assert [shard for shard in range(4) if Shard(shard, 4).takes(key)] == [number]
