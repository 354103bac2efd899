"""The results table: what it holds, whom it shows, and that no row stands in it twice, whatever breaks."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from airflow_chilipiper.arguments.bad_value import BadValue
from airflow_chilipiper.warehouse.errors import WarehouseFailed
from airflow_chilipiper.warehouse.results_table import COLUMNS, ResultsTable, Sender
from tests.integration.warehouse.conftest import Line, Said, Warehouse, once, outcome, outcomes

SENDER = Sender("nightly", "manual", "book", -1, 1)
NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
SECRET = "Lovelace"


def table_in(
    home: Warehouse,
    name: str | None = None,
    *,
    try_number: int = 1,
    keep: Sequence[str] = (),
    hook: Any = None,
    now: datetime = NOON,
    **sender: Any,
) -> ResultsTable:
    given = {"purpose": "q3", "keep": keep, "sender": SENDER._replace(try_number=try_number, **sender)}
    table = ResultsTable(hook or home.hook(), name or home.table, now=lambda: now, **given)
    if (name or home.table) not in home.made:
        table.prepare()
        home.made.add(name or home.table)
    table.known(set())
    return table


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


@pytest.mark.parametrize("after", [False, True], ids=["lost", "in doubt"])
def test_a_chunk_that_failed_is_appended_again(home: Warehouse, after: bool) -> None:
    """Whether the commit got through or not: each row stands once, and a row that is new comes along."""
    hook = home.hook()
    line = Line(hook)
    table = table_in(home, hook=hook)
    alike = [outcome(None, "invalid")] * 2
    table.append(alike[:1])
    line.trouble = once(ConnectionError("the line is dead"), after=after)
    with pytest.raises(WarehouseFailed, match=rf"^4 outcomes .* table '{home.table}' over connection 'warehouse'"):
        table.append([*outcomes("ada", "bob"), *alike])
    assert table.append([*outcomes("ada", "bob"), *alike, *outcomes("joe")]) == (1 if after else 5)
    assert table.append(alike) == 2
    keys = sorted(str(key) for key, _ in home.rows("lead_key, status"))
    assert keys == [*["None"] * 5, "ada", "bob", "joe"]
    assert line.opened == line.closed


def test_a_look_that_fails_forgets_nothing(sqlite_home: Warehouse) -> None:
    """Neither that there is a doubt, nor what earlier tries wrote."""
    table_in(sqlite_home).append([outcome("eve", "no_slot")])
    hook = sqlite_home.hook()
    line = Line(hook)
    table = table_in(sqlite_home, hook=hook, try_number=2)
    chunk = [outcome("eve", "no_slot"), *outcomes("ada")]
    for after in (True, False):  # the first is in doubt; then the look for it fails
        line.trouble = once(ConnectionError("dead"), after=after)
        with pytest.raises(WarehouseFailed):
            table.append(chunk)
    assert table.append(chunk) == 0
    assert table.append(outcomes("bob", "ada")) == 2
    assert sqlite_home.rows("lead_key, status") == [
        ("ada", "booked"), ("ada", "booked"), ("bob", "booked"), ("eve", "no_slot")
    ]  # fmt: skip


def test_a_chunk_stands_as_a_whole_or_not_at_all(home: Warehouse) -> None:
    """A failure in its middle leaves nothing of it."""
    table = table_in(home)
    with pytest.raises(WarehouseFailed):
        table.append([*outcomes("ada"), outcome("bob", attempts=[object()])])
    assert home.rows("lead_key, status") == []
    assert table.append(outcomes("ada")) == 1


def test_no_append_opens_a_connection_for_nothing(sqlite_home: Warehouse) -> None:
    hook = sqlite_home.hook()
    table = table_in(sqlite_home, hook=hook)
    line = Line(hook)
    assert table.append([]) == 0
    assert line.opened == 0


NAMES = ("plain", "order", "Mixed Case", "naïve", "100%", "where?", "a:b", "a-b")


def test_names_of_tables_and_columns(home: Warehouse) -> None:
    """Reserved words, and whatever a database takes in quotes."""
    name = f"{home.table}-Ü: 100 % of order?"
    rows = [outcome("ada", meeting="m1", **dict.fromkeys(NAMES, "kept"))]
    assert table_in(home, name, keep=NAMES).append(rows) == 1
    again = table_in(home, name, keep=NAMES, try_number=2)
    assert again.append(rows) == 0
    assert list(again.known({"ada"})) == ["ada"]


def test_a_reserved_word_is_a_table(sqlite_home: Warehouse) -> None:
    assert table_in(sqlite_home, "group").append(outcomes("ada")) == 1


def test_a_table_of_a_schema(postgres_home: Warehouse) -> None:
    postgres_home.execute('CREATE SCHEMA IF NOT EXISTS "Sales"')
    assert table_in(postgres_home, f"Sales.{postgres_home.table}").append(outcomes("ada")) == 1
    assert postgres_home.rows("lead_key, status", f'"Sales".{postgres_home.table}') == [("ada", "booked")]


BAD_NAMES = ["", "a.b.c.d", "a..b", '"a"', "a`b", "a'; DROP TABLE x", "a\nb", " a", "a\\", "[a]", "a;b", "a\u202eb"]


@pytest.mark.parametrize("name", BAD_NAMES)
def test_names_that_are_refused(sqlite_home: Warehouse, name: str) -> None:
    """Before anything is asked of the database."""
    with pytest.raises(BadValue, match=r"^results_table "):
        ResultsTable(sqlite_home.hook(), name, purpose="q3", keep=(), sender=SENDER)
    with pytest.raises(BadValue, match=r"^keep "):
        ResultsTable(sqlite_home.hook(), "a", purpose="q3", keep=(name.replace(".", "`"),), sender=SENDER)


@pytest.mark.parametrize("keep", [["Status"], ["run_id"], ["recorded_at"], ["size", "SIZE"]], ids=str)
def test_columns_of_one_name_are_refused(sqlite_home: Warehouse, keep: list[str]) -> None:
    """Whatever their case: most databases do not tell them apart."""
    with pytest.raises(BadValue, match=rf"keep has {keep[0]}.*rename one"):
        ResultsTable(sqlite_home.hook(), "a", purpose="q3", keep=keep, sender=SENDER)


def test_a_table_without_our_columns(home: Warehouse) -> None:
    """Somebody else's table is told by what it lacks, and stays as it is."""
    home.execute(f"CREATE TABLE {home.table} (LEAD_KEY INTEGER)")
    with pytest.raises(BadValue, match=rf"results table '{home.table}' .* no column status, meeting_id.*: add it"):
        table_in(home)


