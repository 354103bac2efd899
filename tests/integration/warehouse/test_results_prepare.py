"""Which names and tables can hold the results, and what is refused before anybody is booked."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from airflow_chilipiper.arguments.bad_value import BadValue
from airflow_chilipiper.warehouse.errors import WarehouseFailed
from airflow_chilipiper.warehouse.results_table import ResultsTable
from tests.integration.warehouse.conftest import Line, Warehouse, once, outcome, outcomes
from tests.integration.warehouse.results import SENDER, table_in

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
    """Whatever their case: most databases take them for one."""
    with pytest.raises(BadValue, match=rf"keep has {keep[0]}.*rename one"):
        ResultsTable(sqlite_home.hook(), "a", purpose="q3", keep=keep, sender=SENDER)


def test_a_table_without_our_columns(home: Warehouse) -> None:
    """Somebody else's table is named by what it lacks, and stays as it is."""
    home.execute(f"CREATE TABLE {home.table} (LEAD_KEY INTEGER)")
    with pytest.raises(BadValue, match=rf"results table '{home.table}' .* no column status, meeting_id.*: add it"):
        table_in(home)


def test_a_table_that_cannot_be_made(home: Warehouse) -> None:
    """The message says why, and which columns to make."""
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
