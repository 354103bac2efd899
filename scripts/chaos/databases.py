"""A database of its own for a siege: a SQLite file, or one on the servers that the tests use."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory

import pytest

from tests.conftest import DROP_FROM_MARIADB, DROP_FROM_POSTGRES, MARIADB, POSTGRES, own_database

SERVERS = {"postgres": (POSTGRES, DROP_FROM_POSTGRES), "mariadb": (MARIADB, DROP_FROM_MARIADB)}
DATABASES = ("sqlite", *SERVERS)


class Absent(Exception):
    """Why this database is not to be had here."""


@contextmanager
def database(name: str) -> Iterator[str]:
    """Its SQLAlchemy URL, while the block runs."""
    if name == "sqlite":
        with TemporaryDirectory() as folder:
            yield f"sqlite:///{folder}/ledger.db"
        return
    url, drop = SERVERS[name]
    try:
        with own_database(url, drop=drop) as own:
            yield own
    except (pytest.skip.Exception, pytest.fail.Exception) as away:
        raise Absent(str(away)) from None
