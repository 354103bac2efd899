"""Each database that can hold the ledger."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from airflow_chilipiper.booking.ledger.sql.ledger import SqlLedger

DATABASES = ["sqlite", "postgres", "mariadb"]
Open = Callable[..., sa.engine.Engine]


@pytest.fixture(params=DATABASES)
def open_engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Open]:
    """Makes engines for one and the same empty database."""
    fresh = {"postgres": "postgres_schema_url", "mariadb": "mariadb_url"}
    url = request.getfixturevalue(fresh[request.param]) if request.param in fresh else f"sqlite:///{tmp_path}/ledger.db"
    yield from opening(url)


@pytest.fixture(params=DATABASES)
def open_ledger_engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Open]:
    """Makes engines for one and the same database with an empty ledger."""
    is_file = request.param == "sqlite"
    url = f"sqlite:///{tmp_path}/ledger.db" if is_file else request.getfixturevalue(f"shared_{request.param}_url")
    for open_ in opening(url):
        SqlLedger(engine := open_()).create()
        with engine.begin() as db:
            db.exec_driver_sql("delete from chilipiper_ledger")
        yield open_


@pytest.fixture
def engine(open_ledger_engine: Open) -> sa.engine.Engine:
    return open_ledger_engine()


@pytest.fixture
def ledger(engine: sa.engine.Engine) -> SqlLedger:
    return SqlLedger(engine)


def opening(url: str) -> Iterator[Open]:
    engines: list[sa.engine.Engine] = []

    def open_(**options: object) -> sa.engine.Engine:
        engines.append(sa.create_engine(url, hide_parameters=True, **options))
        return engines[-1]

    yield open_
    for engine in engines:
        engine.dispose()
