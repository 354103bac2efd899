"""Work with a database over an Airflow hook, of which neither rows nor parameters reach the log."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseHook

from airflow_chilipiper.arguments.bad_value import BadValue
from airflow_chilipiper.version_compat import AirflowException

if TYPE_CHECKING:
    from airflow.providers.common.sql.hooks.sql import DbApiHook

# They log statements with the values of parameters in them.
TALKING_DRIVERS = ("snowflake.connector",)


def sql_hook(conn_id: str | None, argument: str, hook_params: dict[str, Any] | None = None) -> DbApiHook:
    """The hook of an SQL connection; *argument* is where its name was given."""
    from airflow.providers.common.sql.hooks.sql import DbApiHook

    try:
        hook = BaseHook.get_hook(str(conn_id), hook_params=hook_params)
    except AirflowException as unknown:
        raise BadValue(f"{argument}={conn_id!r} cannot be used: {unknown}") from None
    if not isinstance(hook, DbApiHook):
        raise BadValue(f"{argument}={conn_id!r} leads to {type(hook).__name__}, expected an SQL connection")
    return hook


def quiet(hook: DbApiHook) -> None:
    """Have the hook and its driver log warnings alone: Postgres' notices, for one, may quote rows."""
    hook.log_sql = False
    hook._log = logging.getLogger(__name__)  # since the hook's own takes no level, and is its whole class's
    for name in (__name__, *TALKING_DRIVERS):
        logging.getLogger(name).setLevel(logging.WARNING)


@contextmanager
def transaction(hook: DbApiHook) -> Iterator[Any]:
    """A cursor on a connection of its own. Its work is kept if all goes well, and else undone with the connection.

    A database without transactions here, as BigQuery, keeps each statement by itself.
    """
    quiet(hook)
    if getattr(hook, "use_legacy_sql", False):
        hook.use_legacy_sql = False  # BigQuery's, which has no INSERT
    with closing(hook.get_conn()) as connection:
        if hook.supports_autocommit:
            hook.set_autocommit(connection, False)
        with closing(connection.cursor()) as cursor:
            owner = cursor if hasattr(cursor, "begin") else connection  # DuckDB's cursors are connections
            if hasattr(owner, "begin"):
                owner.begin()
            yield cursor
            owner.commit()
