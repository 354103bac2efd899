"""Who may import whom. Imports point one way: api -> nothing, booking -> api, top level -> both, sandbox -> nothing.

Every import counts: relative, inside a function, under TYPE_CHECKING, and through importlib with a literal name.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "airflow_chilipiper"
OURS = PACKAGE.name

# A layer and the layers of ours that it may import besides itself. Files and packages at the top are the layer "top".
LAYERS = {"api": set(), "booking": {"api"}, "sandbox": set(), "top": {"api", "booking"}}
# Importing the version loads nothing: the root imports nothing itself.
FOR_ALL = f"{OURS}.__version__"

# Modules at the top, or packages of that name, that talk to Airflow.
AIRFLOW_SIDE = {"cli", "hooks", "operators", "sensors", "triggers", "ledgers", "links", "_compat"}
# Modules that talk HTTP.
HTTP_SIDE = {"api.client", "api.wire", "api.transport"}
HTTP = {"httpx", "httpx_aiohttp", "httpcore", "aiohttp", "requests", "urllib3", "urllib.request", "http.client"}
# Modules that hold flows or what flows are made of: they wait for their World only.
FLOWS = {
    "api.availability", "api.calls", "api.concierge", "api.concierge_logs", "api.directory", "api.errors",
    "api.form_mapping", "api.handoff", "api.links", "api.meetings", "api.models", "api.pace", "api.pages",
    "api.pattern", "api.payload", "api.rate", "api.retry", "api.routers", "api.scheduling_link", "api.spelling",
    "api.windows",
    "booking.answered", "booking.book", "booking.bounds", "booking.choosing", "booking.evidence",
    "booking.evidence_search", "booking.lead", "booking.lead_key", "booking.look", "booking.meeting_facts",
    "booking.met", "booking.outcome", "booking.reasons", "booking.reconcile", "booking.reservations",
    "booking.scarcity", "booking.slot_choice", "booking.sweep", "booking.verdict", "booking.watch",
}  # fmt: skip
LOOPS = {"asyncio", "anyio", "trio"}
# Read by every Airflow process at its start.
IMPORT_NOTHING = {"", "provider_info"}


def test_imports_point_one_way() -> None:
    """No module of the package imports what its layer may not."""
    files = sorted(PACKAGE.rglob("*.py"))
    assert files, f"no module found below {PACKAGE}"
    assert [line for file in files for line in violations(file.read_text(), *module_of(file))] == []


def test_every_module_that_a_rule_names_is_there() -> None:
    """A rule for a module that was renamed would hold for nobody."""
    modules = {module_of(file)[0] for file in PACKAGE.rglob("*.py")}
    assert (AIRFLOW_SIDE | HTTP_SIDE | FLOWS | IMPORT_NOTHING) - modules == set()


@pytest.mark.parametrize(
    ("module", "is_package", "source", "reason"),
    [
        ("api.calls", False, "from airflow_chilipiper.booking import book", "api may not import booking"),
        ("api.calls", False, "from ..booking.book import flow", "api may not import booking"),
        ("api.calls", False, "from .. import booking", "api may not import booking"),
        ("api.deep.calls", False, "from ...booking import book", "api may not import booking"),
        ("api", True, "from ..rows import col", "api may not import top"),
        ("api.models", False, "import airflow_chilipiper.hooks as hooks", "api may not import top"),
        ("api.models", False, "import airflow_chilipiper", "api may not import top"),
        ("api.models", False, "def f():\n    from airflow.sdk import BaseHook", "only"),
        ("booking.batch", False, "if TYPE_CHECKING:\n    from ..hooks import Hook", "booking may not import top"),
        ("booking.batch", False, "import json, airflow", "only"),
        ("booking.batch", False, "import httpx", "only"),
        ("booking", True, "from . import batch\nfrom ..sandbox import world", "booking may not import sandbox"),
        ("booking.batch", False, "importlib.import_module('airflow.models')", "only"),
        ("booking.batch", False, "import_module('..hooks', __package__)", "booking may not import top"),
        ("booking.batch", False, "__import__('airflow_chilipiper.sensors')", "booking may not import top"),
        ("sandbox.world", False, "from ..api.models import Slot", "sandbox may not import api"),
        ("sandbox.server", False, "from airflow.configuration import conf", "only"),
        ("sandbox.server", False, "import aiohttp.web", "only"),
        ("operators", False, "from .sandbox import sandbox", "top may not import sandbox"),
        ("operators.concierge", False, "from ..sandbox import sandbox", "top may not import sandbox"),
        ("rows", False, "from airflow.sdk import Context", "only"),
        ("hooks", False, "import httpx", "only"),
        ("api.retry", False, "from asyncio import sleep", "flow"),
        ("booking.book", False, "async def f():\n    import asyncio.tasks", "flow"),
        ("booking.book.steps", False, "import anyio", "flow"),
        ("provider_info", False, "import json", "imports nothing"),
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
        ("api.client", False, "import httpx, httpx_aiohttp\nfrom airflow_chilipiper import __version__"),
        ("api.calls", False, "from .errors import Refused\nfrom . import models\nfrom http import HTTPStatus"),
        ("api", True, "from .errors import Refused\nfrom . import models"),
        ("booking.batch", False, "import asyncio\nfrom ..api.errors import Refused\nfrom .book import book"),
        ("hooks", False, "from airflow.sdk import BaseHook\nfrom .api.client import Client\nfrom .rows import col"),
        ("operators.concierge", False, "from airflow.sdk import BaseOperator\nfrom ..booking.batch import run"),
        ("provider_info", False, "from __future__ import annotations"),
        ("sandbox.server", False, "from . import world\nimport uvicorn"),
    ],
)
def test_what_is_allowed_is_let_through(module: str, is_package: bool, source: str) -> None:
    """The rules do not stand in the way of the plan."""
    assert violations(source, module, is_package) == []


def module_of(file: Path) -> tuple[str, bool]:
    """The module's name below the package ("" for its root), and whether it is a package."""
    parts = file.relative_to(PACKAGE).with_suffix("").parts
    is_package = parts[-1] == "__init__"
    return ".".join(parts[:-1] if is_package else parts), is_package


