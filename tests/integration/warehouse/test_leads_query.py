"""The leads' query on each kind of database: whatever it holds comes out as it is, and nothing of it is shown."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from airflow_chilipiper.arguments.bad_value import BadValue
from airflow_chilipiper.ledgers import sql_hook
from airflow_chilipiper.version_compat import AirflowException
from airflow_chilipiper.warehouse.errors import WarehouseFailed
from airflow_chilipiper.warehouse.leads import queried_rows
from airflow_chilipiper.warehouse.rows import PackedRows
from tests.integration.warehouse.conftest import HOOKS, Line, Said, Warehouse

SECRET = "Lovelace"


@pytest.fixture
def queried(home: Warehouse) -> Any:
    """`queried_rows` over a hook that Airflow need not find among its providers, and over a line that is looked at."""
    hook = home.hook()
    line = Line(hook)

    def ask(sql: str, parameters: Any = None, limit: int = 10) -> PackedRows:
        try:
            return queried_rows(hook, sql.format(home.table), parameters, limit)
        finally:
            assert line.opened == line.closed

    return ask


def test_rows_come_in_their_order(home: Warehouse, queried: Any) -> None:
    """Chunk after chunk, as often as they are asked for, and no more than the limit."""
    home.execute(f"CREATE TABLE {home.table} (id INTEGER, email VARCHAR(64))")
    values = ", ".join(f"({number}, '{number}@x.example')" for number in range(2500))
    home.execute(f"INSERT INTO {home.table} VALUES {values}")
    rows = queried("SELECT id AS lead, email FROM {} ORDER BY 1", limit=2400)
    assert (len(rows), rows.names) == (2400, ("lead", "email"))
    for _ in range(2):
        assert list(rows) == [{"lead": number, "email": f"{number}@x.example"} for number in range(2400)]
    assert list(queried("SELECT * FROM {} WHERE id < 0")) == []
    assert len(queried("SELECT * FROM {}", limit=9999)) == 2500


@pytest.mark.parametrize("home", ["postgres"], indirect=True)
def test_values_of_all_kinds(queried: Any) -> None:
    """As the driver has them; views of memory as bytes, since they cannot be kept."""
    sql = """SELECT 12.50::numeric AS n, timestamptz '2026-11-02 09:00Z' AS at, date '2026-11-02' AS d, NULL AS none,
        uuid '00000000-0000-0000-0000-000000000001' AS u, 'ab'::bytea AS b, ARRAY['x'] AS a"""
    (row,) = queried(sql)
    at = datetime(2026, 11, 2, 9, tzinfo=UTC)
    assert UUID(str(row.pop("u"))) == UUID(int=1)
    assert row == {"n": Decimal("12.50"), "at": at, "d": date(2026, 11, 2), "none": None, "b": b"ab", "a": ["x"]}


@pytest.mark.parametrize("home", ["postgres"], indirect=True)
@pytest.mark.parametrize("cursor", ["dictcursor", "namedtuplecursor"])
def test_cursors_of_all_kinds(home: Warehouse, cursor: str) -> None:
    """Rows that are mappings, tuples with names, or something in between."""
    hook = HOOKS["postgres"]()
    hook.cursor = cursor  # type: ignore[attr-defined]
    extra = {"cursor": cursor, **hook.connection.extra_dejson}
    hook.connection.extra = json.dumps(extra)
    with hook.get_conn() as connection, connection.cursor() as it:
        it.execute("SELECT 1 AS id, 'x' AS email UNION SELECT 2, 'y' ORDER BY 1")
        rows = PackedRows.fetched(it, limit=5)
    assert list(rows) == [{"id": 1, "email": "x"}, {"id": 2, "email": "y"}]


BAD = [
    ("SELEC 1", WarehouseFailed, "the leads' query failed .*SELEC"),
    ("SELECT nothing FROM {}", WarehouseFailed, "the leads' query failed .*nothing"),
    ("SELECT 1 AS email FROM nowhere", WarehouseFailed, "the leads' query failed .*nowhere"),
    ("SELECT id, id AS ID FROM {}", BadValue, "two columns of the query have one name: id, ID"),
]


@pytest.mark.parametrize(("sql", "kind", "complaint"), BAD)
def test_queries_that_fail(home: Warehouse, queried: Any, sql: str, kind: type[Exception], complaint: str) -> None:
    """With what the database says of the statement itself."""
    home.execute(f"CREATE TABLE {home.table} (id INTEGER)")
    if home.kind == "postgres":
        sql = sql.replace("ID", '"ID"')
    with pytest.raises(kind, match=complaint):
        queried(sql)


def test_what_is_no_query(home: Warehouse, queried: Any) -> None:
    """DuckDB answers how many rows it changed, as a query would; that column is nobody's."""
    home.execute(f"CREATE TABLE {home.table} (id INTEGER)")
    if home.kind == "duckdb":
        assert queried("INSERT INTO {} VALUES (1)").names == ("Count",)
        return
    with pytest.raises(BadValue, match=r"^the SQL answered no rows: expected a query"):
        queried("INSERT INTO {} VALUES (1)")


