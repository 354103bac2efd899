"""The command line: how it is understood, as Airflow's own and as a process, and what loading it costs."""

from __future__ import annotations

import pytest

from airflow_chilipiper import cli
from airflow_chilipiper.booking.ledger import entry as ledgers
from airflow_chilipiper.booking.ledger.sql.ledger import SqlLedger
from airflow_chilipiper.cli.ledger import RELEASED
from airflow_chilipiper.version_compat import airflow_version
from tests.unit.cli.commands import LEDGER, Run, keys, process, put

LOADS_COMMANDS = tuple(map(int, airflow_version().split(".")[:2])) >= (3, 2)


@pytest.mark.usefixtures("ledger")
def test_a_process_prints_nothing_but_the_entries_and_exits_as_it_says(monkeypatch: pytest.MonkeyPatch) -> None:
    """What Airflow and we log goes to stderr, so that a script can read stdout."""
    monkeypatch.setenv("AIRFLOW__CORE__EXECUTOR", "CeleryExecutor")
    listed = process("-m", "airflow_chilipiper", "ledger", "list", "-o", "json", *LEDGER)
    assert (listed.returncode, listed.stdout) == (0, "[]\n"), listed.stderr
    assert "The ledger over connection ledger is in doubt" in listed.stderr
    refused = process("-m", "airflow_chilipiper", "ledger", "release", "00000000", *LEDGER)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.splitlines()[-1] == "error: no entry has a key that begins so"


@pytest.mark.skipif(not LOADS_COMMANDS, reason="this Airflow loads no commands of providers")
def test_airflow_has_the_commands(
    ledger: SqlLedger, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Found through the installed provider, and run by its own parser."""
    from airflow.cli.cli_parser import get_parser

    entry = put(ledger, "1", "review")

    def airflow(*arguments: str) -> str:
        asked = get_parser().parse_args(["chilipiper", "ledger", *arguments, *LEDGER])
        asked.func(asked)
        return capsys.readouterr().out

    assert keys(airflow("list", "--state", "review", "--output", "json")) == {entry.key}
    assert airflow("resolve", entry.key, "--booked", "m") == f"{entry.key} (spring): review -> booked\n"
    released = f"{entry.key} (spring): booked -> planned{RELEASED.format('m')}\n"
    assert airflow("release", "1", "--purpose", "spring") == released
    with pytest.raises(SystemExit) as ended:
        airflow("resolve", entry.key, "--not-booked", "--abandon")
    assert ended.value.code == 2


@pytest.mark.skipif(not LOADS_COMMANDS, reason="this Airflow loads no commands of providers")
@pytest.mark.parametrize("command", ["create", "list", "resolve", "release"])
def test_airflow_shows_the_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    from airflow.cli.cli_parser import get_parser

    with pytest.raises(SystemExit) as ended:
        get_parser().parse_args(["chilipiper", "ledger", command, "--help"])
    assert ended.value.code == 0
    out = " ".join(capsys.readouterr().out.split())
    assert "--ledger-conn-id" in out
    assert ("may invite it once more" in out) == (command == "release")


def test_every_airflow_command_loads_the_description_only() -> None:
    """Airflow imports it at the start of each of its own commands."""
    ask = (
        "import sys, airflow.cli.cli_config, airflow_chilipiper; before = set(sys.modules)\n"
        "from airflow_chilipiper.cli import get_cli_commands; get_cli_commands()\n"
        "print(sorted(set(sys.modules) - before))"
    )
    asked = process("-c", ask)
    assert asked.stdout.splitlines()[-1] == "['airflow_chilipiper.cli']", asked.stderr


def test_the_description_names_the_states_of_the_ledger() -> None:
    assert cli.STATES == ledgers.STATES
    assert cli.IN_DOUBT == ledgers.IN_DOUBT


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("resolve", "00000000"),
        ("resolve", "00000000", "--not-booked", "--abandon"),
        ("resolve", "--abandon"),
        ("release",),
        ("list", "--state", "lost"),
        ("list", "--limit", "0"),
        ("list", "--limit", "many"),
    ],
)
def test_what_is_not_understood_exits_with_2(run: Run, arguments: tuple[str, ...]) -> None:
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert "usage: python -m airflow_chilipiper ledger" in err
