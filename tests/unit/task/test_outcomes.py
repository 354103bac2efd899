"""Outcome rows: counted, shown as far as XCom bears it, and written once each, whatever a writer does."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from airflow_chilipiper.task.outcomes import (
    LONGEST_AWAY,
    LONGEST_UNWRITTEN,
    MOST_IN_XCOM,
    SAMPLE,
    WRITTEN_AT_ONCE,
    Outcomes,
)
from airflow_chilipiper.warehouse.errors import RowsRefused


def row(number: int, status: str = "booked") -> dict[str, Any]:
    return {"lead_key": str(number), "status": status}


class Table:
    """Keeps what it is given; *before* may raise."""

    def __init__(self, before: Callable[[Sequence[Any]], object] = bool) -> None:
        self.chunks: list[list[str]] = []
        self.before = before

    def append(self, rows: Sequence[Mapping[str, Any]]) -> None:
        self.before(rows)
        self.chunks.append([row["lead_key"] for row in rows])

    @property
    def keys(self) -> list[str]:
        return [key for chunk in self.chunks for key in chunk]


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def put(outcomes: Outcomes, *numbers: int, status: str = "booked") -> list[str]:
    for number in numbers:
        outcomes.put(number, row(number, status))
    return [str(number) for number in numbers]


def refused() -> None:
    raise RowsRefused("no such value")


def fails(rows: Sequence[Any]) -> None:
    raise OSError("the table is away")


def test_rows_come_in_any_order_and_are_answered_in_that_of_the_leads() -> None:
    outcomes = Outcomes()
    put(outcomes, 2, 0)
    put(outcomes, 1, status="review")
    assert [each["lead_key"] for each in outcomes.rows()] == ["0", "1", "2"]
    assert outcomes.counts == {"booked": 2, "review": 1}


def test_the_summary_has_totals_of_all_and_the_first_rows_of_what_somebody_has_to_know() -> None:
    outcomes = Outcomes(writers=[Table()], keep_all=False)
    put(outcomes, *range(5))
    put(outcomes, *range(10, 10 + 2 * MOST_IN_XCOM), status="review")
    put(outcomes, 500, 499, status="refused")
    put(outcomes, 498, status="unknown")
    put(outcomes, 497, status="no_slot")
    summary = outcomes.summary()
    assert summary["counts"] == {"booked": 5, "review": 2 * MOST_IN_XCOM, "refused": 2, "unknown": 1, "no_slot": 1}
    assert summary["review"]["total"] == 2 * MOST_IN_XCOM
    assert [each["lead_key"] for each in summary["review"]["rows"]] == [str(10 + at) for at in range(MOST_IN_XCOM)]
    assert summary["failed"]["total"] == 3
    assert [each["lead_key"] for each in summary["failed"]["rows"]] == ["498", "499", "500"]


def test_of_several_kinds_of_failures_so_many_rows_are_shown_together() -> None:
    outcomes = Outcomes(writers=[Table()], keep_all=False)
    for number in range(0, 4 * MOST_IN_XCOM, 2):
        put(outcomes, number, status="refused")
        put(outcomes, number + 1, status="invalid")
    failed = outcomes.summary()["failed"]
    assert failed["total"] == 4 * MOST_IN_XCOM
    assert [each["lead_key"] for each in failed["rows"]] == [str(number) for number in range(MOST_IN_XCOM)]


def test_a_summary_of_nothing() -> None:
    none = {"total": 0, "rows": []}
    assert Outcomes().summary() == {"counts": {}, "review": none, "failed": none, "sample": []}


def test_where_a_writer_holds_the_rows_only_a_sample_is_held_here() -> None:
    outcomes = Outcomes(writers=[Table()], keep_all=False)
    put(outcomes, *range(3 * SAMPLE))
    outcomes.write()
    assert outcomes.rows() == []
    assert outcomes.summary()["sample"] == [row(number) for number in range(SAMPLE)]


def test_every_writer_gets_every_row_once_in_chunks() -> None:
    tables = Table(), Table()
    outcomes = Outcomes(writers=tables)
    keys = put(outcomes, *range(2 * WRITTEN_AT_ONCE + 1))
    outcomes.write()
    outcomes.write()
    for table in tables:
        assert table.keys == keys
        assert [len(chunk) for chunk in table.chunks] == [WRITTEN_AT_ONCE, WRITTEN_AT_ONCE, 1]


def test_what_is_not_to_be_written_is_counted_and_shown_all_the_same() -> None:
    table = Table()
    outcomes = Outcomes(writers=[table])
    outcomes.put(0, row(0, "not_attempted"), write=False)
    outcomes.write()
    assert (table.keys, len(outcomes.rows()), outcomes.counts["not_attempted"]) == ([], 1, 1)


def test_in_the_middle_of_a_run_full_chunks_are_written_and_the_rest_after_a_while() -> None:
    """Whatever was written in between."""
    table, clock = Table(), Clock()
    outcomes = Outcomes(writers=[table], clock=clock)
    put(outcomes, *range(WRITTEN_AT_ONCE - 1))
    outcomes.write(everything=False)
    assert table.keys == []
    clock.now += LONGEST_UNWRITTEN - 1
    put(outcomes, *range(WRITTEN_AT_ONCE - 1, WRITTEN_AT_ONCE + 1))
    outcomes.write(everything=False)
    assert [len(chunk) for chunk in table.chunks] == [WRITTEN_AT_ONCE]
    clock.now += 1
    outcomes.write(everything=False)
    assert [len(chunk) for chunk in table.chunks] == [WRITTEN_AT_ONCE, 1]
    put(outcomes, WRITTEN_AT_ONCE + 1)
    outcomes.write(everything=False)
    assert len(table.chunks) == 2


def test_a_writer_that_failed_gets_the_same_rows_again_and_what_came_since() -> None:
    table = Table(fails)
    outcomes = Outcomes(writers=[table])
    keys = put(outcomes, 0, 1)
    with pytest.raises(OSError, match="away"):
        outcomes.write()
    keys += put(outcomes, 2)
    table.before = bool
    outcomes.write()
    assert table.chunks == [keys]


@pytest.mark.parametrize("odd", [[0], [3, 4], [*range(9)], [WRITTEN_AT_ONCE - 1], [WRITTEN_AT_ONCE + 1]], ids=str)
def test_rows_that_are_refused_are_set_aside_and_no_other_is_lost_or_written_twice(odd: list[int]) -> None:
    def refuses(rows: Sequence[Any]) -> None:
        if any(int(row["lead_key"]) in odd for row in rows):
            raise RowsRefused("no such value")

    table = Table(refuses)
    outcomes = Outcomes(writers=[table])
    keys = put(outcomes, *range(3 * WRITTEN_AT_ONCE))
    outcomes.write()
    assert table.keys == [key for key in keys if int(key) not in odd]
    assert outcomes.refused == [(number, "no such value") for number in odd]
    assert len(table.chunks) < 40
    assert len(table.chunks[-1]) > WRITTEN_AT_ONCE / 4  # chunks grow again


def test_a_writer_that_is_away_is_not_taken_for_one_that_refuses() -> None:
    table = Table(lambda rows: fails(rows) if len(rows) < WRITTEN_AT_ONCE else refused())
    outcomes = Outcomes(writers=[table])
    keys = put(outcomes, *range(WRITTEN_AT_ONCE))
    with pytest.raises(OSError, match="away"):
        outcomes.write()
    table.before = bool
    outcomes.write()
    assert (table.keys, outcomes.refused) == (keys, [])


def test_chunks_before_the_one_that_failed_are_not_written_again() -> None:
    written = list[int]()
    table = Table(lambda rows: written.append(len(rows)) or (fails(rows) if len(written) == 2 else None))
    outcomes = Outcomes(writers=[table])
    keys = put(outcomes, *range(WRITTEN_AT_ONCE + 1))
    with pytest.raises(OSError, match="away"):
        outcomes.write()
    outcomes.write()
    assert table.keys == keys


@pytest.mark.parametrize("failing", [0, 1])
def test_one_writers_failure_costs_the_other_no_row_and_gives_it_none_twice(failing: int) -> None:
    tables = Table(), Table()
    tables[failing].before = fails
    outcomes = Outcomes(writers=tables)
    keys = put(outcomes, 0, 1)
    with pytest.raises(OSError, match="away"):
        outcomes.write()
    assert [table.keys for table in tables] == [[] if at == failing else keys for at in range(2)]
    tables[failing].before = bool
    outcomes.write()
    assert [table.keys for table in tables] == [keys, keys]


def test_rows_that_come_while_others_are_written_are_kept() -> None:
    """The batch's thread goes on."""
    came = iter(range(10, 13))
    table = Table(lambda rows: [put(outcomes, number) for number in [*came]])
    outcomes = Outcomes(writers=[table])
    keys = put(outcomes, 0)
    outcomes.write()
    assert table.chunks == [keys, ["10", "11", "12"]]


def test_a_writer_that_fails_in_the_middle_of_a_run_is_borne_for_a_minute() -> None:
    table, clock = Table(fails), Clock()
    outcomes = Outcomes(writers=[table], clock=clock)
    keys = put(outcomes, 0)
    clock.now += LONGEST_UNWRITTEN
    assert "away" in str(outcomes.write_some())
    table.before = bool
    assert outcomes.write_some() is None
    assert table.keys == keys
    table.before = fails
    put(outcomes, 1)
    clock.now += LONGEST_AWAY
    assert "away" in str(outcomes.write_some())  # counted anew
    clock.now += LONGEST_AWAY
    with pytest.raises(OSError, match="away"):
        outcomes.write_some()
