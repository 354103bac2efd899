"""The command line: `airflow chilipiper ...` from Airflow 3.2 on, `python -m airflow_chilipiper ...` everywhere.

Airflow imports this whenever its own command line starts, so it describes the commands and loads none of them.
"""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Callable, Sequence
from typing import Any

from airflow.cli.cli_config import ActionCommand, Arg, CLICommand, GroupCommand, lazy_load_command

STATES = ("planned", "sent", "unknown", "review", "booked", "abandoned")
IN_DOUBT = ("sent", "unknown", "review")


class Arguments(Arg):
    """All arguments of a command, written for argparse itself: Airflow's own Arg knows no groups."""

    def __init__(self, add: Callable[[ArgumentParser], None]) -> None:
        super().__init__(flags=("--",))  # type: ignore[no-untyped-call]  # Airflow sorts by it
        self._add = add

    def add_to_parser(self, parser: ArgumentParser) -> None:
        self._add(parser)


def get_cli_commands() -> list[CLICommand]:
    """What Airflow adds to its own commands."""
    return [GroupCommand(name="chilipiper", help="Chili Piper bookings", subcommands=(_ledger(),))]


def main(arguments: Sequence[str] | None = None) -> None:
    """The same commands without Airflow's command line."""
    parser = ArgumentParser(prog="python -m airflow_chilipiper", description="Chili Piper bookings")
    _add(parser.add_subparsers(required=True, metavar="COMMAND"), _ledger())
    asked = parser.parse_args(arguments)
    asked.func(asked)


def _add(parsers: Any, command: CLICommand) -> None:
    parser = parsers.add_parser(command.name, help=command.help, description=command.description or command.help)
    if isinstance(command, GroupCommand):
        below = parser.add_subparsers(required=True, metavar="COMMAND")
        for each in command.subcommands:
            _add(below, each)
    else:
        for arg in command.args:
            arg.add_to_parser(parser)
        parser.set_defaults(func=command.func)


def _ledger() -> GroupCommand:
    commands = (
        _command(
            "create",
            "Make the ledger's table where it is missing: it knows nobody yet, so be sure that nobody was booked there",
            _connections,
            "create",
        ),
        _command("list", "List entries of the ledger, by default those in doubt", _of_list, "list_entries"),
        _command("resolve", "Say what became of a booking in doubt", _of_resolve, "resolve"),
        _command(
            "release",
            "Let a booked lead be booked again: the next run may invite it once more, and the meeting in Chili Piper"
            " stays as it is",
            _of_entry,
            "release",
        ),
    )
    return GroupCommand(name="ledger", help="See and change what is on record about leads", subcommands=commands)


def _command(name: str, purpose: str, add: Callable[[ArgumentParser], None], function: str) -> ActionCommand:
    exits = "Exits with 0 if it is done, 1 if it is refused (the reason is on stderr), 2 if it is not understood."
    load = lazy_load_command(f"airflow_chilipiper.cli.ledger.{function}")
    return ActionCommand(name, purpose, load, (Arguments(add),), description=f"{purpose}. {exits}")


def _of_list(parser: ArgumentParser) -> None:
    parser.add_argument("--purpose", help="only entries of this purpose")
    parser.add_argument(
        "--state", nargs="+", choices=STATES, default=IN_DOUBT, help=f"in these states (default: {' '.join(IN_DOUBT)})"
    )
    parser.add_argument(
        "-o",
        "--output",
        choices=("table", "json", "plain"),
        default="table",
        help="json for programs, plain for one line an entry (default: table)",
    )
    parser.add_argument("--limit", type=_count, help="at most so many entries (default: all)")
    _connections(parser)


def _of_resolve(parser: ArgumentParser) -> None:
    _of_entry(parser)
    became = parser.add_mutually_exclusive_group(required=True)
    became.add_argument("--booked", metavar="MEETING_ID", help="this meeting was made, though its answer was lost")
    became.add_argument(
        "--not-booked",
        action="store_true",
        help="you have looked in Chili Piper and there is no meeting: the next run books the lead. Of an entry in"
        " review only, and once no delayed booking can appear any more",
    )
    became.add_argument(
        "--abandon", action="store_true", help="never book the lead for this purpose. Of an entry in review only"
    )


def _of_entry(parser: ArgumentParser) -> None:
    parser.add_argument(
        "key",
        metavar="KEY",
        help="the entry's key as `ledger list` shows it, or its first 8 characters or more; with --purpose the lead's"
        " own key, as it stands in its column; of a number 42, not 42.0",
    )
    parser.add_argument("--purpose", help="the purpose of the lead whose own key is given")
    _connections(parser)


def _connections(parser: ArgumentParser) -> None:
    parser.add_argument("--ledger-conn-id", metavar="ID", help="the database connection of the ledger")
    parser.add_argument(
        "--conn-id",
        metavar="ID",
        default="chilipiper_default",
        help="else the Chili Piper connection that names it (default: %(default)s)",
    )


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError(f"{text!r} is no number of entries, expected 1 or more")
    return int(text)