QUOTING = {
    "sqlite": ("SELECT json_extract('{{' || ?, '$')", (SECRET,)),
    "postgres": ("SELECT CAST(name AS INTEGER) FROM {}", None),
    "mysql": ("SELECT JSON_VALUE(name, name) + JSON_TABLE(name) FROM {} WHERE name = %s", (SECRET,)),
    "duckdb": ("SELECT CAST(name AS INTEGER) FROM {}", None),
}


def test_nothing_of_a_row_is_shown(home: Warehouse, queried: Any, said: Said) -> None:
    """Neither a parameter nor a value that the database quotes in its error, in what is raised or logged."""
    home.execute(
        f"CREATE TABLE {home.table} (name TEXT)", f"INSERT INTO {home.table} VALUES ('{SECRET} of ada@x.example')"
    )
    with pytest.raises(WarehouseFailed, match=r"query failed \(\w+:") as raised:
        queried(*QUOTING[home.kind])
    shown = f"{raised.value!r} {said.text}"
    for part in (SECRET, "ada@"):
        assert part not in shown, shown


@pytest.mark.parametrize("home", ["postgres"], indirect=True)
def test_notices_are_not_logged(home: Warehouse, queried: Any, said: Said) -> None:
    """Postgres' hook logs what functions say, if asked to, and that may be rows."""
    home.execute(
        "CREATE FUNCTION teller(name TEXT) RETURNS TEXT LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE NOTICE 'row %', name; RETURN name; END $$"
    )
    assert list(queried("SELECT teller(%s) AS name", (SECRET,))) == [{"name": SECRET}]
    assert SECRET not in said.text


def test_several_statements(sqlite_home: Warehouse) -> None:
    """Some hooks, as Snowflake's, run them one by one: the last is the query."""
    hook = sqlite_home.hook()
    run = hook.run
    hook.run = lambda sql, **others: run(sql, split_statements=True, **others)  # type: ignore[method-assign, misc, call-overload]
    rows = queried_rows(hook, "CREATE TABLE a (x); SELECT 1 AS b", None, 10)
    assert list(rows) == [{"b": 1}]
    with pytest.raises(BadValue, match="answered no rows"):
        queried_rows(hook, "SELECT 1 AS b; CREATE TABLE c (x)", None, 10)


def test_connections_that_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """Told with the argument that named them."""
    monkeypatch.setenv("AIRFLOW_CONN_OTHER", '{"conn_type": "http", "host": "x"}')
    for conn_id in ("other", "missing", None):
        with pytest.raises((BadValue, AirflowException), match=f"{conn_id}|other"):
            sql_hook(conn_id, "results_conn_id")
