"""What a database's error says, without what it may quote of a row."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from airflow_chilipiper.api.http.redaction import scrub

# An apostrophe within a word opens nothing; what is not closed goes to the end.
_QUOTED = re.compile(r"""(?<!\w)(['"`])(.*?)(?:\1(?!\w)|$)""")
_VALUE = re.compile(r"(\bvalue:\s*).*", re.IGNORECASE)
OF_ROWS = ("DataError", "IntegrityError")
BOOKINGS_STAND = "The bookings stand and are on record: mend that and run the task again, which books nobody twice"


class WarehouseFailed(Exception):
    """A database did not do what was asked of it; another try may fare better."""


class RowsRefused(WarehouseFailed):
    """The database does not take one of these rows, however often it is asked."""


def unwritten(error: Exception, text: str) -> WarehouseFailed:
    """What to raise where rows were not written; PEP 249 has names for what is wrong with values alone."""
    is_of_rows = any(kind.__name__ in OF_ROWS for kind in type(error).__mro__)
    return (RowsRefused if is_of_rows else WarehouseFailed)(f"{text}. {BOOKINGS_STAND}")


def describe(error: Exception, sql: str, *, secrets: Iterable[Any] = ()) -> str:
    """The error's kind and its first line: the lines below it quote rows, and so does what it quotes itself.

    Quoted words are shown only if the statement has them. *secrets* are its parameters.
    """
    args = error.args
    is_numbered = len(args) == 2 and isinstance(args[0], int)  # as MySQL's drivers have it
    line = str(args[1] if is_numbered else error).strip().partition("\n")[0]
    line = _VALUE.sub(r"\1***", _without_values(line, sql))
    return f"{type(error).__name__}: {scrub(line, secrets=tuple(map(str, secrets)))}"


def _without_values(line: str, sql: str) -> str:
    for quoted in _QUOTED.finditer(line):
        if not _is_in(quoted[2].rpartition(".")[2], sql):
            last = max(line.rfind(sign) for sign in "'\"`")
            return f"{line[: quoted.start()]}***{line[max(quoted.end(), last + 1) :]}"
    return line


def _is_in(word: str, sql: str) -> bool:
    return bool(re.search(rf"(?<!\w){re.escape(word)}(?!\w)", sql, re.IGNORECASE))
