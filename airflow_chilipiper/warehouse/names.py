"""Names of tables and columns in our own statements: as they are, quoted, or refused, and never pasted unseen."""

from __future__ import annotations

import re
from functools import cache

from airflow_chilipiper.arguments.bad_value import BadValue
from airflow_chilipiper.warehouse.dialect import Dialect

_PLAIN = re.compile(r"[a-z_][a-z0-9_]*")
_NEVER = re.compile(r"""["'`\\\[\];]""")
# What SQLAlchemy does not know: Snowflake, BigQuery and DuckDB.
_MORE_RESERVED = (
    "account anti array asof at connect connection contains current define describe enum exclude extract following"
    " gscluster hash if ignore ilike increment issue lookup merge minus new no nulls organization pivot positional"
    " preceding proto qualify regexp respect rlike sample semi show some start struct summarize tablesample treat"
    " unbounded unnest unpivot whenever window within"
)


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
