"""Which ledger a task gets, by its connection; and none that forgets where one is needed."""

from __future__ import annotations

import gc
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa

from airflow_chilipiper.arguments.bad_value import BadValue
from airflow_chilipiper.booking.ledger.entry import Entry
from airflow_chilipiper.booking.ledger.memory import MemoryLedger
from airflow_chilipiper.booking.ledger.sql.ledger import SqlLedger
from airflow_chilipiper.booking.ledger.sql.table import COLUMNS
from airflow_chilipiper.booking.ledger.task_state import TaskStateLedger
from airflow_chilipiper.ledgers import doubts_about_file, ledger_in, ledger_of, sender_of, sql_hook, sql_ledger, unfit
from airflow_chilipiper.version_compat import AirflowException, AirflowFailException


def connect(monkeypatch: pytest.MonkeyPatch, **fields: Any) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_LEDGER", json.dumps(fields))


def entry(key: str) -> Entry:
    return Entry(key=key, purpose="q3", version="m" * 32)


def test_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """The table is made once, and outlives the ledger."""
    connect(monkeypatch, conn_type="sqlite", host=str(tmp_path / "ledger.db"))
    assert ledger_of("ledger").get_or_create([entry("a")]) == [entry("a")]
    assert ledger_of("ledger", try_number=2).get(["a", "b"]) == {"a": entry("a")}
    assert caplog.text.count("Made the table chilipiper_ledger") == 1


def test_a_second_try_makes_no_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An earlier one had it, and with it whom that one invited; a third would book them again."""
    connect(monkeypatch, conn_type="sqlite", host=str(tmp_path / "ledger.db"))
    for try_number in (2, 3):
        with pytest.raises(AirflowFailException, match=rf"'ledger' leads to .* try {try_number}: .* `ledger create`"):
            ledger_of("ledger", try_number=try_number)
    assert sql_ledger("ledger").list() == []
    assert ledger_of("ledger", try_number=2).list() == []


def test_a_new_file_is_its_owners_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that is there stays as its owner has made it."""
    connect(monkeypatch, conn_type="sqlite", host=str(tmp_path / "ledger.db"))
    ledger_of("ledger")
    assert (tmp_path / "ledger.db").stat().st_mode & 0o777 == 0o600
    (tmp_path / "ledger.db").chmod(0o640)
    ledger_of("ledger")
    assert (tmp_path / "ledger.db").stat().st_mode & 0o777 == 0o640


def test_a_relative_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each folder would have a ledger of its own."""
    monkeypatch.chdir(tmp_path)
    connect(monkeypatch, conn_type="sqlite", host="ledger.db")
    with pytest.raises(AirflowFailException, match=r"leads to ledger\.db, .* each folder: give .* absolute path"):
        ledger_of("ledger")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("part", ["a mapped task", "shard 0/2"])
def test_a_part_of_many_needs_a_connection(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: str) -> None:
    """Behind a map index or a shard stands whatever the query answers this time; no retry cures that."""
    for store in (None, object()):
        with pytest.raises(AirflowFailException, match=rf"{part} needs a ledger connection: .*Set ledger_conn_id"):
            ledger_of(None, store=store, part=part)
    connect(monkeypatch, conn_type="sqlite", host=str(tmp_path / "ledger.db"))
    assert ledger_of("ledger", part=part).list() == []


@pytest.mark.parametrize(("map_index", "refused"), [(-1, False), (0, True), (3, True)])
def test_code_in_a_mapped_task_is_a_part_of_many(map_index: int, refused: bool) -> None:
    context = {"ti": SimpleNamespace(try_number=1, map_index=map_index)}
    if not refused:
        assert isinstance(ledger_in(context, None), MemoryLedger)
        return
    with pytest.raises(AirflowFailException, match="a mapped task needs a ledger connection"):
        ledger_in(context, None)


def test_postgres(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_LEDGER", postgres_url.replace("postgresql+psycopg2", "postgres"))
    ledger = sql_ledger("ledger")
    assert isinstance(ledger, SqlLedger)
    assert ledger.get_or_create([entry("a")]) == [entry("a")]
    assert sql_ledger("ledger").get(["a"]) == {"a": entry("a")}


def test_a_table_that_is_not_to_be_made_is_refused_where_it_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What only reads the ledger must not say of a wrong database that nothing is in doubt."""
    connect(monkeypatch, conn_type="sqlite", host=str(tmp_path / "ledger.db"))
    for _ in range(2):
        with pytest.raises(AirflowFailException, match=r"'ledger' .* without the table chilipiper_ledger.*: name the"):
            sql_ledger("ledger", create=False)
    sql_ledger("ledger").get_or_create([entry("a")])
    assert sql_ledger("ledger", create=False).get(["a"]) == {"a": entry("a")}


@pytest.mark.parametrize("database", ["sqlite", "postgres"])
def test_nothing_stays_open_once_nobody_holds_the_ledger(
    database: str, tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, opened: set[int]
) -> None:
    connect(monkeypatch, conn_type="sqlite", host=str(tmp_path / "ledger.db"))
    if database == "postgres":
        url = request.getfixturevalue("postgres_schema_url").replace("postgresql+psycopg2", "postgres")
        monkeypatch.setenv("AIRFLOW_CONN_LEDGER", url)
    ledger = sql_ledger("ledger")
    ledger.get_or_create([entry("a")])
    assert opened
    del ledger
    gc.collect()
    assert not opened


@pytest.fixture
def opened() -> Iterator[set[int]]:
    """The database connections that are open now, of those that SQLAlchemy has opened during the test."""
    now: set[int] = set()
    events = {"connect": lambda one, _: now.add(id(one)), "close": lambda one, _: now.discard(id(one))}
    for event, hear in events.items():
        sa.event.listen(sa.pool.Pool, event, hear)
    yield now
    for event, hear in events.items():
        sa.event.remove(sa.pool.Pool, event, hear)


