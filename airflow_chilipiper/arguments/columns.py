"""A lead's row, and `col(...)`: which of our fields comes from which column."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from airflow_chilipiper.arguments.bad_value import BadValue

_ABSENT: Any = ...  # which copies and pickles of a DAG leave the same object


@dataclass(frozen=True)
class Column:
    """A column of the lead's row, wherever an argument may differ by lead. Made by `col`."""

    name: str
    default: Any = _ABSENT

    def __repr__(self) -> str:
        return f"col({self.name!r})" if self.default is _ABSENT else f"col({self.name!r}, default={self.default!r})"

    def of(self, row: Mapping[str, Any]) -> Any:
        """The value in *row*; the default where the column is missing or null."""
        value = _value(row, self.name)
        if not is_null(value):
            return value
        if self.default is not _ABSENT:
            return self.default
        if value is _ABSENT:
            raise BadValue(f"there is no column {self.name!r}: the row has {', '.join(map(str, row)) or 'none'}")
        return None


def col(name: str, *, default: Any = _ABSENT) -> Any:
    """The column *name* of each lead's row, without regard to case; *default* where it is missing or null.

    Declared as Any so that it fits wherever a constant fits.
    """
    if not (name and isinstance(name, str)):
        raise BadValue(f"col() takes the name of a column, got {name!r}")
    return Column(name, default)


def row_reader(value: Any) -> Callable[[Mapping[str, Any]], Any]:
    """What answers *value* with every column in it replaced by what a row has there. Made once for many rows."""
    if isinstance(value, Column):
        return value.of
    if isinstance(value, Mapping):
        named = {key: row_reader(item) for key, item in value.items()}
        return lambda row: {key: read(row) for key, read in named.items()}
    if isinstance(value, (list, tuple)):
        items = [row_reader(item) for item in value]
        return lambda row: [read(row) for read in items]
    return lambda row: value


def is_per_lead(value: Any) -> bool:
    """Whether *value* may differ by lead."""
    if isinstance(value, Mapping):
        return any(is_per_lead(item) for item in value.values())
    if isinstance(value, (list, tuple)):
        return any(is_per_lead(item) for item in value)
    return isinstance(value, Column)


def is_null(value: Any) -> bool:
    """None, what data frames put for it, and a column's cell that is not there."""
    if value is None or value is _ABSENT:
        return True
    if isinstance(value, (str, int)):
        return False
    from airflow_chilipiper.booking.ledger.lead_key import is_missing

    return is_missing(value)


def _value(row: Mapping[str, Any], name: str) -> Any:
    if name in row:
        return row[name]
    same = [column for column in row if str(column).casefold() == name.casefold()]
    if len(same) > 1:
        raise BadValue(f"column {name!r} is ambiguous: the row has {', '.join(same)}")
    return row[same[0]] if same else _ABSENT


def missing_columns(names: Collection[str], *values: Any) -> list[str]:
    """Which columns *values* cannot do without, and rows with columns of these *names* do not have, in any case."""
    known = {str(name).casefold() for name in names}
    return [name for name in dict.fromkeys(_needed(values)) if name.casefold() not in known]


def _needed(value: Any) -> Iterator[str]:
    if isinstance(value, Column) and value.default is _ABSENT:
        yield value.name
    elif isinstance(value, (Mapping, list, tuple)):
        for item in value.values() if isinstance(value, Mapping) else value:
            yield from _needed(item)