def test_a_table_that_cannot_be_made(home: Warehouse) -> None:
    """It is told why, and which columns to make."""
    name = f"nowhere.{home.table}"
    with pytest.raises(WarehouseFailed, match=r"'nowhere\..*' cannot be read .* nor be made .* texts lead_key, status"):
        table_in(home, name)


def test_a_database_that_is_away(sqlite_home: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another try may help, so it is no final failure."""
    monkeypatch.setenv("AIRFLOW_CONN_WAREHOUSE", json.dumps({"conn_type": "sqlite", "host": "/nowhere/at/all.db"}))
    with pytest.raises(WarehouseFailed, match=r"over connection 'warehouse' cannot be read .*unable to open"):
        table_in(sqlite_home)


def test_a_table_that_takes_no_rows(postgres_home: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Found out before anybody is booked: read-only users, replicas, files."""
    table_in(postgres_home)
    hook = postgres_home.hook()
    extra = json.loads(json.dumps(hook.connection.extra_dejson))
    extra["options"] += " -cdefault_transaction_read_only=on"
    known = hook.connection
    fields = {"host": known.host, "port": known.port, "login": known.login, "password": known.password}
    whole = {"conn_type": "postgres", "schema": known.schema, "extra": extra, **fields}
    monkeypatch.setenv("AIRFLOW_CONN_WAREHOUSE", json.dumps(whole))
    with pytest.raises(WarehouseFailed, match="takes no rows: ReadOnlySqlTransaction: cannot execute INSERT"):
        ResultsTable(postgres_home.hook(), postgres_home.table, purpose="q3", keep=(), sender=SENDER).prepare()


def test_two_tasks_make_it_at_once(sqlite_home: Warehouse) -> None:
    """The one that comes second uses it."""
    hook = sqlite_home.hook()
    table = ResultsTable(hook, sqlite_home.table, purpose="q3", keep=(), sender=SENDER)
    Line(hook).trouble = once(sqlite3.OperationalError("there is one"), after=True)  # which is made all the same
    assert not table.prepare()
    assert table.append(outcomes("ada")) == 1


def test_nothing_of_a_row_is_told(home: Warehouse, said: Said) -> None:
    """Neither in what is raised, whatever the driver quotes, nor in the log, down to its last level."""
    table = table_in(home, keep=("company",))
    raising = "BEGIN RAISE EXCEPTION 'no % here', NEW.company; END"
    refusing = {
        "sqlite": [f"CREATE TRIGGER odd BEFORE INSERT ON {home.table} BEGIN SELECT RAISE(FAIL, 'no {SECRET}'); END"],
        "mysql": [f"ALTER TABLE {home.table} MODIFY company INTEGER"],
        "duckdb": [f"ALTER TABLE {home.table} ALTER company TYPE INTEGER"],
        "postgres": [
            f"CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ {raising} $$",
            f"CREATE TRIGGER refusing BEFORE INSERT ON {home.table} FOR EACH ROW EXECUTE FUNCTION refuse()",
        ],
    }
    home.execute(*refusing[home.kind])
    with pytest.raises(WarehouseFailed, match="could not be written") as raised:
        table.append(
            [outcome("ada@prospect.example", company=SECRET), outcome("bob", company=f"Ada & '{SECRET}' Sons")]
        )
    told = f"{raised.value!r} {raised.value.__cause__} {said.text}"
    for part in (SECRET, "Sons", "Ada", "ada@", "prospect"):
        assert part not in told, told


def test_notices_are_not_logged(postgres_home: Warehouse, said: Said) -> None:
    """Postgres' hook logs them, if asked to, and a trigger of the table may quote the row in one."""
    table = table_in(postgres_home)
    quoting = "BEGIN RAISE NOTICE 'row %', NEW.lead_key; RETURN NEW; END"
    name = postgres_home.table
    postgres_home.execute(
        f"CREATE FUNCTION quote() RETURNS trigger LANGUAGE plpgsql AS $$ {quoting} $$",
        f"CREATE TRIGGER quoting BEFORE INSERT ON {name} FOR EACH ROW EXECUTE FUNCTION quote()",
    )
    table.append(outcomes(SECRET))
    assert SECRET not in said.text
