"""Example DAGs for real: Airflow, a sandbox on a port, a warehouse and a ledger in databases of their own."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from airflow_chilipiper.sandbox import Sandbox, sandbox

if TYPE_CHECKING:
    from airflow.models.dagrun import DagRun
    from airflow.sdk import DAG


EXAMPLES = Path(__file__).parents[3] / "example_dags"

LEADS = "crm_id, email, first_name, last_name, company, company_size, country, timezone"

MEETING = "meeting_id, meeting_status, meeting_start, meeting_host, meeting_note"

Run = Callable[..., "DagRun"]


def example(name: str) -> DAG:
    """Parsed anew, since `dag.test` leaves rendered templates behind; without an error or a warning."""
    from tests.dagbag import DagBag

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        bag = DagBag(EXAMPLES / f"{name}.py")
    assert bag.import_errors == {}
    assert bag.captured_warnings == {}
    assert [str(each.message) for each in caught if "example_dags" in each.filename] == []
    return bag.dags[name]


@pytest.fixture
def box() -> Iterator[Sandbox]:
    with sandbox(requests_per_second=200) as served:
        yield served


class Warehouse:
    """A database as the examples reach it by the connection `warehouse`."""

    def __init__(self, url: str | sa.URL) -> None:
        self.engine = sa.create_engine(url, poolclass=sa.NullPool)

    def create(self, table: str, columns: str, *rows: tuple[Any, ...]) -> None:
        """A table whose columns are all text, but for its id."""
        named = [sa.Column(name, sa.Text) for name in f"{columns}, {MEETING}".split(", ")]
        made = sa.Table(table, sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True), *named)
        names = columns.split(", ")
        with self.engine.begin() as connection:
            made.create(connection)
            for number, row in enumerate(rows, 1):
                connection.execute(made.insert().values(id=number, **dict(zip(names, row, strict=True))))

    def column(self, name: str, table: str) -> dict[int, Any]:
        with self.engine.connect() as connection:
            rows = connection.execute(sa.text(f"SELECT id, {name} FROM {table} ORDER BY id"))
            return {row.id: row[1] for row in rows}

    def outcomes(self, table: str) -> list[tuple[Any, ...]]:
        with self.engine.connect() as connection:
            rows = connection.execute(sa.text(f"SELECT lead_key, meeting_id, status, map_index FROM {table}"))
            return [tuple(row) for row in rows]

    def forget(self, table: str) -> None:
        """As if the write-back had been lost."""
        with self.engine.begin() as connection:
            connection.execute(sa.text(f"UPDATE {table} SET meeting_id = NULL, meeting_start = NULL"))


@pytest.fixture
def warehouse(tmp_path: Path, box: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Warehouse:
    """SQLite files behind the connections `warehouse` and `ledger`."""
    for name in ("warehouse", "ledger"):
        connection = {"conn_type": "sqlite", "host": str(tmp_path / f"{name}.db")}
        monkeypatch.setenv(f"AIRFLOW_CONN_{name.upper()}", json.dumps(connection))
    monkeypatch.setenv("AIRFLOW_CONN_CHILIPIPER_DEFAULT", box.connection)
    return Warehouse(f"sqlite:///{tmp_path}/warehouse.db")


@pytest.fixture
def postgres_warehouse(postgres_url: str, box: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Warehouse:
    """The same, both in one Postgres database."""
    url = sa.make_url(postgres_url)
    place = {"host": url.host, "port": url.port, "login": url.username, "password": url.password}
    for name in ("WAREHOUSE", "LEDGER"):
        connection = {"conn_type": "postgres", "schema": url.database, **place}
        monkeypatch.setenv(f"AIRFLOW_CONN_{name}", json.dumps(connection))
    monkeypatch.setenv("AIRFLOW_CONN_CHILIPIPER_DEFAULT", box.connection)
    return Warehouse(url)


def on_record(box: Sandbox) -> dict[str, str]:
    """The sandbox's meetings: ids by guest, of whom nobody has two."""
    meetings = {each["guest"]: each["meetingId"] for each in box.meetings}
    assert len(meetings) == len(box.meetings)
    return meetings


def lead(number: int, *, email: str | None = None, size: int = 250, country: str = "France") -> tuple[Any, ...]:
    mail = f"lead{number}@example.com" if email is None else email
    return (f"00Q{number:012}", mail, "Jo", "Doe", "Acme", str(size), country, None)


def without_retries(dag: DAG) -> DAG:
    """`dag.test` waits for the delay of a retry."""
    for each in dag.tasks:
        each.retries = 0
    return dag
