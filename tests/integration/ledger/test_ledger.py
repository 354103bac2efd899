"""What every ledger promises: one suite, run over memory, a SQLite file, Postgres and MariaDB."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import pytest
import sqlalchemy as sa

from airflow_chilipiper.booking.ledger.entry import MeetingTaken, Overtaken, Row, State, may_replace, new_mark
from airflow_chilipiper.booking.ledger.memory import MemoryLedger
from airflow_chilipiper.booking.ledger.sql.ledger import SqlLedger
from airflow_chilipiper.booking.ledger.store import Ledger, pages

RUNS = 8


def a_row(key: str = "a", **facts: Any) -> Row:
    return Row(key=key * 64, purpose="spring", mark=new_mark(), **facts)


@pytest.fixture(params=["memory", "sqlite", "postgres", "mariadb"])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], Ledger]]:
    """Opens the same ledger again and again, each time as another run would; it is empty at first."""
    memory, engines = MemoryLedger(), list[sa.engine.Engine]()
    url = f"sqlite:///{tmp_path}/ledger.db"
    if request.param in ("postgres", "mariadb"):
        url = request.getfixturevalue(f"shared_{request.param}_url")

    def open_() -> Ledger:
        if request.param == "memory":
            return memory
        engines.append(sa.create_engine(url, hide_parameters=True))
        ledger = SqlLedger(engines[-1])
        ledger.create()
        if len(engines) == 1:
            with engines[0].begin() as db:
                db.exec_driver_sql("delete from chilipiper_ledger")
        return ledger

    yield open_
    for engine in engines:
        engine.dispose()


@pytest.fixture
def ledger(opened: Callable[[], Ledger]) -> Ledger:
    return opened()


def beside_each_other(*works: Callable[[], Any]) -> list[Any]:
    """All at once in threads of their own; what each answered."""
    start, answers = Barrier(len(works)), [None] * len(works)

    def run(at: int) -> None:
        start.wait()
        answers[at] = works[at]()

    threads = [Thread(target=run, args=(at,)) for at in range(len(works))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return answers


def test_what_is_absent_is_inserted_as_given(ledger: Ledger) -> None:
    row = a_row(guest="g", pattern="p")
    assert ledger.begin([row]) == [row]
    assert ledger.look([row.key]) == {row.key: row}


def test_what_is_on_record_stays_and_is_answered(ledger: Ledger, opened: Callable[[], Ledger]) -> None:
    (first,) = ledger.begin([a_row()])
    assert opened().begin([a_row(guest="another")]) == [first]


def test_begin_answers_many_rows_in_their_order_and_a_key_that_comes_twice_once(ledger: Ledger) -> None:
    known = ledger.begin([a_row("c")])[0]
    rows = [a_row(key) for key in "zcaaz"]
    z, c, a, again, z_again = ledger.begin(rows)
    assert (z, c, a, again, z_again) == (rows[0], known, rows[2], rows[2], rows[0])


def test_a_thousand_rows_are_one_call(ledger: Ledger) -> None:
    rows = [replace(a_row(), key=f"{number:064}") for number in range(1_200)]
    assert ledger.begin(rows) == rows
    assert len(ledger.look([row.key for row in rows])) == 1_200


def test_a_look_reads_only(ledger: Ledger) -> None:
    row = a_row()
    assert ledger.look([row.key]) == ledger.look([]) == {}
    ledger.begin([row])
    assert ledger.look([row.key, "b" * 64]) == {row.key: row}


def test_every_field_comes_back_as_it_was_written(ledger: Ledger, opened: Callable[[], Ledger]) -> None:
    (row,) = ledger.begin([a_row()])
    full = row.to(
        "booked",
        attempt=3,
        sender="dag/run/tâche/1",
        session="session",
        slot="2026-11-03T09:30:00+01:00",
        sent_at=1_793_577_600.123456,
        count_from=1_793_577_700.5,
        meeting_id="meeting",
        booked_at=1_793_577_601.25,
        policy="rebook",
        reason="because; of 'that' \N{SNOWMAN}",
        guest="g" * 64,
        pattern="p" * 64,
    )
    ledger.mark([full])
    stored = opened().look([row.key])[row.key]
    assert replace(stored, replaces=None) == replace(full, replaces=None)


def test_a_list_goes_by_state_and_purpose_in_key_order(ledger: Ledger) -> None:
    rows = ledger.begin([replace(a_row(key), purpose=purpose) for key, purpose in zip("dbac", "xyxx", strict=True)])
    ledger.mark([rows[0].to("sent"), rows[1].to("sent"), rows[2].to("review")])

    def keys(**choice: Any) -> str:
        return "".join(row.key[0] for row in ledger.list(**choice))

    assert keys() == "abcd"
    assert keys(states=["sent"]) == "bd"
    assert keys(states=("sent", "review"), purpose="x") == "ad"
    assert keys(purpose="y") == "b"
    assert keys(purpose="Y") == keys(purpose="") == keys(states=()) == ""
    assert ledger.list(states=["planned"]) == [rows[3]]


def test_a_list_comes_in_pages_that_miss_and_repeat_nothing(ledger: Ledger) -> None:
    """Though rows that were listed have changed their state by the time of the next page."""
    keys = [f"{number:x}".rjust(64, "0") for number in range(25)]
    rows = ledger.begin([replace(a_row(), key=key) for key in reversed(keys)])
    ledger.mark([row.to("unknown") for row in rows])
    seen: list[str] = []
    sizes: list[int] = []
    while not sizes or sizes[-1] == 10:
        page = ledger.list(states=["unknown"], after_key=seen[-1] if seen else None, limit=10)
        ledger.mark([row.to("review") for row in page])
        seen += [row.key for row in page]
        sizes.append(len(page))
    assert (seen, sizes) == (keys, [10, 10, 5])
    assert [row.key for row in ledger.list(after_key=keys[4], limit=3)] == keys[5:8]


@pytest.mark.parametrize(("count", "sizes"), [(0, []), (20, [10, 10]), (25, [10, 10, 5])])
def test_all_pages_hold_each_row_once(ledger: Ledger, count: int, sizes: list[int]) -> None:
    """Those of other states and purposes are left out."""
    keys = [f"{number:x}".rjust(64, "0") for number in range(count)]
    ledger.begin([a_row("e", state="sent"), replace(a_row("f"), purpose="autumn")])
    ledger.begin([replace(a_row(), key=key) for key in keys])
    found = list(pages(ledger, states=["planned"], purpose="spring", limit=10))
    assert [row.key for page in found for row in page] == keys
    assert [len(page) for page in found] == sizes


def test_a_change_that_read_the_current_mark_takes(ledger: Ledger) -> None:
    (row,) = ledger.begin([a_row()])
    sent = row.to("sent", attempt=1)
    assert [answer.mark for answer in ledger.mark([sent]) if isinstance(answer, Row)] == [sent.mark]
    assert ledger.look([row.key])[row.key].state == "sent"


@pytest.mark.parametrize("state", ["planned", "sent", "unknown", "review", "abandoned"])
def test_a_change_that_read_an_older_mark_is_overtaken_and_told_by_what(ledger: Ledger, state: State) -> None:
    (row,) = ledger.begin([a_row()])
    ledger.mark([row.to("sent", sender="faster")])
    (answer,) = ledger.mark([row.to(state, sender="slower")])
    assert isinstance(answer, Overtaken)
    assert (answer.row.state, answer.row.sender) == ("sent", "faster")
    assert ledger.look([row.key])[row.key].mark == answer.row.mark


@pytest.mark.parametrize("state", ["planned", "sent", "unknown", "review", "abandoned"])
def test_a_meeting_is_a_fact_and_needs_no_comparison(ledger: Ledger, state: State) -> None:
    (row,) = ledger.begin([a_row()])
    ledger.mark([row.to(state)])
    (answer,) = ledger.mark([row.to("booked", meeting_id="m")])
    assert isinstance(answer, Row)
    assert ledger.look([row.key])[row.key].meeting_id == "m"


def test_booked_over_booked_is_refused_and_the_first_meeting_stays(ledger: Ledger) -> None:
    (row,) = ledger.begin([a_row()])
    ledger.mark([row.to("booked", meeting_id="first")])
    (answer,) = ledger.mark([row.to("booked", meeting_id="second")])
    assert isinstance(answer, Overtaken)
    assert (answer.row.meeting_id, ledger.look([row.key])[row.key].meeting_id) == ("first", "first")


def test_a_meeting_stands_in_one_row_only_and_the_others_of_the_group_are_marked(ledger: Ledger) -> None:
    rows = ledger.begin([a_row(key) for key in "abcd"])
    ledger.mark([rows[0].to("booked", meeting_id="m")])
    group = [
        rows[3].to("sent"),
        rows[1].to("booked", meeting_id="m"),
        rows[2].to("booked", meeting_id="n"),
    ]
    sent, taken, booked = ledger.mark(group)
    assert isinstance(taken, MeetingTaken)
    assert [answer.mark for answer in (sent, booked) if isinstance(answer, Row)] == [group[0].mark, group[2].mark]
    states = {row.key[0]: row.state for row in ledger.look([row.key for row in rows]).values()}
    assert states == {"a": "booked", "b": "planned", "c": "booked", "d": "sent"}


def test_two_of_one_group_with_one_meeting_id_do_not_both_get_it(ledger: Ledger) -> None:
    rows = ledger.begin([a_row(key) for key in "ab"])
    answers = ledger.mark([row.to("booked", meeting_id="m") for row in rows])
    assert sorted(type(answer).__name__ for answer in answers) == ["MeetingTaken", "Row"]


def test_a_meeting_that_was_released_can_be_named_again(ledger: Ledger) -> None:
    rows = ledger.begin([a_row(key) for key in "ab"])
    booked = rows[0].to("booked", meeting_id="m")
    ledger.mark([booked])
    ledger.mark([booked.to("planned", meeting_id=None)])
    assert isinstance(ledger.mark([rows[1].to("booked", meeting_id="m")])[0], Row)


def test_a_meeting_that_was_named_again_is_taken_for_all_others_and_for_the_first(ledger: Ledger) -> None:
    rows = ledger.begin([a_row(key) for key in "abc"])
    booked = rows[0].to("booked", meeting_id="m")
    released = booked.to("planned", meeting_id=None)
    ledger.mark([booked])
    ledger.mark([released])
    ledger.mark([rows[1].to("booked", meeting_id="m")])
    answers = ledger.mark([each.to("booked", meeting_id="m") for each in (released, rows[2])])
    assert [type(answer) for answer in answers] == [MeetingTaken, MeetingTaken]
    assert [row.meeting_id for row in ledger.look([row.key for row in rows]).values()].count("m") == 1


def test_of_two_leads_with_one_key_in_one_group_one_is_overtaken(ledger: Ledger) -> None:
    (row,) = ledger.begin([a_row()])
    first, second = ledger.mark([row.to("sent", sender="1"), row.to("sent", sender="2")])
    assert isinstance(first, Row)
    assert isinstance(second, Overtaken)
    assert second.row.sender == "1"


def test_runs_that_begin_the_same_leads_at_once_all_see_the_same_rows(opened: Callable[[], Ledger]) -> None:
    """Each run has half of its leads in common with its neighbours, in an order of its own."""

    def begins(run: int) -> Callable[[], list[Row]]:
        keys = [f"{number:064}" for number in range(run * 10, run * 10 + 40)]
        rows = [replace(a_row(), key=key) for key in (reversed(keys) if run % 2 else keys)]
        ledger = opened()
        return lambda: ledger.begin(rows)

    seen: dict[str, set[str]] = {}
    for rows in beside_each_other(*map(begins, range(RUNS))):
        assert len(rows) == 40
        for row in rows:
            seen.setdefault(row.key, set()).add(row.mark)
    assert len(seen) == 10 * RUNS + 30
    assert all(len(marks) == 1 for marks in seen.values())


def test_of_runs_that_mark_the_same_rows_at_once_exactly_one_wins_each(opened: Callable[[], Ledger]) -> None:
    ledgers = [opened() for _ in range(RUNS)]
    rows = ledgers[0].begin([a_row(key) for key in "abcdefgh"])

    def marks(run: int) -> Callable[[], list[Any]]:
        group = [row.to("sent", sender=f"{run}") for row in (rows if run % 2 else rows[::-1])]
        return lambda: [(row, answer) for row, answer in zip(group, ledgers[run].mark(group), strict=True)]

    answers = [pair for run in beside_each_other(*map(marks, range(RUNS))) for pair in run]
    winners = [row for row, answer in answers if isinstance(answer, Row)]
    on_record = ledgers[0].look([row.key for row in rows])
    assert len(answers) == RUNS * len(rows)
    assert sorted((row.key, row.mark) for row in winners) == sorted((row.key, row.mark) for row in on_record.values())
    assert all(answer.row.state == "sent" for _, answer in answers if isinstance(answer, Overtaken))


def test_of_two_leads_that_bring_one_meeting_at_once_exactly_one_gets_it(opened: Callable[[], Ledger]) -> None:
    ledgers = [opened() for _ in range(2)]
    rows = ledgers[0].begin([a_row(key) for key in "ab"])
    booked = [row.to("booked", meeting_id="m") for row in rows]
    answers = beside_each_other(*(lambda at=at: ledgers[at].mark([booked[at]])[0] for at in range(2)))
    assert sorted(type(answer).__name__ for answer in answers) == ["MeetingTaken", "Row"]


@pytest.mark.parametrize("now", ["planned", "sent", "unknown", "review", "abandoned", "booked"])
def test_the_guard_compares_marks_except_where_a_meeting_is_told(now: State) -> None:
    current = a_row(state=now)
    assert may_replace(current, current.to("unknown"))
    assert not may_replace(current, a_row().to("unknown"))
    assert may_replace(current, a_row().to("booked")) is (now != "booked")
