"""Both spellings of durations are read; an instant without a zone is none."""

from __future__ import annotations

import pytest

from airflow_chilipiper.sandbox.http.times import read_duration, read_instant, write_instant


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("7 days", 604_800),
        ("1 hour", 3_600),
        ("30 minutes", 1_800),
        ("604800000 milliseconds", 604_800),
        ("P7D", 604_800),
        ("PT168H", 604_800),
        ("PT1H30M", 5_400),
        ("P1DT2H", 93_600),
    ],
)
def test_a_duration_is_a_scala_or_an_iso_text(text: str, seconds: float) -> None:
    assert read_duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", "P", "PT", "7", "days", "7 fortnights", "P7", "1 week", "-P7D"])
def test_anything_else_is_no_duration(text: str) -> None:
    with pytest.raises(ValueError, match="not a duration"):
        read_duration(text)


@pytest.mark.parametrize("text", ["2026-11-02T00:00:00", "2026-11-02", "2026-11-02 00:00:00Z", "1793577600"])
def test_an_instant_needs_a_zone_and_a_t(text: str) -> None:
    with pytest.raises(ValueError, match="not an instant"):
        read_instant(text)


def test_instants_survive_the_round_trip() -> None:
    assert write_instant(read_instant("2026-11-02T15:00:00.500+01:00"), millis=True) == "2026-11-02T14:00:00.500Z"
    assert write_instant(read_instant("2026-11-02T15:00:00Z")) == "2026-11-02T15:00:00Z"
