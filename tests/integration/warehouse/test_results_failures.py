"""No row stands twice in the results table, whatever breaks, and nothing of a row is logged."""

from __future__ import annotations

import pytest

from airflow_chilipiper.warehouse.errors import WarehouseFailed
from tests.integration.warehouse.conftest import Line, Said, Warehouse, once, outcome, outcomes
from tests.integration.warehouse.results import table_in

SECRET = "Lovelace"


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


def test_nothing_of_a_row_is_shown(home: Warehouse, said: Said) -> None:
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
    shown = f"{raised.value!r} {raised.value.__cause__} {said.text}"
    for part in (SECRET, "Sons", "Ada", "ada@", "prospect"):
        assert part not in shown, shown


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
