"""How long things may take before silence counts."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from airflow_chilipiper.booking.doubt.bounds import ASSUMED_LIFETIME, Bounds

BOUNDS = Bounds(list_lag=7, call=11, processing=13, skew=17)


def test_without_a_word_nobody_is_booked_again_and_clocks_may_differ_by_five_minutes() -> None:
    assert (Bounds().in_doubt, Bounds().skew) == ("hold", 300)


def test_absence_counts_once_nothing_can_happen_any_more_and_the_list_shows_it() -> None:
    """The session's end, what the service still sits on, what the list does not show yet, and clocks that differ."""
    assert BOUNDS.no_effect_after(1_000, 600) == 1_000 + 600 + 13 + 7 + 17


@pytest.mark.parametrize(
    ("offered", "stated", "lifetime"),
    [
        (600, None, 600),
        (5, None, 600),
        (900, None, 900),
        (600, 60, 600),
        (600, 6_000, 6_000),
        (None, 6_000, 6_000),
        (None, None, ASSUMED_LIFETIME),
    ],
)
def test_of_two_lifetimes_the_longer_counts_and_for_want_of_any_an_hour(
    offered: float | None, stated: float | None, lifetime: float
) -> None:
    bounds = Bounds(session_lifetime=stated, list_lag=0, processing=0, skew=0)
    assert bounds.no_effect_after(0, offered) == lifetime


@pytest.mark.parametrize(
    ("wanted", "offered", "stated", "policy"),
    [
        ("rebook", 600, None, "rebook"),
        ("rebook", None, 600, "rebook"),
        ("rebook", None, None, "hold"),
        ("hold", 600, 600, "hold"),
    ],
)
def test_nobody_is_rebooked_whose_session_may_never_end(
    wanted: str, offered: float | None, stated: float | None, policy: str
) -> None:
    assert Bounds(in_doubt=wanted, session_lifetime=stated).policy(offered) == policy  # type: ignore[arg-type]


def test_the_list_has_had_its_time_once_it_may_lag_no_more_by_whatever_clock() -> None:
    assert not BOUNDS.has_settled(1_000, 1_000 + 7 + 16.9)
    assert BOUNDS.has_settled(1_000, 1_000 + 7 + 17)


def test_a_call_is_over_once_its_sender_has_given_up_by_whatever_clock() -> None:
    assert not BOUNDS.is_over(1_000, 1_000 + 11 + 17)
    assert BOUNDS.is_over(1_000, 1_000 + 11 + 17.1)


def test_pauses_grow_and_take_together_as_long_as_the_list_may_lag() -> None:
    pauses = list(BOUNDS.pauses())
    assert sum(pauses) == pytest.approx(BOUNDS.list_lag)
    assert [later / earlier for earlier, later in pairwise(pauses)] == pytest.approx([2] * 4)


def test_a_list_that_does_not_lag_is_looked_at_once() -> None:
    assert list(Bounds(list_lag=0).pauses()) == []


@pytest.mark.parametrize(("stored", "lag"), [(None, 7), (3, 7), (7, 7), (40, 40)])
def test_no_look_uses_less_lag_than_the_call_was_sent_under_nor_less_than_is_stated_now(
    stored: float | None, lag: float
) -> None:
    assert BOUNDS.at_least(stored) == replace(BOUNDS, list_lag=lag)
