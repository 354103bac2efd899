"""Who may import whom: the rooms of the house, and the one direction in which imports point.

Every import counts: relative, inside a function, under TYPE_CHECKING, and through importlib with a literal name.
"""

from __future__ import annotations

import ast
from typing import Any

import pytest

from tests.imports import OURS, PACKAGE, imports, module_of

# A room, and the rooms that it may import besides itself. Whatever is not in a room is at the top.
ROOMS: dict[str, set[str]] = {
    "api": set(),
    "booking": {"api"},
    "waiting": {"api", "booking"},
    "arguments": {"api", "booking"},
    "warehouse": {"api", "booking", "arguments"},
    "task": {"api", "booking", "arguments", "warehouse", "connection"},
    "connection": {"api"},
    "sandbox": set(),
}
ROOMS["top"] = {*ROOMS} - {"sandbox"}
# Importing the version, or what Airflow asks of the provider, loads nothing.
FOR_ALL = {f"{OURS}.__version__", f"{OURS}.get_provider_info"}

# Modules at the top, or packages of that name, that talk to Airflow.
AIRFLOW_SIDE = {"cli", "hooks", "operators", "sensors", "triggers", "ledgers", "links", "version_compat"}
HTTP_SIDE = {"api.http"}
HTTP = {"httpx", "httpcore", "aiohttp", "requests", "urllib3", "urllib.request", "http.client"}
# Rooms that hold flows or what flows are made of: they wait for their runtime only.
FLOWS = {"api", "booking", "waiting"}
LOOPS = {"asyncio", "anyio", "trio"}
# What runs flows, and so has a loop.
RUNTIMES = {
    *("api.http.client", "api.http.client_runtime", "api.http.transport", "api.pace.limiter"),
    *("booking.batch.admission", "booking.batch.batch", "booking.batch.runtime", "booking.batch.shared_flows"),
    *("booking.guests", "booking.ledger.group_commit"),
}
# Read by every Airflow process at its start.
IMPORT_NOTHING = {"", "get_provider_info"}


def test_imports_point_one_way() -> None:
    """No module of the package imports what its room may not."""
    files = sorted(PACKAGE.rglob("*.py"))
    assert files, f"no module found below {PACKAGE}"
    assert [line for file in files for line in violations(file.read_text(), *module_of(file))] == []


def test_every_module_that_a_rule_names_is_there() -> None:
    """A rule for a module that was renamed would hold for nobody."""
    modules = {module_of(file)[0] for file in PACKAGE.rglob("*.py")}
    named = AIRFLOW_SIDE | HTTP_SIDE | FLOWS | RUNTIMES | IMPORT_NOTHING | (ROOMS.keys() - {"top"})
    assert named - modules == set()


@pytest.mark.parametrize(
    ("module", "is_package", "source", "reason"),
    [
        ("api.call", False, "from airflow_chilipiper.booking import book", "api may not import booking"),
        ("api.call", False, "from ..booking.book import flow", "api may not import booking"),
        ("api.call", False, "from .. import booking", "api may not import booking"),
        ("api.deep.calls", False, "from ...booking import book", "api may not import booking"),
        ("api", True, "from ..arguments import col", "api may not import arguments"),
        ("api.patterns.offer", False, "import airflow_chilipiper.hooks as hooks", "api may not import top"),
        ("api.patterns.offer", False, "import airflow_chilipiper", "api may not import top"),
        ("api.patterns.offer", False, "def f():\n    from airflow.sdk import BaseHook", "only"),
        (
            "booking.batch.batch",
            False,
            "if TYPE_CHECKING:\n    from ...hooks import Hook",
            "booking may not import top",
        ),
        ("booking.batch.batch", False, "import json, airflow", "only"),
        ("booking.batch.batch", False, "import httpx", "only"),
        ("booking", True, "from . import batch\nfrom ..sandbox import runtime", "booking may not import sandbox"),
        ("booking.batch.batch", False, "importlib.import_module('airflow.models')", "only"),
        ("booking.batch.batch", False, "import_module('...hooks', __package__)", "booking may not import top"),
        ("booking.batch.batch", False, "__import__('airflow_chilipiper.sensors')", "booking may not import top"),
        ("sandbox.tenant", False, "from ..api.models import Slot", "sandbox may not import api"),
        ("sandbox.server", False, "from airflow.configuration import conf", "only"),
        ("sandbox.server", False, "import aiohttp.web", "only"),
        ("operators", False, "from .sandbox import sandbox", "top may not import sandbox"),
        ("operators.concierge", False, "from ..sandbox import sandbox", "top may not import sandbox"),
        ("arguments.columns", False, "from airflow.sdk import Context", "only"),
        ("hooks", False, "import httpx", "only"),
        ("task.run", False, "from ..operators import base", "task may not import top"),
        ("warehouse.leads", False, "from ..task import run", "warehouse may not import task"),
        ("waiting.polling", False, "from ..task import run", "waiting may not import task"),
        ("waiting.polling", False, "import asyncio", "flow"),
        ("api.retry", False, "from asyncio import sleep", "flow"),
        ("booking.book", False, "async def f():\n    import asyncio.tasks", "flow"),
        ("booking.book.steps", False, "import anyio", "flow"),
        ("get_provider_info", False, "import json", "imports nothing"),
        ("", True, "from .operators import X", "imports nothing"),
    ],
)
def test_a_violation_is_seen(module: str, is_package: bool, source: str, reason: str) -> None:
    """Each rule catches an import that breaks it, in whatever form it is written."""
    seen = violations(source, module, is_package)
    assert len(seen) == 1, seen
    assert reason in seen[0]


