"""What the results table holds, and whom it shows as booked."""

from __future__ import annotations

import pytest

from airflow_chilipiper.warehouse.results_table import COLUMNS, ResultsTable
from tests.integration.warehouse.conftest import Warehouse, outcome, outcomes
from tests.integration.warehouse.results import NOON, SENDER, table_in


def test_it_is_made_if_it_is_missing(home: Warehouse) -> None:
    table = ResultsTable(home.hook(), home.table, purpose="q3", keep=("company", "Full Name"), sender=SENDER)
    assert table.prepare()
    assert not table.prepare()
    assert home.rows("*") == []


def test_what_it_holds(home: Warehouse) -> None:
    """Every field of the outcome, who wrote it and when, and the columns that are handed through."""
    table = table_in(home, keep=("company", "Size %"))
    people = {"host": "u-1", "assignees": ["u-1", "ü-2"], "reason": 'it\'s 100 % \\ "fine"\n😀'}
    row = outcome("ada", meeting="m1", session_id="s1", attempts=2, **people, **{"company": "Ł & Co", "Size %": 50})
    assert table.append([row]) == 1
    named = ", ".join(COLUMNS)
    found = dict(zip(COLUMNS, home.rows(f"{named}, company")[0], strict=False))
    expected = {**dict.fromkeys(COLUMNS), **row, **SENDER._asdict(), "recorded_at": "2026-11-02T12:00:00.000000+00:00"}
    assert found == {name: expected[name] for name in COLUMNS} | {"assignees": '["u-1", "ü-2"]'}
    quote = "`" if home.kind == "mysql" else '"'
    assert home.rows(f"company, {quote}Size %{quote}") == [("Ł & Co", "50")]


def test_what_a_database_refuses_costs_no_chunk(home: Warehouse) -> None:
    """NUL, half a surrogate and endless text are taken out; everything beside them is kept."""
    odd = outcome("a\x00da", reason="\ud800?", company="ä" * 1_000_000)
    assert table_in(home, keep=("company",)).append([odd, outcome("bob")]) == 2
    (ada, _, long), (bob, _, _) = home.rows("lead_key, reason, company")
    assert (ada, bob) == ("ada", "bob")
    assert 15_000 < len(long) <= 16_000


def test_values_that_are_no_text_are_kept_as_json(sqlite_home: Warehouse) -> None:
    table = table_in(sqlite_home, keep=("it",))
    table.append([outcome(str(number), it=it) for number, it in enumerate([True, 1.5, {"a": ["ü"]}, None])])
    assert sqlite_home.rows("lead_key, it") == [("0", "true"), ("1", "1.5"), ("2", '{"a": ["ü"]}'), ("3", None)]


def test_whom_it_shows_as_booked(home: Warehouse) -> None:
    """By this purpose, letter by letter, whoever wrote it; of several meetings the last, as of its first row."""
    table_in(home).append([*outcomes("ada", "Ada", "eve"), outcome("bob", "no_slot"), outcome("joe", "unknown")])
    other = ResultsTable(home.hook(), home.table, purpose="Q3", keep=(), sender=SENDER)
    other.append(outcomes("zoe"))
    later = table_in(home, run_id="later", now=NOON.replace(hour=13))
    later.append(
        [outcome("ada", "already_booked", "m-ada"), outcome("eve", "booked", "m-new"), outcome(None, "invalid")]
    )
    known = later.known({"ada", "Ada", "bob", "joe", "eve", "zoe"})
    assert {key: each.meeting_id for key, each in known.items()} == {"ada": "m-ada", "Ada": "m-Ada", "eve": "m-new"}
    assert known["ada"].start_time == "2026-11-02T09:00:00Z"
    assert known["ada"].recorded_at == "2026-11-02T12:00:00.000000+00:00"
    assert list(other.known({"ada", "zoe"})) == ["zoe"]
    assert known["eve"].recorded_at == "2026-11-02T13:00:00.000000+00:00"
    assert later.known({"nobody"}) == {}


@pytest.mark.parametrize("home", ["mysql"], indirect=True)
def test_a_table_of_the_users_own(home: Warehouse) -> None:
    """For whose database Q3 is q3, and ada Ada; a row without its moment counts as of now."""
    table = table_in(home)
    home.execute(f"ALTER TABLE {home.table} CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci")
    table.append(outcomes("ada"))
    other = ResultsTable(home.hook(), home.table, purpose="Q3", keep=(), sender=SENDER)
    assert other.known({"ada"}) == {}
    assert other.append(outcomes("ada")) == 1
    home.execute(f"UPDATE {home.table} SET recorded_at = NULL")
    assert table.known({"ada", "Ada"})["ada"].recorded_at > "2026-11-02T12:00:00"


def test_a_resumed_try_writes_what_is_new(home: Warehouse) -> None:
    """What an earlier try of this task instance wrote is not written again; what came to another end is."""
    first = table_in(home)
    assert first.append([*outcomes("ada"), outcome("bob", "unknown"), outcome("eve", "no_slot")]) == 3
    second = table_in(home, try_number=2)
    again = [*outcomes("ada"), outcome("bob", "booked", "m-bob"), outcome("eve", "no_slot"), outcome("joe", "no_slot")]
    assert second.append(again) == 2
    assert home.rows("lead_key, status") == [
        ("ada", "booked"), ("bob", "booked"), ("bob", "unknown"), ("eve", "no_slot"), ("joe", "no_slot")
    ]  # fmt: skip


def test_other_task_instances_write_their_own(sqlite_home: Warehouse) -> None:
    assert table_in(sqlite_home).append([outcome("eve", "no_slot")]) == 1
    for other in ({"run_id": "tomorrow"}, {"map_index": 1}, {"task_id": "other"}, {"dag_id": "weekly"}):
        assert table_in(sqlite_home, **other).append([outcome("eve", "no_slot")]) == 1


def test_rows_that_look_alike_are_counted(sqlite_home: Warehouse) -> None:
    """Rows without a key, or that repeat one, have one outcome each, across tries too."""
    alike = [outcome(None, "invalid"), outcome(None, "invalid"), outcome("ada", "invalid"), outcome("ada", "invalid")]
    assert table_in(sqlite_home).append(alike[:3]) == 3
    third = table_in(sqlite_home, try_number=3)
    assert third.append(alike[:1]) == 0
    assert third.append(alike[1:]) == 1
    assert third.append(alike) == 4
    assert len(sqlite_home.rows("lead_key, status")) == 8


def test_a_meeting_that_is_shown_is_not_shown_again(home: Warehouse) -> None:
    """Else every nightly run would write all that are booked once more; a meeting of somebody else's is news."""
    table_in(home).append(outcomes("ada", "bob"))
    nightly = table_in(home, run_id="tomorrow")
    nightly.known({"ada", "bob"})
    rows = [outcome("ada", "already_booked", "m-ada"), outcome("bob", "already_booked", "m-other")]
    assert nightly.append(rows) == 1
    assert home.rows("lead_key, meeting_id") == [("ada", "m-ada"), ("bob", "m-bob"), ("bob", "m-other")]
