"""A lead's row, and `col(...)`: which of our fields comes from which column."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

NO_ROWS = "the SQL answered no rows: expected a query"
LONGEST_TEXT = 131_072  # characters, as many as the longest field of Salesforce takes
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_ABSENT: Any = ...  # which copies and pickles of a DAG leave the same object


class BadValue(ValueError):
    """A value of the row, or an argument, is not what it must be; the text says which, and what to do."""


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
        if value is _ABSENT and self.default is _ABSENT:
            raise BadValue(f"there is no column {self.name!r}: the row has {', '.join(map(str, row)) or 'none'}")
        return self.default if is_null(value) and self.default is not _ABSENT else None if is_null(value) else value


def col(name: str, *, default: Any = _ABSENT) -> Any:
    """The column *name* of each lead's row, without regard to case; *default* where it is missing or null.

    Declared as Any so that it fits wherever a constant fits.
    """
    if not (name and isinstance(name, str)):
        raise BadValue(f"col() takes the name of a column, got {name!r}")
    return Column(name, default)


def resolve(value: Any, row: Mapping[str, Any]) -> Any:
    """*value* with every column in it replaced by what *row* has there."""
    if isinstance(value, Column):
        return value.of(row)
    if isinstance(value, Mapping):
        return {key: resolve(item, row) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [resolve(item, row) for item in value]
    return value


def is_per_lead(value: Any) -> bool:
    """Whether *value* may differ by lead."""
    if isinstance(value, Mapping):
        return any(is_per_lead(item) for item in value.values())
    if isinstance(value, (list, tuple)):
        return any(is_per_lead(item) for item in value)
    return isinstance(value, Column)


def is_null(value: Any) -> bool:
    """None, and the not-a-number or not-a-time that data frames put for it."""
    if isinstance(value, Decimal):
        return value.is_nan()
    return value is None or value is _ABSENT or (isinstance(value, (float, date)) and value != value)


def as_form(form: Mapping[str, Any]) -> dict[str, Any]:
    """Form values as text; nulls are left out."""
    return {key: as_text(value, f"form[{key!r}]") for key, value in form.items() if not is_null(value)}


def as_text(value: Any, name: str) -> Any:
    """What a form expects for a warehouse's value.

    Numbers are written in plain digits without a trailing zero (42.0 and Decimal("42.00") are "42"), booleans as "true"
    and "false", dates as 2026-11-02, times of day as 09:30:00, aware datetimes in UTC with Z and naive ones without a
    zone. A list becomes a list of texts. Anything else is refused, and so are texts that nothing takes: those with
    control characters other than tabs and line breaks, with half a surrogate pair, or of more than 131,072 characters.
    """
    if isinstance(value, str):
        return _fit(value, name)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float, Decimal)) and math.isfinite(value):
        return _plain(Decimal(str(value)))
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z") if value.tzinfo else value.isoformat()
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, (list, tuple)):
        return [as_text(item, name) for item in value if not is_null(item)]
    if isinstance(value, (float, Decimal)):
        raise BadValue(f"{name} is {value}, expected a finite number")
    raise BadValue(f"{name} is of type {type(value).__name__}, expected text, a number, a boolean, a date or null")


def _fit(text: str, name: str) -> str:
    if len(text) > LONGEST_TEXT:
        raise BadValue(f"{name} has {len(text)} characters, and there is room for {LONGEST_TEXT}")
    if odd := _CONTROLS.search(text):
        raise BadValue(f"{name} has the character U+{ord(odd[0]):04X} in it, which no text has: clean it in the query")
    return text


def _plain(number: Decimal) -> str:
    """Never rounded: a context's precision cuts long ids."""
    text = format(number, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


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