@pytest.mark.parametrize(
    ("module", "is_package", "source"),
    [
        ("api.http.client", False, "import httpx, aiohttp\nfrom airflow_chilipiper import __version__"),
        ("api.call", False, "from .errors import Refused\nfrom . import models\nfrom http import HTTPStatus"),
        ("api", True, "from .errors import Refused\nfrom . import models"),
        ("booking.batch.batch", False, "import asyncio\nfrom ..api.errors import Refused\nfrom .book import book"),
        ("hooks", False, "from airflow.sdk import BaseHook\nfrom .api.client import Client\nfrom .rows import col"),
        ("operators.concierge", False, "from airflow.sdk import BaseOperator\nfrom ..booking.batch import run"),
        ("get_provider_info", False, "from __future__ import annotations"),
        ("sandbox.server", False, "from . import runtime\nimport uvicorn"),
    ],
)
def test_what_is_allowed_is_let_through(module: str, is_package: bool, source: str) -> None:
    """The rules do not stand in the way of the plan."""
    assert violations(source, module, is_package) == []


def test_no_imports_go_in_a_circle() -> None:
    """Those inside functions count too; what only type checkers read does not."""
    sources = {module_of(file): file.read_text() for file in PACKAGE.rglob("*.py")}
    assert circles(sources) == []


@pytest.mark.parametrize(
    ("sources", "found"),
    [
        ({"a": "from .b import x", "b": "from airflow_chilipiper import a"}, [["a", "b"]]),
        ({"a": "def f():\n    from . import b", "b": "from .c import x", "c": "from . import a"}, [["a", "b", "c"]]),
        ({"a": "if TYPE_CHECKING:\n    from .b import x\nelse:\n    import json", "b": "from .a import y"}, []),
        ({"a": "if TYPE_CHECKING:\n    pass\nelse:\n    from .b import x", "b": "from .a import y"}, [["a", "b"]]),
        ({"a": "from .b import x", "b": "import json", "c": "from .a import y\nfrom . import b"}, []),
    ],
)
def test_a_circle_is_seen(sources: dict[str, str], found: list[list[str]]) -> None:
    assert circles({(name, False): source for name, source in sources.items()}) == found


def circles(sources: dict[tuple[str, bool], str]) -> list[list[str]]:
    """Modules that import each other, directly or over others; each circle once."""
    modules = {module for module, _ in sources}
    edges = {
        module: {
            other
            for _, target in imports(Run().visit(ast.parse(source)), module, is_package)
            if (other := in_package(target, modules)) is not None
        }
        for (module, is_package), source in sources.items()
    }
    reached = {module: reachable(module, edges) for module in edges}
    return sorted(
        map(list, {tuple(sorted(o for o in ends if module in reached[o])) for module, ends in reached.items()} - {()})
    )


def in_package(target: str, modules: set[str]) -> str | None:
    """The module of ours that an import names, whether whole or by a name in it."""
    if not is_in(target, {OURS}):
        return None
    name = target.removeprefix(OURS).removeprefix(".")
    return next((each for each in (name, name.rpartition(".")[0]) if each in modules), None)


def reachable(module: str, edges: dict[str, set[str]]) -> set[str]:
    """What a module imports, directly or over others."""
    found: set[str] = set()
    ahead = [*edges[module]]
    while ahead:
        if (other := ahead.pop()) not in found:
            found.add(other)
            ahead += edges[other]
    return found


class Run(ast.NodeTransformer):
    """Leaves out what only type checkers read."""

    def visit_If(self, node: ast.If) -> Any:
        if isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            return [self.visit(each) for each in node.orelse]
        return self.generic_visit(node)


def violations(source: str, module: str, is_package: bool) -> list[str]:
    """One line for each import that the module may not have."""
    return [
        f"{OURS}.{module or '__init__'}:{line} imports {target}: {reason}"
        for line, target in imports(ast.parse(source), module, is_package)
        if (reason := broken_rule(module, target))
    ]


def broken_rule(module: str, target: str) -> str | None:
    """Why this module may not import that name, if it may not."""
    room = room_of(module)
    if module in IMPORT_NOTHING and not is_in(target, {"__future__"}):
        return "it imports nothing"
    if is_in(target, {OURS}) and not is_in(target, FOR_ALL):
        other = room_of(target.removeprefix(OURS).removeprefix("."))
        return None if other in ROOMS[room] | {room} else f"{room} may not import {other}"
    if is_in(target, {"airflow"}) and not is_in(module, AIRFLOW_SIDE):
        return f"only {sorted(AIRFLOW_SIDE)} import Airflow"
    if is_in(target, HTTP) and not is_in(module, HTTP_SIDE):
        return f"only {sorted(HTTP_SIDE)} talk HTTP"
    if is_in(target, LOOPS) and is_in(module, FLOWS) and module not in RUNTIMES:
        return "a flow waits for its runtime only"
    return None


def room_of(module: str) -> str:
    first = module.partition(".")[0]
    return first if first in ROOMS else "top"


def is_in(name: str, parents: set[str]) -> bool:
    return any(name == parent or name.startswith(f"{parent}.") for parent in parents)
