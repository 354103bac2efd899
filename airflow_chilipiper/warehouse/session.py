"""Work with a database over an Airflow hook, of which neither rows nor parameters reach the log."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any, Protocol

# They log statements with the values of parameters in them.
TALKING_DRIVERS = ("snowflake.connector",)


class SqlHook(Protocol):
    """What we need of Airflow's DbApiHook."""

    conn_type: str
    placeholder: Any
    log_sql: bool
    _log: Any
    supports_autocommit: bool

    def get_conn(self) -> Any: ...
    def get_conn_id(self) -> str: ...
    def set_autocommit(self, conn: Any, autocommit: bool) -> None: ...
    def run(self, sql: str, *, parameters: Any, handler: Any) -> Any: ...


def quiet(hook: SqlHook) -> None:
    """Have the hook and its driver log warnings alone: Postgres' notices, for one, may quote rows."""
    hook.log_sql = False
    hook._log = logging.getLogger(__name__)  # since the hook's own takes no level, and is its whole class's
    for name in (__name__, *TALKING_DRIVERS):
        logging.getLogger(name).setLevel(logging.WARNING)


@contextmanager
def transaction(hook: SqlHook) -> Iterator[Any]:
    """A cursor on a connection of its own. Its work is kept if all goes well, and else undone with the connection.

    A database without transactions here, as BigQuery, keeps each statement by itself.
    """
    quiet(hook)
    if getattr(hook, "use_legacy_sql", False):
        vars(hook)["use_legacy_sql"] = False  # BigQuery's, which has no INSERT
    with closing(hook.get_conn()) as connection:
        if hook.supports_autocommit:
            hook.set_autocommit(connection, False)
        with closing(connection.cursor()) as cursor:
            owner = cursor if hasattr(cursor, "begin") else connection  # DuckDB's cursors are connections
            if hasattr(owner, "begin"):
                owner.begin()
            yield cursor
            owner.commit()
