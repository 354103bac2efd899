"""A ledger in a SQLite file, and what gives commands in this process."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from airflow_chilipiper import cli
from airflow_chilipiper.booking.ledger.sql.ledger import SqlLedger
from airflow_chilipiper.ledgers import sql_ledger
from tests.unit.cli.commands import Run, connect


@pytest.fixture(autouse=True)
def own_process_context(airflow_db: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands ask Airflow's database, and what they set for their process ends with the test."""
    monkeypatch.setenv("_AIRFLOW_PROCESS_CONTEXT", "client")


@pytest.fixture
def ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SqlLedger:
    connect(tmp_path, monkeypatch)
    return sql_ledger("ledger")


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Give a command in this process: its exit code, and what it printed to stdout and to stderr."""

    def run(*arguments: str) -> tuple[int, str, str]:
        code: Any = 0
        try:
            cli.main(["ledger", *arguments])
        except SystemExit as end:
            code = end.code
        out, err = capsys.readouterr()
        return (code, out, err) if isinstance(code, int) else (1, out, err + code)

    return run
