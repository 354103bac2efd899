"""How large a room, a file and a function of the package may grow before it is split."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.imports import PACKAGE

FILES_IN_A_FOLDER = 14
LINES_OF_A_FILE = 250
LINES_OF_A_FUNCTION = 40


def test_no_folder_file_or_function_of_the_package_is_too_large() -> None:
    files = sorted(PACKAGE.rglob("*.py"))
    assert files, f"no module found below {PACKAGE}"
    assert list(too_large({file: file.read_text() for file in files})) == []


@pytest.mark.parametrize(
    ("sources", "reason"),
    [
        ({f"room/f{number}.py": "" for number in range(15)}, "room has 15 files"),
        ({"a.py": "\n" * 251}, "a.py has 251 lines"),
        ({"a.py": "def f():\n" + "    x = 1\n" * 41}, "a.py: f has 41 lines"),
        ({"a.py": "class C:\n    async def g(self):\n" + "        x = 1\n" * 41}, "a.py: g has 41 lines"),
        ({"a.py": 'def f():\n    """Say\n' + "    so.\n" * 39 + '    """\n'}, "a.py: f has 41 lines"),
    ],
    ids=["files", "lines", "a function", "a method", "a docstring"],
)
def test_what_is_too_large_is_seen(sources: dict[str, str], reason: str) -> None:
    assert list(too_large({Path(name): source for name, source in sources.items()})) == [reason]


def test_a_written_out_signature_does_not_count() -> None:
    signature = "".join(f"    argument_{number}: int,\n" for number in range(60))
    assert list(too_large({Path("a.py"): f"def f(\n{signature}) -> None:\n" + "    x = 1\n" * 40})) == []


def too_large(sources: dict[Path, str]) -> Iterator[str]:
    """One line for each folder, file and function that is."""
    for folder, count in Counter(file.parent for file in sources).items():
        if count > FILES_IN_A_FOLDER:
            yield f"{folder.name} has {count} files"
    for file, source in sources.items():
        if (lines := len(source.splitlines())) > LINES_OF_A_FILE:
            yield f"{file.name} has {lines} lines"
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and length(node) > LINES_OF_A_FUNCTION:
                yield f"{file.name}: {node.name} has {length(node)} lines"


def length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of its body, the docstring among them."""
    return (function.end_lineno or 0) - function.body[0].lineno + 1
