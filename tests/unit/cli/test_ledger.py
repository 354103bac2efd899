"""What the commands do with the ledger: what they print, how they exit, and where they find it."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from airflow_chilipiper.booking.ledger.entry import Entry, State, new_version
from airflow_chilipiper.booking.ledger.lead_key import lead_key
from airflow_chilipiper.booking.ledger.sql.ledger import SqlLedger
from airflow_chilipiper.cli.ledger import RELEASED
from airflow_chilipiper.ledgers import sql_ledger
from tests.unit.cli.commands import LEDGER, Run, a_file, connect, keys, put


def test_a_person_makes_the_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Run) -> None:
    """As after it was lost; once there, nothing is changed."""
    connect(tmp_path, monkeypatch)
    code, _, err = run("list", *LEDGER)
    assert (code, "without the table chilipiper_ledger" in err) == (1, True)
    assert run("create", *LEDGER)[:2] == (0, "the table is there, enforces its keys, and holds no entry yet\n")
    put(sql_ledger("ledger"), "1", "booked", meeting_id="m")
    assert run("create", *LEDGER)[:2] == (0, "the table is there, enforces its keys, and holds entries\n")


def test_a_list_shows_what_is_in_doubt(ledger: SqlLedger, run: Run) -> None:
    states: tuple[State, ...] = ("planned", "sent", "unknown", "review", "booked", "abandoned")
    entries = {state: put(ledger, state, state) for state in states}
    code, out, err = run("list", "--output", "json", *LEDGER)
    assert keys(out) == {entries["sent"].key, entries["unknown"].key, entries["review"].key}
    assert (code, err) == (0, "3 entries in sent, unknown, review\n")


def test_a_list_of_chosen_states_and_purpose(ledger: SqlLedger, run: Run) -> None:
    """A purpose is found however it is spaced, as a lead's is."""
    chosen = put(ledger, "1", "booked", meeting_id="m")
    put(ledger, "2", "review")
    put(ledger, "3", "booked", purpose="autumn", meeting_id="n")
    code, out, err = run("list", "--purpose", " spring", "--state", "booked", "planned", "-o", "json", *LEDGER)
    assert keys(out) == {chosen.key}
    assert (code, err) == (0, "1 entry in booked, planned\n")


def test_json_holds_the_entry_as_it_is(ledger: SqlLedger, run: Run) -> None:
    entry = put(
        ledger, "1", "review", slot="2026-11-24T09:30:00+01:00", attempt=2, sender="d/r/t/-1#1", reason="[/x]\n"
    )
    _, out, _ = run("list", "-o", "json", *LEDGER)
    assert json.loads(out) == [
        {
            "key": entry.key,
            "purpose": "spring",
            "state": "review",
            "slot": "2026-11-24T09:30:00+01:00",
            "sent_at": "2026-11-02T00:00:00Z",
            "attempt": 2,
            "meeting_id": None,
            "sender": "d/r/t/-1#1",
            "reason": "[/x]\n",
        }
    ]


@pytest.mark.parametrize("output", ["table", "plain"])
def test_a_person_sees_each_row_on_a_line_and_nothing_that_acts_on_the_terminal(
    ledger: SqlLedger, run: Run, output: str
) -> None:
    """A reason may quote an answer: it is no markup and no escape sequence."""
    put(ledger, "1", "review", reason="see [/v1] [red]this\x1b[31m\nand that", attempt=0, purpose="s")
    code, out, err = run("list", "--output", output, *LEDGER)
    assert code == 0
    assert "see [/v1] [red]this [31m and that" in out
    assert "\x1b" not in out
    assert "None" not in out
    assert "2026-11-02T00:00:00Z" in out
    assert err == "1 entry in sent, unknown, review\n"


@pytest.mark.parametrize(("output", "printed"), [("table", ""), ("plain", ""), ("json", "[]\n")])
def test_an_empty_list(ledger: SqlLedger, run: Run, output: str, printed: str) -> None:
    assert run("list", "-o", output, *LEDGER) == (0, printed, "0 entries in sent, unknown, review\n")


