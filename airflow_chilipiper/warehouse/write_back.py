"""The user's own statement, run once for each outcome."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from airflow_chilipiper.arguments.bad_value import BadValue
from airflow_chilipiper.booking.outcome import OUTCOME_FIELDS
from airflow_chilipiper.warehouse.dialect import Dialect, dialect_of
from airflow_chilipiper.warehouse.errors import describe, unwritten
from airflow_chilipiper.warehouse.session import SqlHook, transaction
from airflow_chilipiper.warehouse.values import as_parameter


class WriteBack:
    """*sql* with parameters such as `:lead_key` and `:status`, from the fields of the outcome row and from *keep*.

    A chunk is one transaction, where the database has them. After a failure, or when a task is tried again, a statement
    may be run again for the same lead: an UPDATE or a MERGE by the lead's key bears that, a plain INSERT does not.
    """

    def __init__(self, hook: SqlHook, sql: str, *, keep: Sequence[str]) -> None:
        self._hook, self._dialect = hook, dialect_of(hook)
        self._sql, self._names = translated(sql, (*OUTCOME_FIELDS, *keep), self._dialect)
        self._where = f"write_back_sql over connection {hook.get_conn_id()!r}"

    def append(self, rows: Sequence[Mapping[str, Any]]) -> int:
        """Run it for each of these outcome rows, and answer how many they are."""
        parameters = [[as_parameter(row.get(name)) for name in self._names] for row in rows]
        try:
            with transaction(self._hook) as cursor:
                self._run(cursor, [self._dialect.bind(values) for values in parameters])
        except Exception as failed:  # noqa: BLE001  # drivers have errors of their own
            secrets = {value for values in parameters for value in values if isinstance(value, str)}
            said = describe(failed, self._sql, secrets=secrets)
            raise unwritten(failed, f"{self._where} failed for {len(rows)} outcomes: {said}") from None
        return len(rows)

    def _run(self, cursor: Any, parameters: Sequence[Any]) -> None:
        if hasattr(cursor, "executemany") and parameters:
            cursor.executemany(self._sql, parameters)
            return
        for values in parameters:
            cursor.execute(self._sql, values)


def translated(sql: str, names: Sequence[str], dialect: Dialect) -> tuple[str, list[str]]:
    """*sql* as the driver takes it, and the names of its parameters in their order.

    Comments and quoted text are left alone, and so are `::` and a colon that follows a name, as Snowflake's paths have.
    """
    used: list[str] = []
    pieces, end = [], 0
    for found in _tokens(dialect).finditer(sql):
        if name := found["name"]:
            pieces += [dialect.literal(sql[end : found.start()]), dialect.mark(len(used))]
            used.append(name)
            end = found.end()
    if not used:
        raise BadValue("write_back_sql has no parameter, such as :lead_key, so it would say the same of every lead")
    if unknown := [name for name in dict.fromkeys(used) if name not in names]:
        raise BadValue(f"write_back_sql has the unknown parameter {', '.join(_hint(name, names) for name in unknown)}")
    return "".join([*pieces, dialect.literal(sql[end:])]), used


def _hint(name: str, names: Sequence[str]) -> str:
    close = get_close_matches(name, names, n=1)
    return f":{name} (did you mean :{close[0]}?)" if close else f":{name} (there are {', '.join(names)})"


def _tokens(dialect: Dialect) -> re.Pattern[str]:
    """Parameters, and what must not be taken for one."""
    inside = r"(?:[^{0}\\]|\\.|{0}{0})*" if dialect.backslash else r"(?:[^{0}]|{0}{0})*"
    quoted = [f"{sign}{inside.format(sign)}{sign}" for sign in "'\"`"]
    comments = [r"--[^\n]*", r"/\*.*?\*/", *([r"#[^\n]*"] if dialect.hash_comments else [])]
    escaped = r"\b[eE]'(?:[^'\\]|\\.|'')*'"
    dollars = r"\$(?P<tag>[A-Za-z_]\w*|)\$.*?\$(?P=tag)\$"
    name = r"(?<![\w:\"`'\])]):(?P<name>[A-Za-z_]\w*)"
    return re.compile("|".join([*comments, escaped, *quoted, dollars, name]), re.DOTALL)
