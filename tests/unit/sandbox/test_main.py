"""The command serves until it is interrupted, and says where it is and what it is."""

from __future__ import annotations

import subprocess
import sys

import httpx
import pytest

from airflow_chilipiper.sandbox import Sandbox
from airflow_chilipiper.sandbox.__main__ import greeting, main


def test_the_command_says_where_it_is_and_what_it_is() -> None:
    command = [sys.executable, "-m", "airflow_chilipiper.sandbox", "--port", "0", "--fault-rate", "0.5"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        lines = [process.stdout.readline() for _ in range(5)]
        address = lines[1].split()[1]
        page = httpx.get(address).text
        process.terminate()

    assert "imitation" in lines[0]
    assert "imitation" in page
    assert lines[4].startswith("export AIRFLOW_CONN_CHILIPIPER_DEFAULT='{")
    assert address in lines[4]


def test_the_greeting_can_be_pasted_into_a_shell(box: Sandbox) -> None:
    line = greeting(box).splitlines()[-1]
    script = f'{line}; printf %s "$AIRFLOW_CONN_CHILIPIPER_DEFAULT"'

    assert (
        subprocess.run(["/bin/sh", "-c", script], check=True, capture_output=True, text=True).stdout == box.connection
    )


def test_help_lists_the_options(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])

    assert "--latency" in capsys.readouterr().out
