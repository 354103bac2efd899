"""The pages say what the code has: no argument, extra, status, option or file that is not there, and none left out."""

from __future__ import annotations

import re
from argparse import ArgumentParser
from pathlib import Path

import pytest

from airflow_chilipiper import cli
from airflow_chilipiper.arguments.patterns import PATTERNS
from airflow_chilipiper.arguments.signatures import AirflowArguments, BookingArguments
from airflow_chilipiper.booking.outcome import OUTCOME_FIELDS, STATUSES
from airflow_chilipiper.get_provider_info import EXTRAS
from airflow_chilipiper.sandbox import __main__ as sandbox_command
from airflow_chilipiper.sandbox.endpoints import PERMISSIONS
from airflow_chilipiper.sandbox.state.seed import seeded

ROOT = Path(__file__).parents[3]
PAGES = {path.name: path.read_text() for path in (ROOT / "docs").glob("*.md")}
USERS_TEXT = "\n".join([(ROOT / "README.md").read_text(), *PAGES.values()])

CUTS = re.DOTALL | re.MULTILINE
GONE = ("on_no_evidence", "on_no_slot", "on_disqualified", "leads_at_once", "max_sessions", "count_from", "list_lag")


def unnamed(names: object, text: str) -> list[str]:
    """Those that do not stand in code on the page."""
    code = " ".join(re.findall(r"`([^`\n]+)`", text))
    return [name for name in map(str, names) if not re.search(rf"(?<!\w){re.escape(name)}(?!\w)", code)]  # type: ignore[call-overload]


def options(parser: ArgumentParser) -> set[str]:
    return {option for action in parser._actions for option in action.option_strings} - {"-h", "--help"}


def test_every_argument_is_explained() -> None:
    names = BookingArguments.__annotations__.keys() - AirflowArguments.__annotations__.keys()
    own = [name for pattern in PATTERNS.values() for name in pattern.readers]
    left_out = {"parameters", "sql_hook_params", "router_slug", "trigger"}  # said by examples, and by help()
    assert set(unnamed([*names, *own], USERS_TEXT)) <= left_out


def test_every_extra_of_the_connection_is_explained() -> None:
    assert unnamed(EXTRAS, PAGES["connection.md"]) == []


def test_every_permission_that_a_token_may_need_is_explained() -> None:
    assert unnamed(PERMISSIONS, PAGES["connection.md"]) == []


def test_every_status_and_field_of_an_outcome_is_explained() -> None:
    """Each status in a line of the table."""
    assert [status for status in STATUSES if f"\n| `{status}` |" not in PAGES["operators.md"]] == []
    assert unnamed(OUTCOME_FIELDS, PAGES["operators.md"]) == []


def test_every_option_of_the_command_line_is_explained() -> None:
    (chilipiper,) = cli.get_cli_commands()
    (ledger,) = chilipiper.subcommands
    parser = ArgumentParser(conflict_handler="resolve")
    for command in ledger.subcommands:
        for arg in command.args:
            arg.add_to_parser(parser)
    assert len(found := options(parser)) > 5
    assert unnamed(found, PAGES["command-line.md"]) == []
    assert unnamed(cli.STATES, PAGES["command-line.md"]) == []


def test_every_option_of_the_sandbox_is_explained() -> None:
    assert unnamed(options(sandbox_command._parser()), PAGES["sandbox.md"]) == []


def test_what_the_sandbox_is_said_to_have_is_there() -> None:
    catalogue, page = seeded(), PAGES["sandbox.md"]
    assert unnamed(catalogue.routers, page) == []
    assert set(re.findall(r"`(link-[\w-]+)`", page)) <= set(catalogue.links)
    assert unnamed([each.name for each in catalogue.workspaces.values()], page) == []
    assert set(re.findall(r"`(\S+@sandbox\.example)`", page)) <= {user.email for user in catalogue.users.values()}


def test_no_page_has_a_name_that_is_gone() -> None:
    found = [name for name in GONE if re.search(rf"(?<![\w]){name}(?!\w)", USERS_TEXT)]
    assert found == []


@pytest.mark.parametrize("page", sorted(PAGES))
def test_code_that_stands_on_a_page_itself_runs(page: str) -> None:
    for code in re.findall(r"^```python\n(.*?)^```", PAGES[page], re.DOTALL | re.MULTILINE):
        exec(compile(code, page, "exec"), {})  # noqa: S102  # it is ours


def test_the_files_that_contributors_are_led_to_are_there() -> None:
    """At most 12 from a row to its outcome, at most 7 for a further pattern."""
    way, _, pattern = PAGES["contributing.md"].partition("## A further pattern")
    files = re.findall(r"^\d+\. `(\S+)`", way, re.MULTILINE)
    assert 5 < len(files) <= 12
    touched = re.findall(r"^\d+\. `(\S+)`", pattern, re.MULTILINE)
    assert 1 < len(touched) <= 7
    named = [*files, *(file.replace("NAME", "handoff") for file in touched)]
    assert [file for file in named if not (ROOT / file).is_file()] == []


def test_contributing_is_one_page() -> None:
    assert len((ROOT / "CONTRIBUTING.md").read_text().splitlines()) <= 60


@pytest.mark.parametrize("page", sorted(PAGES))
def test_code_is_cut_whole(page: str) -> None:
    """A marker that also stands elsewhere would cut a statement in two."""
    for file, options_of in re.findall(r"^```\{literalinclude\} (\S+)\n(.*?)^```", PAGES[page], CUTS):
        if ":language: python" in options_of:
            compile(cut(file, options_of), file, "exec")


def cut(file: str, options_of: str) -> str:
    """What Sphinx shows of the file."""
    from sphinx.config import Config
    from sphinx.directives.code import LiteralIncludeReader

    given: dict[str, str | None] = {}
    for name, text in re.findall(r"^:([\w-]+): ?(.*)$", options_of, re.MULTILINE):
        given[name] = text[1:-1] if text[:1] in ("'", '"') else text or None
    code, _ = LiteralIncludeReader(str(ROOT / "docs" / file), given, Config()).read()
    return code
