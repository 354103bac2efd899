"""Which ledger a task gets, by its connection; and none that forgets where one is needed."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from airflow_chilipiper._compat import AirflowException, AirflowFailException
from airflow_chilipiper.booking.ledger import MemoryLedger, Row
from airflow_chilipiper.booking.sql_ledger import SqlLedger
from airflow_chilipiper.ledgers import ledger_of, sender_of, sql_ledger, unfit


def connect(monkeypatch: pytest.MonkeyPatch, **fields: Any) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_LEDGER", json.dumps(fields))


def row(key: str) -> Row:
    return Row(key=key, purpose="q3", mark="m" * 32)


def test_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """The table is made once, and outlives the ledger."""
    connect(monkeypatch, conn_type="sqlite", host=str(tmp_path / "ledger.db"))
    assert ledger_of("ledger", try_number=2).begin([row("a")]) == [row("a")]
    assert ledger_of("ledger").look(["a", "b"]) == {"a": row("a")}
    assert caplog.text.count("Made the table chilipiper_ledger") == 1


def test_postgres(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_LEDGER", postgres_url.replace("postgresql+psycopg2", "postgres"))
    ledger = sql_ledger("ledger")
    assert isinstance(ledger, SqlLedger)
    assert ledger.begin([row("a")]) == [row("a")]
    assert sql_ledger("ledger").look(["a"]) == {"a": row("a")}


@pytest.mark.parametrize("host", [None, ":memory:"], ids=repr)
def test_memory_remembers_nobody(monkeypatch: pytest.MonkeyPatch, host: str | None) -> None:
    connect(monkeypatch, conn_type="sqlite", host=host)
    with pytest.raises(AirflowFailException, match="'ledger' leads to SQLite in memory"):
        ledger_of("ledger")


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"conn_type": "chilipiper", "password": "hidden"}, "'ledger' is no SQL connection"),
        ({"conn_type": "http", "host": "x", "password": "hidden"}, "ledger"),
        ({"conn_type": "snowflake", "host": "x", "password": "hidden"}, "snowflake"),
    ],
    ids=["chilipiper", "http", "snowflake"],
)
def test_what_holds_no_ledger(monkeypatch: pytest.MonkeyPatch, fields: dict[str, Any], told: str) -> None:
    """Whether its provider is installed or not; no retry can cure it."""
    connect(monkeypatch, **fields)
    with pytest.raises(AirflowFailException, match=told) as raised:
        ledger_of("ledger")
    assert "hidden" not in str(raised.value)


def test_databases_that_declare_keys_without_enforcing_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """Redshift answers as Postgres, by its extra or its address; a warehouse is refused before it is asked."""
    assert unfit("snowflake", "db", "") == "snowflake"
    assert unfit("mysql", "db", "") == "mysql"
    assert unfit("postgresql", "db", "cluster.eu-1.redshift.amazonaws.com None") == "Redshift"
    assert unfit("postgresql", "db", "127.0.0.1 {}") is None
    connect(monkeypatch, conn_type="postgres", host="127.0.0.1", extra={"redshift": True})
    with pytest.raises(AirflowFailException, match=r"leads to Redshift: it takes .* Postgres or a SQLite file"):
        sql_ledger("ledger")


def test_no_such_connection() -> None:
    """That can be mended while the task waits for its retry."""
    with pytest.raises(AirflowException, match="nowhere") as raised:
        ledger_of("nowhere")
    assert not isinstance(raised.value, AirflowFailException)


def test_without_a_connection(caplog: pytest.LogCaptureFixture) -> None:
    """One try is protected, and the log says what is not; a second try is refused."""
    assert isinstance(ledger_of(None), MemoryLedger)
    assert isinstance(ledger_of(""), MemoryLedger)
    assert "a retry, a cleared task or another DAG run knows nothing of it" in caplog.text
    with pytest.raises(AirflowFailException, match=r"try 2 .*Set ledger_conn_id"):
        ledger_of(None, try_number=2)


def test_who_sends() -> None:
    ti = SimpleNamespace(dag_id="d", run_id="r", task_id="t", map_index=3, try_number=2)
    assert sender_of(ti) == "d/r/t/3#2"
