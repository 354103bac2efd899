"""Where the leads come from: an argument, an upstream task, or a query."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseHook

from airflow_chilipiper._compat import AirflowException
from airflow_chilipiper.api.scrub import scrub
from airflow_chilipiper.rows import BadValue, rows_as_dicts

if TYPE_CHECKING:
    from airflow.sdk import Context


def literal_rows(lead: Any, leads: Any, context: Context) -> list[Any]:
    """The rows of `lead` or `leads`, fetched if another task brings them, and otherwise untouched."""
    if lead is not None:
        row = fetched(lead, context)
        if not isinstance(row, Mapping):
            raise BadValue(f"lead is of type {type(row).__name__}, expected a mapping of columns to values")
        return [row]
    rows = fetched(leads, context)
    if isinstance(rows, (str, bytes, Mapping)) or not isinstance(rows, Sequence):
        raise BadValue(f"leads is of type {type(rows).__name__}, expected a list of mappings; an empty one is fine")
    return list(rows)


def fetched(value: Any, context: Context) -> Any:
    """What an upstream task left in XCom, wherever *value* refers to one."""
    if hasattr(value, "iter_references"):  # Airflow's XComArg, and the argument of a mapped task group
        found = value.resolve(context)
        return list(found) if isinstance(found, Sequence) and not isinstance(found, (str, bytes)) else found
    if isinstance(value, Mapping):
        return {name: fetched(item, context) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [fetched(item, context) for item in value]
    return value


def queried_rows(
    sql: str, conn_id: str | None, parameters: Any, hook_params: dict[str, Any] | None, limit: int
) -> list[dict[str, Any]]:
    """At most *limit* rows of the query. The connection is closed before anybody is booked; nothing is logged."""
    from airflow.providers.common.sql.hooks.sql import DbApiHook

    try:
        hook = BaseHook.get_hook(str(conn_id), hook_params=hook_params)
    except AirflowException as unknown:
        raise BadValue(f"sql_conn_id={conn_id!r} cannot be used: {unknown}") from None
    if not isinstance(hook, DbApiHook):
        raise BadValue(f"sql_conn_id={conn_id!r} leads to {type(hook).__name__}, expected an SQL connection")
    hook.log_sql = False
    try:
        rows: Any = hook.run(sql, parameters=parameters, handler=partial(rows_as_dicts, limit=limit))
    except BadValue:
        raise
    except Exception as failed:  # noqa: BLE001  # drivers have errors of their own, which may quote rows
        values = parameters.values() if isinstance(parameters, Mapping) else parameters or ()
        said = scrub(str(failed).partition("\n")[0], secrets=tuple(map(str, values)))
        raise AirflowException(f"the leads' query failed ({type(failed).__name__}: {said}). Nothing was sent") from None
    return list(rows or [])