def violations(source: str, module: str, is_package: bool) -> list[str]:
    """One line for each import that the module may not have."""
    return [
        f"{OURS}.{module or '__init__'}:{line} imports {target}: {reason}"
        for line, target in imports(ast.parse(source), module, is_package)
        if (reason := broken_rule(module, target))
    ]


def broken_rule(module: str, target: str) -> str | None:
    """Why this module may not import that name, if it may not."""
    layer = layer_of(module)
    if module in IMPORT_NOTHING and not is_in(target, {"__future__"}):
        return "it imports nothing"
    if is_in(target, {OURS}) and target != FOR_ALL:
        other = layer_of(target.removeprefix(OURS).removeprefix("."))
        return None if other in LAYERS[layer] | {layer} else f"{layer} may not import {other}"
    if is_in(target, {"airflow"}) and not is_in(module, AIRFLOW_SIDE):
        return f"only {sorted(AIRFLOW_SIDE)} import Airflow"
    if is_in(target, HTTP) and not is_in(module, HTTP_SIDE):
        return f"only {sorted(HTTP_SIDE)} talk HTTP"
    if is_in(target, LOOPS) and is_in(module, FLOWS):
        return "a flow waits for its World only"
    return None


def layer_of(module: str) -> str:
    first = module.partition(".")[0]
    return first if first in LAYERS else "top"


def is_in(name: str, parents: set[str]) -> bool:
    return any(name == parent or name.startswith(f"{parent}.") for parent in parents)


def imports(tree: ast.AST, module: str, is_package: bool) -> Iterator[tuple[int, str]]:
    """Line and absolute name of everything that is imported."""
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from ((node.lineno, alias.name) for alias in names)
            case ast.ImportFrom(module=origin, names=names, level=level):
                base = absolute("." * level + (origin or ""), module, is_package)
                yield from ((node.lineno, f"{base}.{alias.name}") for alias in names)
            case ast.Call(
                func=ast.Name(id="import_module" | "__import__") | ast.Attribute(attr="import_module"),
                args=[ast.Constant(value=str(origin)), *_],
            ):
                yield node.lineno, absolute(origin, module, is_package)


def absolute(origin: str, module: str, is_package: bool) -> str:
    """The absolute name of a module that may be written with leading dots."""
    rest = origin.lstrip(".")
    level = len(origin) - len(rest)
    if not level:
        return rest
    here = [OURS, *filter(None, module.split("."))]
    up = level - 1 if is_package else level
    return ".".join([*here[: len(here) - up], *filter(None, [rest])])
