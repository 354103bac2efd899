"""What differs between the databases that hold leads and results, as far as our own statements have to know."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from airflow_chilipiper.warehouse.session import SqlHook


@dataclass(frozen=True, kw_only=True)
class Dialect:
    """How names, texts and parameters are written.

    `folds_up`: names that are not quoted are upper case. `backslash` escapes within quoted text; `#` begins a comment
    with `hash_comments`. `named`: parameters are a mapping. `rows_at_once` go into one INSERT where
    `executemany` makes each row a job of seconds.
    """

    quote: str = '"'
    text: str = "TEXT"
    table_options: str = ""
    folds_up: bool = False
    backslash: bool = False
    hash_comments: bool = False
    named: bool = False
    rows_at_once: int = 1
    placeholder: str = "%s"

    def mark(self, number: int) -> str:
        """Where parameter *number* of a statement goes."""
        return f"%(p{number})s" if self.named else self.placeholder

    def bind(self, values: Sequence[Any]) -> Any:
        """The parameters of a statement, in the order of their numbers."""
        return {f"p{number}": value for number, value in enumerate(values)} if self.named else tuple(values)

    def literal(self, sql: str) -> str:
        """*sql* as it is written beside parameters."""
        return sql.replace("%", "%%") if self.placeholder == "%s" else sql


# By the type of the connection. A table made in MySQL without these options may not hold every letter.
DIALECTS = {
    "gcpbigquery": Dialect(quote="`", text="STRING", backslash=True, hash_comments=True, named=True, rows_at_once=50),
    "mysql": Dialect(
        quote="`",
        table_options=" DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
        backslash=True,
        hash_comments=True,
    ),
    "snowflake": Dialect(folds_up=True, backslash=True),
}


def dialect_of(hook: SqlHook) -> Dialect:
    return replace(DIALECTS.get(hook.conn_type, Dialect()), placeholder=hook.placeholder)
