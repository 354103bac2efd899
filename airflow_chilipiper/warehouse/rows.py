"""A cursor's rows as mappings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from airflow_chilipiper.arguments.bad_value import BadValue

NO_ROWS = "the SQL answered no rows: expected a query"


def rows_as_dicts(cursor: Any, limit: int | None = None) -> list[dict[str, Any]]:
    """A handler for DbApiHook.run and SQLExecuteQueryOperator: rows as mappings by column name, instead of tuples.

    At most *limit* rows are fetched.
    """
    names = column_names(cursor)
    rows = cursor.fetchall() if limit is None else cursor.fetchmany(limit)
    return [dict(zip(names, row.values() if isinstance(row, Mapping) else row, strict=True)) for row in rows]


def column_names(cursor: Any) -> list[str]:
    """Of the query that *cursor* has run."""
    if cursor.description is None:
        raise BadValue(NO_ROWS)
    names = [column[0] for column in cursor.description]
    if len({name.casefold() for name in names}) < len(names):
        raise BadValue(f"two columns of the query have one name: {', '.join(names)}")
    return names
