"""The benchmarks run, with numbers too small to measure anything, and would notice a ledger that loses entries."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from airflow_chilipiper.booking.ledger.entry import Entry
from airflow_chilipiper.booking.ledger.memory import MemoryLedger
from airflow_chilipiper.booking.ledger.store import Answer
from benchmarks import homes, rates, updates


class Forgets(MemoryLedger):
    """Says of every entry that it was updated, and keeps all but the last."""

    def update(self, entries: Sequence[Entry], /) -> Sequence[Answer]:
        return [*super().update(entries[:-1]), entries[-1]]


def test_updates_are_counted_in_each_way_beside_updates_alone(capsys: pytest.CaptureFixture[str]) -> None:
    updates.main(["sqlite", "--rounds", "1", "--updates", "8"])
    head, *lines = capsys.readouterr().out.splitlines()
    assert [line.split()[1] for line in lines] == ["alone", "16", "64", "256", "1-flow", "16-flows", "64-flows"]
    assert lines[-1].endswith('make updates BENCH_ARGS="--rounds 1 --updates 8 sqlite:64-flows"')
    assert head.split()[:2] == ["home", "updates"]


def test_a_line_is_repeated_with_what_it_is_compared_with() -> None:
    assert updates.lines_of(["postgres:64"]) == [("sqlite", "alone"), ("postgres", "alone"), ("postgres", "64")]
    assert len(updates.lines_of([])) == len(homes.HOMES) * len(updates.CASES)
    with pytest.raises(SystemExit, match="oracle"):
        updates.lines_of(["oracle"])


def test_rates_are_medians_in_proportion_to_updates_alone_and_to_sqlite() -> None:
    found = {("sqlite", "alone"): [90, 100, 500], ("postgres", "alone"): [40, 50], ("postgres", "64"): [450]}
    cells = [line.split("  ") for line in rates.table(found, "").splitlines()]
    (postgres,) = [[cell.strip() for cell in row if cell] for row in cells if "64 a group" in row]
    assert postgres[2:6] == ["450", "450 to 450", "10.00", "4.50"]


@pytest.mark.parametrize("case", updates.CASES)
def test_updates_that_are_not_on_record_afterwards_count_for_nothing(case: str) -> None:
    ledger = Forgets()
    home = homes.Home("forgetful", lambda: ledger)
    with pytest.raises(AssertionError, match=r"forgetful: \d+ of 8 updates are not on record"):
        updates.measure([home], lines=[("forgetful", case)], rounds=1, updates=8)


def test_a_server_that_does_not_answer_is_left_out_and_named(monkeypatch: pytest.MonkeyPatch) -> None:
    url = "postgresql+psycopg2://nobody@127.0.0.1:9/none"
    monkeypatch.setitem(homes.SERVERS, "postgres", (url, ""))
    names, notes = homes.with_homes(["sqlite", "postgres"], lambda found: [home.name for home in found])
    assert names == ["sqlite"]
    assert "postgres is left out: postgresql+psycopg2://nobody@127.0.0.1:9/none does not answer" in "".join(notes)