def test_a_long_list_is_complete(ledger: SqlLedger, run: Run) -> None:
    """Over several pages, and no entry twice."""
    entries = [
        Entry(key=f"{number:064x}", purpose="spring", version=new_version(), state="review") for number in range(1_000)
    ]
    ledger.get_or_create(entries)
    _, out, err = run("list", "-o", "json", "--limit", "5000", *LEDGER)
    assert [entry["key"] for entry in json.loads(out)] == [entry.key for entry in entries]
    assert err.startswith("1000 entries")


@pytest.mark.parametrize(
    ("limit", "said"), [("2", "2 entries in review; there are more\n"), ("3", "3 entries in review\n")]
)
def test_a_list_that_is_cut_says_so(ledger: SqlLedger, run: Run, limit: str, said: str) -> None:
    for lead in "123":
        put(ledger, lead, "review")
    _, out, err = run("list", "--state", "review", "--limit", limit, "-o", "json", *LEDGER)
    assert (len(keys(out)), err) == (int(limit), said)


@pytest.mark.parametrize(
    ("state", "decision", "change"),
    [
        ("unknown", ("resolve", "--booked", "found"), "unknown -> booked"),
        ("review", ("resolve", "--not-booked"), "review -> planned"),
        ("review", ("resolve", "--abandon"), "review -> abandoned"),
        ("booked", ("release",), f"booked -> planned{RELEASED.format('m')}"),
    ],
)
def test_a_decision_is_put_on_record_and_printed_in_one_line(
    ledger: SqlLedger, run: Run, state: State, decision: tuple[str, ...], change: str
) -> None:
    entry = put(ledger, "1", state, meeting_id="m" if state == "booked" else None)
    command, *what = decision
    assert run(command, entry.key[:8], *what, *LEDGER) == (0, f"{entry.key} (spring): {change}\n", "")
    now = ledger.get([entry.key])[entry.key]
    assert now.state == change.partition(".")[0].rpartition(" ")[2]
    assert now.meeting_id == ("found" if now.state == "booked" else None)


def test_the_meeting_on_record_said_again(ledger: SqlLedger, run: Run) -> None:
    entry = put(ledger, "1", "booked", meeting_id="m")
    line = f"{entry.key} (spring): booked already, and left as it is\n"
    assert run("resolve", entry.key, "--booked", "m", *LEDGER) == (0, line, "")


@pytest.mark.parametrize(
    ("on_record", "given"), [("Jo@Example.com", " jo@example.COM"), (42.0, "42"), ("00Q5", "00Q5")]
)
def test_a_lead_is_found_by_its_own_key(ledger: SqlLedger, run: Run, on_record: object, given: str) -> None:
    """By the same rules that made the entry."""
    entry = put(ledger, lead_key(on_record), "review")
    code, out, _ = run("resolve", given, "--purpose", "spring ", "--abandon", *LEDGER)
    assert (code, out) == (0, f"{entry.key} (spring): review -> abandoned\n")


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("release", "{key}"), "the entry is review"),
        (("resolve", "{key}", "--not-booked"), "too early"),
        (("resolve", "0000000", "--abandon"), "64 hexadecimal digits"),
        (("resolve", "00000000", "--abandon"), "no entry has a key that begins so"),
        (("resolve", "1", "--purpose", "autumn", "--abandon"), "no entry for this lead and purpose"),
        (("resolve", "", "--purpose", "spring", "--abandon"), "key is empty"),
    ],
)
def test_what_is_refused_is_printed_on_stderr(
    ledger: SqlLedger, run: Run, arguments: tuple[str, ...], why: str
) -> None:
    entry = put(ledger, "1", "review", no_effect_after=time.time() + 86_400)
    code, out, err = run(*(each.format(key=entry.key) for each in arguments), *LEDGER)
    assert (code, out) == (1, "")
    assert err.startswith("error: ")
    assert why in err
    assert ledger.get([entry.key]) == {entry.key: entry}


