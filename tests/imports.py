"""What each module of the package imports, in whatever form that is written."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).parents[1] / "airflow_chilipiper"
OURS = PACKAGE.name


def module_of(file: Path) -> tuple[str, bool]:
    """The module's name below the package ("" for its root), and whether it is a package."""
    parts = file.relative_to(PACKAGE).with_suffix("").parts
    is_package = parts[-1] == "__init__"
    return ".".join(parts[:-1] if is_package else parts), is_package


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
