"""Where the leads come from: an argument, an upstream task, or a query."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from airflow_chilipiper.arguments.bad_value import BadValue
from airflow_chilipiper.warehouse.errors import WarehouseFailed, describe
from airflow_chilipiper.warehouse.rows import NO_ROWS, PackedRows
from airflow_chilipiper.warehouse.session import SqlHook, quiet


def literal_rows(lead: Any, leads: Any, context: Any) -> list[Any]:
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


def fetched(value: Any, context: Any) -> Any:
    """What an upstream task left in XCom, wherever *value* refers to one."""
    if hasattr(value, "iter_references"):  # Airflow's XComArg, and the argument of a mapped task group
        found = value.resolve(context)
        return list(found) if isinstance(found, Sequence) and not isinstance(found, (str, bytes)) else found
    if isinstance(value, Mapping):
        return {name: fetched(item, context) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [fetched(item, context) for item in value]
    return value


def queried_rows(hook: SqlHook, sql: str, parameters: Any, limit: int) -> PackedRows:
    """At most *limit* rows of the query. The connection is closed before anybody is booked; nothing is logged.

    With several statements, where a hook runs them one by one, the last one's.
    """
    quiet(hook)
    fetched: list[PackedRows | None] = []
    hint = ""

    def fetch(cursor: Any) -> list[Any]:
        nonlocal hint
        hint = "; where it is a value that the driver cannot read, cast it or leave it out in the query"
        fetched.append(None if cursor.description is None else PackedRows.fetched(cursor, limit=limit))
        return []  # what hooks that shape what a handler answers leave alone

    try:
        hook.run(sql, parameters=parameters, handler=fetch)
    except BadValue:
        raise
    except Exception as failed:  # noqa: BLE001  # drivers have errors of their own
        values = parameters.values() if isinstance(parameters, Mapping) else parameters or ()
        said = describe(failed, sql, secrets=values)
        raise WarehouseFailed(f"the leads' query failed ({said}){hint}. Nothing was sent") from None
    if not fetched or fetched[-1] is None:
        raise BadValue(NO_ROWS)
    return fetched[-1]
