"""What is asked of a results table, as SQL that Postgres, MySQL, SQLite, DuckDB, Snowflake and BigQuery take."""
# ruff: noqa: S608  # names are quoted or refused, and values are parameters

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from airflow_chilipiper.arguments.bad_value import BadValue
from airflow_chilipiper.warehouse.dialect import Dialect

SENDER = ("dag_id", "run_id", "task_id", "map_index")
_PLAIN = re.compile(r"[a-z_][a-z0-9_]*")
_NEVER = re.compile(r"""["'`\\\[\];]""")
# What SQLAlchemy does not know: Snowflake, BigQuery and DuckDB.
_MORE_RESERVED = (
    "account anti array asof at connect connection contains current define describe enum exclude extract following"
    " gscluster hash if ignore ilike increment issue lookup merge minus new no nulls organization pivot positional"
    " preceding proto qualify regexp respect rlike sample semi show some start struct summarize tablesample treat"
    " unbounded unnest unpivot whenever window within"
)


class ResultsSql:
    """The statements of one table. Where they take parameters, their methods say which."""

    def __init__(self, name: str, fields: Sequence[str], *, numbers: Sequence[str], dialect: Dialect) -> None:
        self._table = table_name(name, "results_table", dialect)
        self._columns = [column_name(field, "keep", dialect) for field in fields]
        self._types = ["INTEGER" if field in numbers else dialect.text for field in fields]
        self._dialect = dialect

    def look(self) -> str:
        """No row, but the names of all columns there are."""
        return f"SELECT * FROM {self._table} WHERE 1 = 0"

    def make(self) -> str:
        columns = ", ".join(f"{name} {kind}" for name, kind in zip(self._columns, self._types, strict=True))
        return f"CREATE TABLE IF NOT EXISTS {self._table} ({columns}){self._dialect.table_options}"

    def try_to_write(self) -> str:
        """Needs the right to add rows, and adds none."""
        columns = ", ".join(self._columns)
        return f"INSERT INTO {self._table} ({columns}) SELECT {columns} FROM {self._table} WHERE 1 = 0"

    def insert(self, rows: int) -> str:
        """Takes the values of so many rows, one row after the other."""
        width = len(self._columns)
        marks = [self._dialect.mark(number) for number in range(rows * width)]
        values = ", ".join(f"({', '.join(marks[first : first + width])})" for first in range(0, len(marks), width))
        into = f"INSERT INTO {self._table} ({', '.join(self._columns)})"
        return f"{self._dialect.literal(into)} VALUES {values}"

    def known(self, booked: Sequence[str]) -> str:
        """Takes the sender twice, with the purpose in between. The task instance's own rows end with a 1."""
        statuses = ", ".join(f"'{status}'" for status in booked)
        own, again = self._is_senders(0), self._is_senders(len(SENDER) + 1)
        return (
            "SELECT purpose, lead_key, status, meeting_id, start_time, recorded_at,"
            f" CASE WHEN {own} THEN 1 ELSE 0 END AS is_own FROM {self._dialect.literal(self._table)}"
            f" WHERE purpose = {self._dialect.mark(len(SENDER))}"
            f" AND ((status IN ({statuses}) AND meeting_id IS NOT NULL) OR ({again})) ORDER BY recorded_at"
        )

    def written(self) -> str:
        """Takes the sender, its try and the moment."""
        mark = self._dialect.mark
        return (
            f"SELECT lead_key, status, meeting_id FROM {self._dialect.literal(self._table)} WHERE {self._is_senders(0)}"
            f" AND try_number = {mark(len(SENDER))} AND recorded_at = {mark(len(SENDER) + 1)}"
        )

    def _is_senders(self, first: int) -> str:
        return " AND ".join(f"{name} = {self._dialect.mark(first + n)}" for n, name in enumerate(SENDER))


def table_name(name: str, argument: str, dialect: Dialect) -> str:
    """`table`, `schema.table` or `project.dataset.table`, fit to stand in a statement."""
    parts = name.split(".")
    if len(parts) > 3:
        raise BadValue(f"{argument} is {name!r}, expected table, schema.table or project.dataset.table")
    return ".".join(column_name(part, argument, dialect) for part in parts)


def column_name(name: str, argument: str, dialect: Dialect) -> str:
    """*name*, fit to stand in a statement.

    Plain lower-case names stay as they are, for the database to fold as it does. One of those that some database
    reserves is quoted as it would have been folded, so that quoting changes nothing; others are quoted as they are.
    """
    if not name or name != name.strip() or not name.isprintable() or _NEVER.search(name):
        raise BadValue(f"{argument} has the name {name!r}, expected one without quotes, brackets and blanks around it")
    is_plain = bool(_PLAIN.fullmatch(name))
    if is_plain and name not in reserved():
        return name
    folded = name.upper() if is_plain and dialect.folds_up else name
    return f"{dialect.quote}{folded}{dialect.quote}"


@cache
def reserved() -> frozenset[str]:
    """Words that one database or another takes for its own."""
    from sqlalchemy.dialects import mysql, postgresql, sqlite

    known = (module.dialect().identifier_preparer.reserved_words for module in (mysql, postgresql, sqlite))
    return frozenset(_MORE_RESERVED.split()).union(*known)