@pytest.mark.parametrize("host", [None, ":memory:"], ids=repr)
def test_memory_remembers_nobody(monkeypatch: pytest.MonkeyPatch, host: str | None) -> None:
    connect(monkeypatch, conn_type="sqlite", host=host)
    with pytest.raises(AirflowFailException, match="'ledger' leads to SQLite in memory"):
        ledger_of("ledger")


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"conn_type": "chilipiper", "password": "hidden"}, "'ledger' is no SQL connection"),
        ({"conn_type": "http", "host": "x", "password": "hidden"}, "ledger"),
        ({"conn_type": "snowflake", "host": "x", "password": "hidden"}, "snowflake"),
    ],
    ids=["chilipiper", "http", "snowflake"],
)
def test_what_holds_no_ledger(monkeypatch: pytest.MonkeyPatch, fields: dict[str, Any], message: str) -> None:
    """Whether its provider is installed or not; no retry can cure it."""
    connect(monkeypatch, **fields)
    with pytest.raises(AirflowFailException, match=message) as raised:
        ledger_of("ledger")
    assert "hidden" not in str(raised.value)


def test_databases_that_declare_keys_without_enforcing_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """Redshift answers as Postgres, by its extra or its address; a warehouse is refused before it is asked."""
    assert unfit("snowflake", "db", "") == "snowflake, which declares keys without enforcing them"
    redshift = "redshift, which declares keys without enforcing them"
    assert unfit("postgresql", "db", "cluster.eu-1.redshift.amazonaws.com None") == redshift
    for dialect in ("postgresql", "mysql", "mariadb", "sqlite", "mssql"):
        assert unfit(dialect, "/db", "archive.example.com {}") is None
    connect(monkeypatch, conn_type="postgres", host="127.0.0.1", extra={"redshift": True})
    with pytest.raises(AirflowFailException, match=r"leads to redshift, .*: the ledger takes .* Postgres, MySQL"):
        sql_ledger("ledger")


def test_a_database_that_turns_out_not_to_enforce_its_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody can name all of them beforehand; no retry can cure it."""
    connect(monkeypatch, conn_type="sqlite", host=str(tmp_path / "ledger.db"))
    with closing(sqlite3.connect(tmp_path / "ledger.db")) as db:
        db.execute(f"create table chilipiper_ledger ({', '.join(COLUMNS)})")
    with pytest.raises(
        AirflowFailException, match=r"'ledger' cannot hold the ledger: .* takes two entries with one key"
    ):
        sql_ledger("ledger")


def test_a_table_that_is_made_beside_one_in_another_schema_is_warned_about(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """As where the search path was changed; once it is there, nothing is said any more."""
    url = postgres_url.replace("postgresql+psycopg2", "postgres")
    monkeypatch.setenv("AIRFLOW_CONN_LEDGER", url)
    sql_ledger("ledger")
    assert "has one already" not in caplog.text
    engine = sa.create_engine(postgres_url)
    with engine.begin() as db:
        db.execute(sa.text("create schema later"))
    engine.dispose()
    monkeypatch.setenv("AIRFLOW_CONN_LEDGER", f"{url}{'&' if '?' in url else '?'}options=-csearch_path%3Dlater")
    sql_ledger("ledger")
    (warning,) = [each.getMessage() for each in caplog.records if "has one already" in each.getMessage()]
    assert "made in schema later over connection ledger, though schema public of the same database" in warning
    caplog.clear()
    sql_ledger("ledger")
    assert "has one already" not in caplog.text


def test_a_connection_whose_provider_is_not_installed_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    connect(monkeypatch, conn_type="oracle_of_delphi", host="127.0.0.1")
    to_do = "so install the provider package for connections of this type"
    with pytest.raises(AirflowFailException, match=to_do):
        sql_ledger("ledger")
    with pytest.raises(BadValue, match=to_do):
        sql_hook("ledger", "sql_conn_id")


def test_a_file_on_one_of_several_machines_is_warned_about(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    connect(monkeypatch, conn_type="sqlite", host=str(tmp_path / "ledger.db"))
    sql_ledger("ledger")
    assert "doubt" not in caplog.text
    monkeypatch.setenv("AIRFLOW__CORE__EXECUTOR", "LocalExecutor, CeleryExecutor")
    sql_ledger("ledger")
    assert "a SQLite file, and with CeleryExecutor tasks may run on several machines" in caplog.text


def test_only_a_file_is_doubted_for_its_executor() -> None:
    assert doubts_about_file("postgresql", "CeleryExecutor") == []
    assert doubts_about_file("sqlite", None) == doubts_about_file("sqlite", "SequentialExecutor") == []


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


def test_the_task_state_is_the_ledger_where_no_connection_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """At whatever try; and one line says what it does not protect."""
    connect(monkeypatch, conn_type="sqlite", host=str(tmp_path / "ledger.db"))
    assert isinstance(ledger_of("ledger", store=object()), SqlLedger)
    assert "another DAG run" not in caplog.text
    assert isinstance(ledger_of(None, store=object(), try_number=2), TaskStateLedger)
    assert caplog.text.count("another DAG run or task knows nothing of it") == 1
    assert "in doubt" not in caplog.text


@pytest.mark.parametrize("setting", ["STATE_STORE__CLEAR_ON_SUCCESS", "WORKERS__STATE_STORE_BACKEND"])
def test_a_task_state_that_may_forget_is_logged(
    setting: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv(f"AIRFLOW__{setting}", "True")
    ledger_of(None, store=object())
    assert setting.rpartition("__")[2].lower() in caplog.text
