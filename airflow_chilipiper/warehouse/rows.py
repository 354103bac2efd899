"""The rows of a query: as mappings, and kept small."""

from __future__ import annotations

import pickle
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from airflow_chilipiper.arguments.bad_value import BadValue

CHUNK = 1000
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


class PackedRows:
    """Rows in their order, as mappings by column name, as often as one asks: about a tenth of what mappings take."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = tuple(names)
        self._chunks: list[bytes] = []
        self._count = 0

    @classmethod
    def fetched(cls, cursor: Any, *, limit: int) -> PackedRows:
        """At most *limit* rows, a chunk at a time."""
        rows = cls(column_names(cursor))
        while chunk := cursor.fetchmany(min(CHUNK, limit - len(rows))) if len(rows) < limit else ():
            rows.add(chunk)
        return rows

    def add(self, rows: Sequence[Any]) -> None:
        chunk = [tuple(map(_plain, row.values() if isinstance(row, Mapping) else row)) for row in rows]
        if any(len(row) != len(self.names) for row in chunk):
            raise BadValue(f"a row of the query has not {len(self.names)} values, as its columns {self.names} say")
        try:
            self._chunks.append(pickle.dumps(chunk, protocol=5))
        except Exception:  # noqa: BLE001  # a driver's own type may raise what it likes
            raise BadValue(f"{self._odd(chunk)} cannot be kept: cast it in the query") from None
        self._count += len(chunk)

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[dict[str, Any]]:
        for chunk in self._chunks:
            for row in pickle.loads(chunk):  # noqa: S301  # our own, never out of this process
                yield dict(zip(self.names, row, strict=True))

    def _odd(self, chunk: list[tuple[Any, ...]]) -> str:
        for row in chunk:
            for name, value in zip(self.names, row, strict=True):
                try:
                    pickle.dumps(value, protocol=5)
                except Exception:  # noqa: BLE001
                    return f"column {name!r}, of type {type(value).__name__},"
        return "a row"


def _plain(value: Any) -> Any:
    return bytes(value) if isinstance(value, memoryview) else value