def test_the_ledger_is_the_one_that_the_chili_piper_connection_names(
    ledger: SqlLedger, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = put(ledger, "1", "review")
    connection = {"conn_type": "chilipiper", "password": "made-up", "extra": {"ledger_conn_id": "ledger"}}
    monkeypatch.setenv("AIRFLOW_CONN_CHILIPIPER_DEFAULT", json.dumps(connection))
    monkeypatch.setenv("AIRFLOW_CONN_EMEA", json.dumps(connection))
    for conn_id in ((), ("--conn-id", "emea")):
        _, out, _ = run("list", "-o", "json", *conn_id)
        assert keys(out) == {entry.key}


@pytest.mark.parametrize(
    ("connection", "why"),
    [
        ({"password": "made-up"}, "'chilipiper_default' names a ledger connection. A ledger in Airflow's task state"),
        (None, "`chilipiper_default` isn't defined; or name the ledger's own connection with --ledger-conn-id"),
        ({"password": "made up"}, "no API token has; paste it anew"),
        (
            {"password": "made-up", "extra": {"ledger_conn_id": "nowhere"}},
            "ledger_conn_id='nowhere' cannot be used: The conn_id",
        ),
    ],
    ids=["names none", "is not there", "cannot be used", "names one that is not there"],
)
def test_without_a_ledger_connection(
    run: Run, monkeypatch: pytest.MonkeyPatch, connection: dict[str, Any] | None, why: str
) -> None:
    """A clear error, and never the token."""
    if connection is not None:
        given = json.dumps({"conn_type": "chilipiper", **connection})
        monkeypatch.setenv("AIRFLOW_CONN_CHILIPIPER_DEFAULT", given)
    code, out, err = run("list")
    assert (code, out) == (1, "")
    assert why in err
    assert "made" not in err


def test_a_ledger_that_is_away(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_LEDGER", "postgres://robot:hunter2@127.0.0.1:9/ledger")
    code, out, err = run("list", *LEDGER)
    assert (code, out) == (1, "")
    assert "cannot be used: chilipiper_ledger: OperationalError: the database does not answer" in err
    assert "hunter2" not in err


@pytest.fixture
def in_airflows_database(tmp_path: Path) -> Iterator[None]:
    """A Chili Piper connection and that of its ledger, as somebody made them on Airflow's page."""
    from airflow.models.connection import Connection as StoredConnection
    from airflow.utils.session import create_session

    extra = json.dumps({"ledger_conn_id": "kept"})
    made = [
        StoredConnection(conn_id="kept", **a_file(tmp_path)),
        StoredConnection(conn_id="chilipiper_kept", conn_type="chilipiper", password="made-up", extra=extra),
    ]
    with create_session() as session:
        session.add_all(made)
    yield
    with create_session() as session:
        for connection in made:
            session.delete(connection)


@pytest.mark.usefixtures("in_airflows_database")
def test_connections_of_airflows_database_are_found(tmp_path: Path, run: Run) -> None:
    """Outside of a task, where Airflow's SDK looks into environment variables only."""
    ledger = SqlLedger(sa.create_engine(f"sqlite:///{tmp_path}/ledger.db", poolclass=sa.pool.NullPool))
    ledger.create()
    entry = put(ledger, "1", "review")
    code, out, _ = run("list", "-o", "json", "--conn-id", "chilipiper_kept")
    assert (code, keys(out)) == (0, {entry.key})
    assert run("resolve", entry.key, "--booked", "m", "--ledger-conn-id", "kept")[0] == 0
    assert ledger.get([entry.key])[entry.key].meeting_id == "m"


def test_a_ledger_in_postgres(postgres_url: str, monkeypatch: pytest.MonkeyPatch, run: Run) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_LEDGER", postgres_url.replace("postgresql+psycopg2", "postgres"))
    entry = put(sql_ledger("ledger"), "1", "booked", meeting_id="m")
    released = f"{entry.key} (spring): booked -> planned{RELEASED.format('m')}\n"
    assert run("release", entry.key[:12], *LEDGER) == (0, released, "")


@pytest.mark.parametrize("command", [["list"], ["resolve", "0" * 64, "--booked", "m"], ["release", "0" * 64]])
def test_a_database_without_the_table_is_refused_and_left_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Run, command: list[str]
) -> None:
    """To make one there would be to say that nothing is in doubt."""
    connect(tmp_path, monkeypatch)
    code, out, err = run(*command, *LEDGER)
    assert (code, out) == (1, "")
    assert "error: connection 'ledger' leads to a database without the table chilipiper_ledger" in err
    with closing(sqlite3.connect(tmp_path / "ledger.db")) as db:
        assert db.execute("SELECT name FROM sqlite_master").fetchall() == []
