"""The benchmark of the hidden limit measures what it says."""

from __future__ import annotations

import pytest

from airflow_chilipiper.sandbox import limits
from benchmarks import hidden_limit


@pytest.mark.parametrize("kind", limits.KINDS)
def test_a_hidden_limit_is_measured_from_the_first_call(kind: str) -> None:
    """A short run, in virtual time: little is refused, and nothing leaves faster than the pace."""
    found = hidden_limit.measure(hidden_limit.Case(kind=kind), calls=4000)
    assert 0.9 < found.used < found.later <= 1.01
    assert 0 < found.refused < 0.01
    assert found.over == 1


def test_what_is_admitted_counts_over_all_the_time_and_bursts_are_seen() -> None:
    """Half the calls of a limit for ten seconds are half of it; two calls at once where one may leave are twice."""
    calls = [hidden_limit.Asked(at / 10, 10.0, at % 4 != 0) for at in range(101)]
    found = hidden_limit.found([*calls, hidden_limit.Asked(10.0, 10.0, True)])
    assert found.used == pytest.approx(0.38)
    assert found.refused == pytest.approx(26 / 102)
    assert found.over == pytest.approx(1.1)


def test_a_hidden_limit_is_measured_over_http_too(capsys: pytest.CaptureFixture[str]) -> None:
    hidden_limit.main(["--real", "0.3"])
    head, *lines = capsys.readouterr().out.splitlines()
    assert head.startswith("counted by")
    assert [line.split()[0] for line in lines] == ["sliding-window"] * 2


def test_every_case_of_a_hidden_limit_has_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    hidden_limit.main(["--calls", "40"])
    assert len(capsys.readouterr().out.splitlines()) == 1 + len(limits.KINDS) * 2 * 2
