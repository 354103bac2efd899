"""The statements of a results table, in the words of warehouses that no test can reach."""

from __future__ import annotations

from dataclasses import replace

import pytest

from airflow_chilipiper.warehouse.dialect import DIALECTS, Dialect
from airflow_chilipiper.warehouse.results_table import COLUMNS, NUMBERS
from airflow_chilipiper.warehouse.statements import ResultsSql, column_name, table_name

SNOWFLAKE, BIGQUERY, MYSQL = DIALECTS["snowflake"], DIALECTS["gcpbigquery"], DIALECTS["mysql"]
FIELDS = ("lead_key", "attempts", "order", "Full Name")


def statements(name: str, dialect: Dialect) -> ResultsSql:
    return ResultsSql(name, FIELDS, numbers=NUMBERS, dialect=dialect)


@pytest.mark.parametrize(
    ("dialect", "name", "made"),
    [
        (SNOWFLAKE, "sales.results", 'sales.results (lead_key TEXT, attempts INTEGER, "ORDER" TEXT, "Full Name" TEXT)'),
        (BIGQUERY, "my-project.sales.results",
         "`my-project`.sales.results (lead_key STRING, attempts INTEGER, `order` STRING, `Full Name` STRING)"),
        (MYSQL, "Results", ("`Results` (lead_key TEXT, attempts INTEGER, `order` TEXT, `Full Name` TEXT)"
         " DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin")),
        (Dialect(), "group", '"group" (lead_key TEXT, attempts INTEGER, "order" TEXT, "Full Name" TEXT)'),
    ],
    ids=["snowflake", "bigquery", "mysql", "others"],
)  # fmt: skip
def test_how_the_table_is_made(dialect: Dialect, name: str, made: str) -> None:
    assert statements(name, dialect).make() == f"CREATE TABLE IF NOT EXISTS {made}"


def test_bigquery_takes_named_parameters() -> None:
    """Many rows in one statement, since each statement is a job of a second and more; its driver puts the values in."""
    insert = statements("results", BIGQUERY).insert(2)
    assert insert.endswith("VALUES (%(p0)s, %(p1)s, %(p2)s, %(p3)s), (%(p4)s, %(p5)s, %(p6)s, %(p7)s)")
    assert insert % BIGQUERY.bind(range(8)) == (
        "INSERT INTO results (lead_key, attempts, `order`, `Full Name`) VALUES (0, 1, 2, 3), (4, 5, 6, 7)"
    )


@pytest.mark.parametrize("dialect", [SNOWFLAKE, BIGQUERY, Dialect(placeholder="?")], ids=str)
def test_parameters_are_as_many_as_marks(dialect: Dialect) -> None:
    """Each where it belongs: the senders', the purpose, the try and the moment."""
    sql = statements("results", dialect)
    sender = ["d", "r", "t", 1]
    known = _filled(sql.known(("booked",)), [*sender, "q3", *sender], dialect)
    assert "purpose = q3" in known
    assert known.count("(dag_id = d AND run_id = r AND task_id = t AND map_index = 1)") == 1
    assert "WHEN dag_id = d AND run_id = r AND task_id = t AND map_index = 1 THEN 1" in known
    assert _filled(sql.written(), [*sender, 2, "now"], dialect).endswith("try_number = 2 AND recorded_at = now")


def _filled(sql: str, values: list[object], dialect: Dialect) -> str:
    if dialect.placeholder == "?":
        sql, dialect = sql.replace("?", "%s"), replace(dialect, placeholder="%s")
    return sql % dialect.bind(values)


def test_our_own_columns_need_no_quotes() -> None:
    """The statements name them as they are."""
    assert [name for name in COLUMNS if column_name(name, "keep", Dialect()) != name] == []


@pytest.mark.parametrize("word", ["group", "rank", "qualify", "select", "lead"])
def test_reserved_words_are_quoted_as_they_would_be_folded(word: str) -> None:
    """So that a table made with or without quotes is the same one."""
    assert table_name(f"sales.{word}", "results_table", SNOWFLAKE) == f'sales."{word.upper()}"'
    assert table_name(word, "results_table", Dialect()) == f'"{word}"'
    assert table_name(f"Sales.{word}", "results_table", BIGQUERY) == f"`Sales`.`{word}`"
