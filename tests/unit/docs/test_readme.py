"""The README: short, and its code runs as it is printed."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from airflow.sdk import Connection

from airflow_chilipiper.connection.settings import settings_of
from airflow_chilipiper.sandbox import Sandbox

if TYPE_CHECKING:
    from airflow.models.dagrun import DagRun
    from airflow.sdk import DAG

ROOT = Path(__file__).parents[3]
README = (ROOT / "README.md").read_text()
FIRST_BOOKING, NIGHTLY = re.findall(r"```python\n(.*?)```", README, re.DOTALL)

Run = Callable[..., "DagRun"]
Parse = Callable[[Path], "DAG"]


@pytest.fixture
def printed(tmp_path: Path, parse: Parse) -> Callable[[str], DAG]:
    """The DAG of a code block, saved as it stands."""

    def printed(code: str) -> DAG:
        file = tmp_path / "printed.py"
        file.write_text(code)
        return parse(file)

    return printed


def test_it_is_read_in_a_minute() -> None:
    """At most 500 words, as `wc -w` counts them."""
    assert len(README.split()) <= 500


def test_a_first_booking_takes_8_lines_and_a_nightly_dag_14() -> None:
    assert len(FIRST_BOOKING.splitlines()) <= 8
    assert len(NIGHTLY.splitlines()) <= 14


def test_what_it_links_to_is_there() -> None:
    """But for other sites."""
    targets = re.findall(r"\]\((?!https://)([^)#]+)", README)
    assert targets
    assert [target for target in targets if not (ROOT / target).exists()] == []


def test_its_connection_is_one_that_can_be_used() -> None:
    (line,) = re.findall(r"AIRFLOW_CONN_CHILIPIPER_DEFAULT='(.*)'", README)
    given = json.loads(line)
    given["extra"] = json.dumps(given["extra"])
    settings = settings_of(Connection(conn_id="chilipiper_default", **given))
    assert (settings.client.token, settings.ledger_conn_id) == ("TOKEN", "ledger")


def test_the_first_booking_books(run_dag: Run, box: Sandbox, printed: Callable[[str], DAG]) -> None:
    assert run_dag(printed(FIRST_BOOKING)).state == "success"

    assert [meeting["guest"] for meeting in box.meetings] == ["jo@example.com"]


def test_the_nightly_dag_books_and_writes_back_and_the_next_night_books_nobody_twice(
    run_dag: Run, box: Sandbox, leads: Path, printed: Callable[[str], DAG], monkeypatch: pytest.MonkeyPatch
) -> None:
    with_ledger = box.connection_with(box.token, ledger_conn_id="ledger")
    monkeypatch.setenv("AIRFLOW_CONN_CHILIPIPER_DEFAULT", with_ledger)
    assert run_dag(printed(NIGHTLY)).state == "success"

    booked = {meeting["guest"]: meeting["meetingId"] for meeting in box.meetings}
    assert len(booked) == 2
    with closing(sqlite3.connect(leads)) as connection, connection:
        assert dict(connection.execute("SELECT email, meeting_id FROM leads")) == booked
        connection.execute("UPDATE leads SET meeting_id = NULL")

    assert run_dag(printed(NIGHTLY)).state == "success"
    assert len(box.meetings) == 2
